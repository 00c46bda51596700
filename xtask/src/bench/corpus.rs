//! `bench corpus`: near duplicates with known truth, against datasketch on the same file in one run.
//!
//! Both sides cut the same shingles, have 120 hash functions in 20 bands of 6 and join what is estimated at 0.8 or more.
//! Speeds are of the work alone, on one thread: folding, signing, clustering.

use super::example::example;
use super::measure::run;
use super::table::{Row, print};
use crate::shell::{command, root};
use crate::tools;
use anyhow::{Context as _, Result, ensure};
use std::path::Path;

const DATASKETCH: &str = "datasketch==2.0.0";
const DOCUMENTS: usize = 200_000;
const PEER_DOCUMENTS: usize = 10_000;

/// One run of both.
pub(crate) fn run_all() -> Result<()> {
    let work = root().join("target").join("bench-corpus");
    std::fs::create_dir_all(&work)?;
    let (large, small) = (work.join("large.jsonl"), work.join("small.jsonl"));
    let program = example("brain-corpus", "bench_corpus")?;
    for (file, documents) in [(&large, DOCUMENTS), (&small, PEER_DOCUMENTS)] {
        let mut make = command(program.get_program());
        crate::shell::run(make.arg("make").arg(file).arg(documents.to_string()))?;
    }
    let ours = |file: &Path| {
        let mut find = command(program.get_program());
        find.arg("find").arg(file);
        run(&find)
    };
    let (whole, same) = (ours(&large)?, ours(&small)?);
    let python = tools::python("bench-corpus", &[DATASKETCH])?;
    let mut peer = command(python);
    peer.arg(root().join("xtask").join("src").join("bench").join("corpus.py")).arg(&small);
    let peer = run(&peer)?;
    let bytes = |file: &Path| -> Result<f64> { Ok(std::fs::metadata(file)?.len() as f64 / 1e6) };
    let (seconds, recall, wrong, compared) = figures(&whole.output)?;
    let (same_seconds, same_recall, same_wrong, _) = figures(&same.output)?;
    let (peer_seconds, peer_recall, peer_wrong, version) = figures(&peer.output)?;
    let speed = bytes(&large)? / seconds;
    let note = |recall: f64, wrong: u64, speed: f64| {
        format!("recall {recall:.4}, {wrong} joined wrongly; {speed:.2} MB per second of the work")
    };
    let same_speed = bytes(&small)? / same_seconds;
    let peer_speed = bytes(&small)? / peer_seconds;
    let rows = [
        Row::of(
            "brain",
            format!("{DOCUMENTS} texts, a third copies"),
            &whole,
            format!("{}; {compared} pairs compared", note(recall, wrong, speed)),
        ),
        Row::of(
            "brain, the peer's input",
            format!("{PEER_DOCUMENTS} texts"),
            &same,
            note(same_recall, same_wrong, same_speed),
        ),
        Row::of(
            format!("datasketch {version}"),
            format!("{PEER_DOCUMENTS} texts"),
            &peer,
            note(peer_recall, peer_wrong, peer_speed),
        ),
    ];
    let ratios = [
        ("brain_recall", recall, ">= 0.98"),
        ("brain_over_datasketch", same_speed / peer_speed, "–"),
        ("datasketch_recall", peer_recall, "–"),
    ];
    print("corpus", &rows, &ratios);
    ensure!(recall >= 0.98, "recall {recall}");
    ensure!(wrong == 0, "{wrong} documents were joined to others of another origin");
    Ok(())
}

/// Seconds, recall, joined wrongly, and a fourth word.
fn figures(output: &str) -> Result<(f64, f64, u64, String)> {
    let mut words = output.lines().next().context("a line")?.split_whitespace();
    let mut next = || words.next().context("a figure");
    Ok((next()?.parse()?, next()?.parse()?, next()?.parse()?, next()?.to_owned()))
}
