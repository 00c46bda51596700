"""DuckDB and Polars on the queries of TPC-H. Usage: tpch.py duckdb|polars QUERIES.sql LAKE

LAKE holds a folder of Parquet files for each table. Prints for each query: name, milliseconds (the median of three
after one to warm up), rows, and the sum over all values that `bench_tpch` prints; `-` where the engine refuses the query.
"""
import datetime, os, statistics, sys, time

engine, queries, lake = sys.argv[1:4]
EPOCH = datetime.date(1970, 1, 1)
tables = sorted(os.listdir(lake))


def number(value):
    if value is None:
        return 0.0
    if isinstance(value, str):
        return float(len(value))
    if isinstance(value, (datetime.date, datetime.datetime)):
        day = value.date() if isinstance(value, datetime.datetime) else value
        return float((day - EPOCH).days)
    return float(value)


if engine == "duckdb":
    import duckdb

    connection = duckdb.connect()
    connection.execute("CREATE SCHEMA raw")
    for table in tables:
        connection.execute(f"CREATE VIEW raw.{table} AS SELECT * FROM read_parquet('{lake}/{table}/*.parquet')")

    def answer(sql):
        return connection.execute(sql).fetchall()
else:
    import polars

    context = polars.SQLContext({table: polars.scan_parquet(f"{lake}/{table}/*.parquet") for table in tables})

    def answer(sql):
        return context.execute(sql.replace("raw.", ""), eager=True).rows()


for part in open(queries, encoding="utf-8").read().split("\n-- ")[1:]:
    name, sql = part.split("\n", 1)
    times = []
    try:
        for _ in range(4):
            begun = time.perf_counter()
            rows = answer(sql)
            times.append((time.perf_counter() - begun) * 1e3)
    except Exception as error:
        print(name, "-", type(error).__name__, str(error).splitlines()[0][:100].replace(" ", "_"), flush=True)
        continue
    total = sum(number(value) for row in rows for value in row)
    print(name, f"{statistics.median(times[1:]):.3f}", len(rows), f"{total:.6f}", flush=True)
