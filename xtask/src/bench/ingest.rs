//! `bench ingest`: a registry file into a governed Delta table, against bare CSV → Parquet by DuckDB and Polars.

use super::measure::{median, run};
use super::table::{Row, print};
use crate::node::{Profile, brain, build_program};
use crate::shell::{command, root, shared_data};
use crate::tools;
use anyhow::{Context as _, Result, bail};
use std::path::{Path, PathBuf};

const DUCKDB: &str = "import duckdb, sys
duckdb.sql(f\"COPY (SELECT * FROM read_csv('{sys.argv[1]}', header=true, all_varchar=true, ignore_errors=true, null_padding=false, strict_mode=false)) TO '{sys.argv[2]}' (FORMAT parquet)\")
print(duckdb.sql(f\"SELECT count(*) FROM '{sys.argv[2]}'\").fetchall()[0][0])";
const POLARS: &str = "import polars, sys
frame = polars.read_csv(sys.argv[1], infer_schema=False, truncate_ragged_lines=True, ignore_errors=True)
frame.write_parquet(sys.argv[2])
print(frame.height)";

/// Zhejiang always, the whole country too where its file is at hand.
pub(crate) fn run_all() -> Result<()> {
    let Some(shared) = shared_data() else {
        bail!("bench ingest needs the registry files: set BRAIN_SHARED_DATA")
    };
    let program = build_program(Profile::Release)?;
    let python = tools::python("bench", &["duckdb==2.0.0", "polars==2.1.0"])?;
    let work = root().join("target").join("bench-ingest");
    std::fs::create_dir_all(&work)?;
    let mut rows = Vec::new();
    let mut ratios = Vec::new();
    let files = [
        ("浙江", shared.join("registry").join("浙江.csv.gz")),
        ("28 provinces", shared.join("registry_national").join("registry.csv.zst")),
    ];
    for (name, compressed) in files.into_iter().filter(|(_, file)| file.exists()) {
        let plain = unpack(&compressed, &work)?;
        let ours = ours(&program, &plain, &work, name, &mut rows)?;
        let duckdb = peer(&python, "duckdb", DUCKDB, &plain, &work, name, &mut rows)?;
        peer(&python, "polars", POLARS, &plain, &work, name, &mut rows)?;
        ratios.push((
            if name == "浙江" { "duckdb_over_brain_zhejiang" } else { "duckdb_over_brain_national" },
            duckdb / ours,
            "≥ 0.60",
        ));
    }
    print("ingest", &rows, &ratios);
    Ok(())
}

/// Everyone reads the same plain file, so that nobody is measured on decompression.
pub(super) fn unpack(compressed: &Path, work: &Path) -> Result<PathBuf> {
    let plain = work.join(compressed.file_stem().context("file name")?);
    if !plain.exists() {
        let packer = if compressed.extension().is_some_and(|e| e == "zst") { "zstd" } else { "gzip" };
        if packer == "zstd" {
            tools::packages(&[("zstd", "zstd")])?;
        }
        let file = std::fs::File::create(&plain)?;
        crate::shell::run(command(packer).args(["-dc"]).arg(compressed).stdout(file))?;
    }
    Ok(plain)
}

fn ours(program: &Path, file: &Path, work: &Path, name: &str, rows: &mut Vec<Row>) -> Result<f64> {
    let data = work.join("node");
    let fresh = || -> Result<()> {
        if data.exists() {
            std::fs::remove_dir_all(&data)?;
        }
        // Creating keys and the store is the node's first start, not ingest.
        run(brain(program, &data).arg("doctor"))?;
        Ok(())
    };
    let mut ingest = brain(program, &data);
    ingest.arg("ingest").arg(file).args(["--as", "registry", "--json"]);
    let all = median(3, fresh, &ingest)?;
    let line = all.output.lines().last().context("no report")?.to_owned();
    let report: serde_json::Value = serde_json::from_str(&line).context("report is one JSON line")?;
    let landing = report["landing_seconds"].as_f64().unwrap_or(all.seconds);
    rows.push(Row {
        who: "brain".to_owned(),
        what: format!("{name}: CSV → governed table"),
        seconds: landing,
        cpu: None,
        memory_mib: report["peak_memory_mb"].as_f64(),
        note: format!("typed, checked, {} quarantined, one Delta commit", report["rows_quarantined"]),
    });
    rows.push(Row::of(
        "brain",
        format!("{name}: whole command"),
        &all,
        "also subject tables, products and industry of every scope",
    ));
    Ok(landing)
}

fn peer(
    python: &Path,
    who: &str,
    script: &str,
    file: &Path,
    work: &Path,
    name: &str,
    rows: &mut Vec<Row>,
) -> Result<f64> {
    let target = work.join(format!("{who}.parquet"));
    let mut process = command(python);
    process.args(["-c", script]).arg(file).arg(&target);
    let done = median(3, || Ok(()), &process)?;
    let note = format!("{} rows, all text, interpreter start included", done.output.trim());
    rows.push(Row::of(who, format!("{name}: CSV → Parquet"), &done, note));
    Ok(done.seconds)
}
