//! `bench models`: two models over a million real firms, built in full and then again with one percent more, against
//! dbt on DuckDB with the same models and tests.
//!
//! The first model is incremental by the day a firm was founded, the second counts its rows by region. Whole commands
//! are measured on both sides: reading the project, planning, running, testing, publishing.

use super::ingest::unpack;
use super::measure::{Run, run};
use super::table::{Row, print};
use crate::node::{Profile, brain, build_program};
use crate::shell::{command, root, shared_data};
use crate::tools;
use anyhow::{Context as _, Result};
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::Path;

const PACKAGES: [&str; 3] = ["dbt-core==1.9.11", "dbt-duckdb==1.11.1", "duckdb==2.0.0"];
/// Rows of the second file.
const MORE: usize = 10_000;
const COLUMNS: [&str; 11] = [
    "file_year",
    "file_prov",
    "name",
    "uscc",
    "reg_date",
    "type",
    "capital",
    "scope",
    "province",
    "city",
    "address",
];
const FIRM: &str = "-- model: standard.bench_firm
-- title: 企业 | Firms
-- description: 每家一行。 | One row each.
-- owner: bench
-- side: public
-- grade: general1
-- source: raw.bench_registry
-- licence: bench
-- keys: uscc
-- inputs: raw.bench_registry
-- incremental: cursor founded
-- test: not_null(uscc)
-- test: not_null(name)
-- column: uscc | 代码 | Code
-- column: name | 名称 | Name
-- column: region | 地区 | Region
-- column: founded | 成立 | Founded
-- column: scope_characters | 范围字数 | Characters of the scope
SELECT uscc, trim(name) AS name, province || '/' || city AS region, try_cast(reg_date AS date) AS founded,
  char_length(scope) AS scope_characters
FROM raw.bench_registry
WHERE uscc IS NOT NULL AND name IS NOT NULL AND province IS NOT NULL AND city IS NOT NULL
";
const REGION: &str = "-- model: topic.bench_region
-- title: 地区 | Regions
-- description: 各地企业数。 | Firms by region.
-- owner: bench
-- side: public
-- grade: general1
-- source: standard.bench_firm
-- licence: bench
-- inputs: standard.bench_firm
-- test: not_null(region)
-- test: unique(region)
-- column: region | 地区 | Region
-- column: firms | 企业数 | Firms
-- column: first | 最早 | First
-- column: last | 最近 | Last
SELECT region, count(*) AS firms, min(founded) AS first, max(founded) AS last FROM standard.bench_firm GROUP BY region
";

/// Both sides, full and incremental.
pub(crate) fn run_all() -> Result<()> {
    let shared = shared_data().context("real data beside the project, or in BRAIN_SHARED_DATA")?;
    let program = build_program(Profile::Release)?;
    let work = root().join("target").join("bench-models");
    std::fs::create_dir_all(&work)?;
    let all = unpack(&shared.join("registry_national").join("registry.csv.zst"), &work)?;
    let more = work.join("more.csv");
    write_more(&all, &more)?;
    let ours = [ours(&program, &work, &all, true)?, ours(&program, &work, &more, false)?];
    let theirs = dbt(&work, &all, &more)?;
    let mut rows = Vec::new();
    for (what, ours, theirs) in
        [("a million firms, in full", &ours[0], &theirs[0]), ("ten thousand more", &ours[1], &theirs[1])]
    {
        rows.push(Row::of("brain", what, ours, "two models, four tests"));
        rows.push(Row::of("dbt 1.9.11 on DuckDB 2.0.0", what, theirs, "the same"));
    }
    let ratios = [
        ("dbt_over_brain_full", theirs[0].seconds / ours[0].seconds, "–"),
        ("dbt_over_brain_incremental", theirs[1].seconds / ours[1].seconds, "–"),
        ("brain_incremental_over_full", ours[1].seconds / ours[0].seconds, "< 1"),
    ];
    print("models", &rows, &ratios);
    Ok(())
}

/// The first firms again, under codes of their own and founded after all others.
fn write_more(all: &Path, more: &Path) -> Result<()> {
    let mut lines = BufReader::new(std::fs::File::open(all)?).lines();
    let mut target = BufWriter::new(std::fs::File::create(more)?);
    writeln!(target, "{}", lines.next().context("a header")??)?;
    let mut written = 0;
    for line in lines {
        let line = line?;
        // Lines without quotes have their commas between columns.
        let cells: Vec<&str> = line.split(',').collect();
        if line.contains('"') || cells.len() != COLUMNS.len() {
            continue;
        }
        let (before, rest) = cells.split_at(3);
        let after = rest.get(2..).context("columns after the day")?;
        let day = written % 28 + 1;
        writeln!(target, "{},X{written:017},2026-01-{day:02},{}", before.join(","), after.join(","))?;
        written += 1;
        if written == MORE {
            target.flush()?;
            return Ok(());
        }
    }
    anyhow::bail!("only {written} plain lines in {}", all.display())
}

/// Take the file in, then measure the build.
fn ours(program: &Path, work: &Path, file: &Path, fresh: bool) -> Result<Run> {
    let data = work.join("node");
    if fresh {
        if data.exists() {
            std::fs::remove_dir_all(&data)?;
        }
        run(brain(program, &data).arg("doctor"))?;
        let columns: String = COLUMNS
            .iter()
            .map(|name| {
                format!("[[table.column]]\nname = \"{name}\"\nsource = [\"{name}\"]\ntype = \"text\"\n")
            })
            .collect();
        for (place, text) in [
            ("mappings/bench_registry.toml", format!("{MAPPING}{columns}")),
            ("models/standard/bench_firm.sql", FIRM.to_owned()),
            ("models/topic/industry/bench_region.sql", REGION.to_owned()),
        ] {
            let place = data.join(place);
            std::fs::create_dir_all(place.parent().context("a folder")?)?;
            std::fs::write(place, text)?;
        }
    }
    run(brain(program, &data).arg("ingest").arg(file).args(["--as", "bench_registry", "--skip-models"]))?;
    let built = run(brain(program, &data).args(["model", "build", "bench_region", "bench_firm"]))?;
    println!("{}", built.output);
    Ok(built)
}

const MAPPING: &str = "name = \"bench_registry\"
title = { zh = \"登记\", en = \"Register\" }
description = { zh = \"登记\", en = \"Register\" }
owner = \"bench\"
side = \"public\"
grade = \"general1\"
[[table]]
dataset = \"raw.bench_registry\"
files = [\"*.csv\"]
mode = \"append\"
null_values = [\"\", \"N/A\"]
";

fn dbt(work: &Path, all: &Path, more: &Path) -> Result<[Run; 2]> {
    let python = tools::python("bench-models", &PACKAGES)?;
    let project = work.join("dbt");
    if project.exists() {
        std::fs::remove_dir_all(&project)?;
    }
    std::fs::create_dir_all(&project)?;
    let script = root().join("xtask").join("src").join("bench").join("models.py");
    let feed = |task: &str, file: &Path| {
        crate::shell::run(command(&python).arg(&script).arg(task).arg(file).arg(&project))
    };
    let build = || {
        let mut dbt = command(python.with_file_name("dbt"));
        dbt.args(["build", "--quiet", "--project-dir"]).arg(&project).arg("--profiles-dir").arg(&project);
        dbt.env("DBT_SEND_ANONYMOUS_USAGE_STATS", "false");
        run(&dbt)
    };
    feed("prepare", all)?;
    let full = build()?;
    feed("append", more)?;
    let incremental = build()?;
    Ok([full, incremental])
}
