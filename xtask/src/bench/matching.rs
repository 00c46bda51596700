//! `bench match`: entity resolution against Splink on the same files in one run.
//!
//! Persons are FEBRL 4; firms are generated with 字号 of the shared corpus, clean and dirty as two registers are. Both
//! sides are whole processes: start, reading, training, matching. Splink's F1 is given at one half, as ours, and at
//! the best of sixteen thresholds, which only the truth can know.

use super::example::example;
use super::measure::{Run, run};
use super::table::{Row, print};
use crate::shell::{capture, command, root, shared_data};
use crate::tools;
use anyhow::{Context as _, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;

const SPLINK: &str = "splink==5.0.0";
const SEED: &str = "7";

/// What a program found, and at what cost.
struct Measured {
    run: Run,
    precision: f64,
    recall: f64,
    f1: f64,
    /// Words behind the figures.
    rest: Vec<String>,
}

/// One run of both on both data sets, and our own scale test.
pub(crate) fn run_all() -> Result<()> {
    let data = shared_data().context("real data beside the project, or in BRAIN_SHARED_DATA")?;
    let work = root().join("target").join("bench-match");
    std::fs::create_dir_all(&work)?;
    let persons = persons(&data, &work)?;
    let brands =
        unpacked(&data.join("company_short_names/short_names_28w.txt.gz"), &work.join("brands.txt"))?;
    let firms = firms(&brands, &work, "firms", ["16000", "14000", "10000"])?;
    let python = tools::python("bench-match", &[SPLINK])?;
    let peer = |words: &[&Path], column: &str| -> Result<Measured> {
        let mut splink = command(&python);
        splink.arg(root().join("xtask/src/bench/matching.py"));
        splink.args([if column.is_empty() { "person" } else { "firm" }]).args(words);
        if !column.is_empty() {
            splink.arg(column);
        }
        measured(&splink, 2)
    };
    let ours = |preset: &str, files: &[&Path]| -> Result<Measured> {
        let mut program = example("brain-matching", "match_speed")?;
        program.arg(preset).args(files);
        measured(&program, 2)
    };
    let [left, right] = persons.each_ref().map(PathBuf::as_path);
    let (our_persons, their_persons) = (ours("person", &[left, right])?, peer(&[left, right], "")?);
    let files = firms.each_ref().map(PathBuf::as_path);
    let our_firms = ours("firm", &files)?;
    let (raw, core) = (peer(&files, "name")?, peer(&files, "peer_core")?);
    let million = self::firms(&brands, &work, "million", ["1000000", "1000000", "700000"])?;
    let million = ours("firm", &million.each_ref().map(PathBuf::as_path))?;
    let version = core.run.output.split_whitespace().next().unwrap_or_default().to_owned();
    let splink = format!("Splink {version}");
    let rows = [
        row("brain", "FEBRL 4, 5,000 × 5,000 persons", &our_persons, "at .5"),
        row(&splink, "the same", &their_persons, "at .5"),
        row("brain", "16,000 × 14,000 Chinese firms", &our_firms, "at .5"),
        row(&splink, "the same, raw names", &raw, "at .5"),
        row(&splink, "the same, names after our normaliser", &core, "at .5"),
        row("brain", "1,000,000 × 1,000,000 Chinese firms", &million, "at .5"),
    ];
    let best = |peer: &Measured| peer.rest.get(1).and_then(|f1| f1.parse().ok()).unwrap_or(f64::NAN);
    let ratios = [
        ("febrl4_f1", our_persons.f1, ">= 0.9994"),
        ("febrl4_cpu_seconds", our_persons.run.cpu, "<= 0.3"),
        ("febrl4_splink_cpu_over_brain", their_persons.run.cpu / our_persons.run.cpu.max(0.01), "–"),
        ("firms_f1", our_firms.f1, ">= 0.992"),
        ("firms_cpu_seconds", our_firms.run.cpu, "<= 0.4"),
        ("firms_splink_cpu_over_brain", core.run.cpu / our_firms.run.cpu.max(0.01), "–"),
        ("firms_splink_best_f1_raw", best(&raw), "–"),
        ("firms_splink_best_f1_normalised", best(&core), "–"),
        ("million_seconds", million.run.seconds, "<= 600"),
    ];
    print("match", &rows, &ratios);
    ensure!(our_persons.f1 >= 0.9994, "F1 {} on FEBRL 4", our_persons.f1);
    ensure!(our_firms.f1 >= 0.992, "F1 {} on firms", our_firms.f1);
    ensure!(million.run.seconds <= 600.0, "{} s for a million by a million", million.run.seconds);
    Ok(())
}

fn row(who: &str, what: &str, measured: &Measured, note: &str) -> Row {
    let Measured { run, precision, recall, f1, .. } = measured;
    Row::of(who, what, run, format!("P {precision:.5} R {recall:.5} F1 {f1:.5} {note}"))
}

/// The first word is a version or seconds, the second the pairs, then precision, recall and F1.
fn measured(command: &Command, skip: usize) -> Result<Measured> {
    let run = run(command)?;
    let words: Vec<String> = run.output.split_whitespace().map(str::to_owned).collect();
    let number = |at: usize| -> Result<f64> { Ok(words.get(skip + at).context("a figure")?.parse()?) };
    let (precision, recall, f1) = (number(0)?, number(1)?, number(2)?);
    Ok(Measured { precision, recall, f1, rest: words.iter().skip(skip + 3).cloned().collect(), run })
}

fn unpacked(from: &Path, to: &Path) -> Result<PathBuf> {
    std::fs::write(to, capture(command("gzip").arg("-dc").arg(from))?)?;
    Ok(to.to_owned())
}

fn persons(data: &Path, work: &Path) -> Result<[PathBuf; 2]> {
    let one =
        |name: &str| unpacked(&data.join(format!("febrl/{name}.csv.gz")), &work.join(format!("{name}.csv")));
    Ok([one("dataset4a")?, one("dataset4b")?])
}

fn firms(brands: &Path, work: &Path, name: &str, sizes: [&str; 3]) -> Result<[PathBuf; 3]> {
    let folder = work.join(name);
    let mut make = example("brain-matching", "match_speed")?;
    crate::shell::run(make.arg("make").arg(brands).arg(&folder).args(sizes).args([SEED, "usual"]))?;
    Ok(["left.csv", "right.csv", "truth.csv"].map(|file| folder.join(file)))
}
