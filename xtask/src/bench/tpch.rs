//! `bench tpch`: the 22 queries of TPC-H at scale factor 1 through the grant door, against DuckDB, Polars and bare
//! DataFusion on the same Parquet files, in one run.
//!
//! The files are those our ingest wrote (decimals of the generator become doubles), so no engine reads anything another
//! does not. All must give the same rows; a query that an engine refuses is left out of its ratio and counted.

use super::example::example;
use super::measure::run;
use super::table::{Row, print};
use crate::shell::{command, root};
use crate::{services, tools};
use anyhow::{Context as _, Result, ensure};
use std::collections::BTreeMap;
use std::path::Path;

const PACKAGES: [&str; 3] = ["duckdb==2.0.0", "polars==2.1.0", "tpchgen-cli==4.0.0"];
/// Sums of floating-point numbers added in another order differ by this share at most.
const TOLERANCE: f64 = 1e-6;

/// One engine's answer to one query.
struct Answer {
    ms: f64,
    rows: u64,
    sum: f64,
}

type Answers = BTreeMap<String, Answer>;

/// Generate, load, ask all four; and a scheduler with two executors on this machine where a cluster is asked for.
pub(crate) fn run_all(cluster: bool) -> Result<()> {
    let work = root().join("target").join("bench-tpch");
    let (tables, node) = (work.join("tables"), work.join("node"));
    let python = tools::python("bench-tpch", &PACKAGES)?;
    if !tables.exists() {
        let mut generator = command(python.with_file_name("tpchgen-cli"));
        crate::shell::run(generator.args(["parquet", "-s", "1", "--output-dir"]).arg(&tables))?;
    }
    if node.exists() {
        std::fs::remove_dir_all(&node)?;
    }
    let loading = run(example("brain-warehouse", "bench_tpch")?.arg("load").arg(&tables).arg(&node))?;
    let queries = root().join("xtask").join("src").join("bench").join("tpch.sql");
    let ours = run(example("brain-warehouse", "bench_tpch")?.arg("run").arg(&queries).arg(&node))?;
    let (door, bare) = (read(&ours.output, 1)?, read(&ours.output, 2)?);
    let mut rows = vec![
        Row::of("brain", "eight tables: Parquet → governed Delta", &loading, "typed, checked, catalogued"),
        row("brain, through the door", &door),
        row("DataFusion 55.2.0, bare", &bare),
    ];
    let mut ratios = vec![("door_over_bare", over(&door, &bare), "<= 1.1")];
    if cluster {
        let measured = on_clusters(&queries, &node, &tables)?;
        for ((place, answers), ratio) in
            measured.iter().zip(["ballista_over_door", "ballista_objects_over_door"])
        {
            same(&door, answers, place)?;
            rows.push(row(place, answers));
            ratios.push((ratio, over(answers, &door), "–"));
        }
    }
    for (name, shown, label) in
        [("duckdb", "DuckDB 2.0.0", "door_over_duckdb"), ("polars", "Polars 2.1.0", "door_over_polars")]
    {
        let mut peer = command(&python);
        peer.arg(root().join("xtask").join("src").join("bench").join("tpch.py"));
        let peer = run(peer.arg(name).arg(&queries).arg(node.join("lake").join("raw")))?;
        for refused in peer.output.lines().filter(|line| line.split(' ').nth(1) == Some("-")) {
            println!("{shown} refuses {refused}");
        }
        let answers = read(&peer.output, 1)?;
        same(&door, &answers, shown)?;
        rows.push(row(shown, &answers));
        ratios.push((label, over(&door, &answers), "–"));
    }
    for (query, answer) in &door {
        println!("{query:<4} {:>9.1} ms {:>7} rows", answer.ms, answer.rows);
    }
    print("tpch", &rows, &ratios);
    Ok(())
}

/// Two executors over the tables of the node's folder, and over the same ones on an object store, the node's state in
/// PostgreSQL.
fn on_clusters(queries: &Path, node: &Path, tables: &Path) -> Result<[(&'static str, Answers); 2]> {
    let bench = || example("brain-cluster", "bench_tpch_cluster");
    let folder = run(bench()?.arg("folder").arg(queries).arg(node))?;
    let other = node.with_file_name("node-objects");
    if other.exists() {
        std::fs::remove_dir_all(&other)?;
    }
    let servers = services::up()?;
    let objects = run(bench()?
        .arg("objects")
        .arg(queries)
        .arg(other)
        .arg(tables)
        .env("BRAIN_TEST_POSTGRES", &servers.postgres));
    services::down()?;
    Ok([
        ("brain, on Ballista 55, two executors", read(&folder.output, 1)?),
        ("the same, tables on S3, state in PostgreSQL", read(&objects?.output, 1)?),
    ])
}

/// Lines `name milliseconds … rows sum`; `at` is the place of the milliseconds.
fn read(output: &str, at: usize) -> Result<Answers> {
    let mut answers = Answers::new();
    for line in output.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let [name, .., rows, sum] = words.as_slice() else { continue };
        if words.get(1) == Some(&"-") {
            continue;
        }
        let ms = words.get(at).context("milliseconds")?.parse()?;
        answers.insert((*name).to_owned(), Answer { ms, rows: rows.parse()?, sum: sum.parse()? });
    }
    ensure!(!answers.is_empty(), "no query was answered");
    Ok(answers)
}

/// Every query both answered has the same rows and sums.
fn same(ours: &Answers, theirs: &Answers, who: &str) -> Result<()> {
    for (query, our) in ours {
        let Some(their) = theirs.get(query) else { continue };
        let near = (our.sum - their.sum).abs() <= our.sum.abs().max(1.0) * TOLERANCE;
        ensure!(
            our.rows == their.rows && near,
            "{query}: {} rows, sum {} here; {} rows, sum {} by {who}",
            our.rows,
            our.sum,
            their.rows,
            their.sum
        );
    }
    Ok(())
}

fn row(who: &str, answers: &Answers) -> Row {
    Row {
        who: who.to_owned(),
        what: format!("{} of 22 queries, medians added", answers.len()),
        seconds: answers.values().map(|answer| answer.ms).sum::<f64>() / 1e3,
        cpu: None,
        memory_mib: None,
        note: "warm, the median of three".to_owned(),
    }
}

/// Our time over theirs, the geometric mean over queries both answered.
fn over(ours: &Answers, theirs: &Answers) -> f64 {
    let logs: Vec<f64> = ours
        .iter()
        .filter_map(|(query, our)| Some((our.ms.max(0.001) / theirs.get(query)?.ms.max(0.001)).ln()))
        .collect();
    (logs.iter().sum::<f64>() / logs.len() as f64).exp()
}
