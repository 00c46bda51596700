"""dbt on DuckDB, the same two models and tests. Usage: models.py prepare|append FILE.csv PROJECT

`prepare` writes the project and loads FILE as the source table; `append` adds the rows of FILE to it. The runs themselves
are `dbt build` in PROJECT.
"""
import os, sys
import duckdb

task, file, project = sys.argv[1:4]
database = os.path.join(project, "bench.duckdb")
READ = f"SELECT * FROM read_csv('{file}', header = true, all_varchar = true, strict_mode = false, ignore_errors = true)"
FILES = {
    "dbt_project.yml": "name: bench\nversion: '1.0.0'\nprofile: bench\nmodel-paths: [models]\n",
    "profiles.yml": f"bench:\n  target: dev\n  outputs:\n    dev: {{type: duckdb, path: '{database}', threads: 2}}\n",
    "models/schema.yml": """version: 2
sources:
  - name: main
    schema: main
    tables: [{name: bench_registry}]
models:
  - name: bench_firm
    columns:
      - {name: uscc, tests: [not_null]}
      - {name: name, tests: [not_null]}
  - name: bench_region
    columns: [{name: region, tests: [not_null, unique]}]
""",
    "models/bench_firm.sql": """{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='uscc') }}
SELECT uscc, trim(name) AS name, province || '/' || city AS region, try_cast(reg_date AS date) AS founded,
  length(scope) AS scope_characters
FROM {{ source('main', 'bench_registry') }}
WHERE uscc IS NOT NULL AND name IS NOT NULL AND province IS NOT NULL AND city IS NOT NULL
{% if is_incremental() %} AND try_cast(reg_date AS date) >= (SELECT max(founded) FROM {{ this }}) {% endif %}
""",
    "models/bench_region.sql": """{{ config(materialized='table') }}
SELECT region, count(*) AS firms, min(founded) AS first, max(founded) AS last FROM {{ ref('bench_firm') }} GROUP BY region
""",
}
connection = duckdb.connect(database)
if task == "prepare":
    os.makedirs(os.path.join(project, "models"), exist_ok=True)
    for name, text in FILES.items():
        with open(os.path.join(project, name), "w", encoding="utf-8") as target:
            target.write(text)
    connection.execute(f"CREATE OR REPLACE TABLE bench_registry AS {READ}")
else:
    connection.execute(f"INSERT INTO bench_registry {READ}")
print(connection.execute("SELECT count(*) FROM bench_registry").fetchone()[0])
