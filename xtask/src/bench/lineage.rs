//! `bench lineage`: statements read per processor second against sqlglot and sqllineage on the same text, and two hops
//! over a million edges against networkx on the same graph.
//!
//! Their speeds are of the work alone (interpreter and imports left out); ours is of the work too. Marquez, whose users
//! report 10–15 s for such a question (MarquezProject/marquez#3058), needs a database and is not run here.

use super::example::example;
use super::measure::run;
use super::table::{Row, print};
use crate::shell::{command, root};
use crate::tools;
use anyhow::{Context as _, Result};

const PEERS: [&str; 3] = ["sqlglot==30.30.0", "sqllineage==1.5.9", "networkx==3.6.1"];

/// One run of all.
pub(crate) fn run_all() -> Result<()> {
    let work = root().join("target").join("bench-lineage");
    std::fs::create_dir_all(&work)?;
    let (edges, statements) = (work.join("edges.txt"), here("lineage.sql"));
    crate::shell::run(example("brain-lineage", "lineage_speed")?.arg("make").arg(&edges))?;
    let program = example("brain-lineage", "lineage_speed")?;
    let ours = |what: &str, file: &std::path::Path| {
        let mut command = command(program.get_program());
        command.arg(what).arg(file);
        run(&command)
    };
    let (parsed, walked) = (ours("parse", &statements)?, ours("hops", &edges)?);
    let python = tools::python("bench-lineage", &PEERS)?;
    let mut peers = command(python);
    peers.arg(here("lineage.py")).arg(&statements).arg(&edges);
    let peers = run(&peers)?;
    let [seconds, count, columns, issues] = numbers(parsed.output.lines().next())?;
    let speed = count / seconds;
    let [half, most, edge_count, nodes] = numbers(walked.output.lines().next())?;
    let peer = |name: &str| -> Result<Vec<&str>> {
        let line =
            peers.output.lines().find(|line| line.starts_with(name)).with_context(|| format!("no {name}"))?;
        Ok(line.split_whitespace().skip(1).collect())
    };
    let mut rows = vec![
        Row::of(
            "brain",
            "column lineage of 3 warehouse statements",
            &parsed,
            format!("{speed:.0} statements per second, {columns} columns, {issues} issues"),
        ),
        Row::of(
            "brain",
            "two hops up or down",
            &walked,
            format!(
                "{half:.1} µs half, {most:.1} µs 99 of 100; {edge_count} edges, {nodes} nodes reached; building left out"
            ),
        ),
    ];
    let mut ratios =
        vec![("brain_statements_per_second", speed, ">= 2000"), ("brain_two_hops_p99_us", most, "<= 1000")];
    for (name, ratio) in [("sqlglot", "brain_over_sqlglot"), ("sqllineage", "brain_over_sqllineage")] {
        let words = peer(name)?;
        let version = words.first().copied().unwrap_or_default();
        let [seconds, count] = numbers(Some(&words.get(1..).unwrap_or_default().join(" ")))?;
        let theirs = count / seconds;
        rows.push(Row::of(
            format!("{name} {version}"),
            "the same statements",
            &peers,
            format!("{theirs:.0} statements per CPU second; time and memory of all three peers together"),
        ));
        ratios.push((ratio, speed / theirs, "–"));
    }
    let words = peer("networkx")?;
    let version = words.first().copied().unwrap_or_default();
    let [_, their_half, their_most] = numbers(Some(&words.get(1..).unwrap_or_default().join(" ")))?;
    rows.push(Row::of(
        format!("networkx {version}"),
        "the same questions",
        &peers,
        format!("{their_half:.1} µs half, {their_most:.1} µs 99 of 100"),
    ));
    ratios.push(("networkx_over_brain_p99", their_most / most, "–"));
    print("lineage", &rows, &ratios);
    anyhow::ensure!(speed >= 2000.0, "{speed:.0} statements per second, less than 2000");
    anyhow::ensure!(most <= 1000.0, "two hops take {most:.0} µs, more than 1000");
    Ok(())
}

fn here(name: &str) -> std::path::PathBuf {
    root().join("xtask").join("src").join("bench").join(name)
}

/// The numbers of a line.
fn numbers<const N: usize>(line: Option<&str>) -> Result<[f64; N]> {
    let words: Vec<f64> =
        line.context("a line")?.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
    words.try_into().map_err(|found: Vec<f64>| anyhow::anyhow!("{} numbers, not {N}", found.len()))
}
