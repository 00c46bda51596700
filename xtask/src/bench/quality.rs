//! `bench quality`: ten checks over a million rows, against Great Expectations and pandera on the same CSV file.
//!
//! Seconds are processor seconds of the checks alone (reading the file and starting up left out on all sides); the
//! table also shows the whole process, reading included, and its peak memory.

use super::example::example;
use super::measure::{Run, run};
use super::table::{Row, print};
use crate::shell::{command, root};
use crate::tools;
use anyhow::{Context as _, Result};

const ROWS: u64 = 1_000_000;
const CPU_SECONDS_MAX: f64 = 0.6;
const MEMORY_MIB_MAX: f64 = 200.0;
const PEERS: [(&str, &[&str]); 2] =
    [("great_expectations", &["great_expectations==1.24.1"]), ("pandera", &["pandera[pandas]==0.35.0"])];

/// One run of all.
pub(crate) fn run_all() -> Result<()> {
    let work = root().join("target").join("bench-quality");
    std::fs::create_dir_all(&work)?;
    let file = work.join("orders.csv");
    crate::shell::run(
        example("brain-quality", "quality_speed")?.arg("make").arg(&file).arg(ROWS.to_string()),
    )?;
    let mut ours = example("brain-quality", "quality_speed")?;
    ours.arg("check").arg(&file);
    let ours = run(&ours)?;
    let mut profiled = example("brain-quality", "quality_speed")?;
    profiled.arg("check").arg(&file).arg("--profile");
    let profiled = run(&profiled)?;
    let (seconds, counted) = line(&ours)?;
    let mut rows = vec![
        row("brain".to_owned(), &ours, seconds, &counted, "ten checks"),
        row(
            "brain".to_owned(),
            &profiled,
            line(&profiled)?.0,
            &counted,
            "ten checks and a profile of every column",
        ),
    ];
    let mut ratios =
        vec![("brain_cpu_seconds", seconds, "<= 0.6"), ("brain_memory_mib", ours.memory_mib, "<= 200")];
    for (name, packages) in PEERS {
        let python = tools::python(&format!("bench-quality-{name}"), packages)?;
        let mut peer = command(python);
        peer.arg(root().join("xtask").join("src").join("bench").join("quality.py")).arg(name).arg(&file);
        let peer = run(&peer)?;
        let (peer_seconds, counted_there) = line(&peer)?;
        rows.push(row(
            packages.first().copied().unwrap_or(name).to_owned(),
            &peer,
            peer_seconds,
            &counted_there,
            "the same ten",
        ));
        let label = if name == "pandera" { "pandera_over_brain" } else { "great_expectations_over_brain" };
        ratios.push((label, peer_seconds / seconds, "–"));
        // All must have found the same rows, or the times say nothing.
        anyhow::ensure!(counted == counted_there, "brain found {counted}, {name} {counted_there}");
    }
    print("quality", &rows, &ratios);
    anyhow::ensure!(seconds <= CPU_SECONDS_MAX, "{seconds:.2} CPU seconds, more than {CPU_SECONDS_MAX}");
    anyhow::ensure!(
        ours.memory_mib <= MEMORY_MIB_MAX,
        "{:.0} MiB, more than {MEMORY_MIB_MAX}",
        ours.memory_mib
    );
    Ok(())
}

fn row(who: String, run: &Run, seconds: f64, counted: &str, what: &str) -> Row {
    let note =
        format!("{seconds:.2} CPU seconds of the checks alone; rows, rules failed, rows failed: {counted}");
    Row::of(who, what, run, note)
}

/// Processor seconds of the checks, and what was found.
fn line(run: &Run) -> Result<(f64, String)> {
    let first = run.output.lines().next().context("a line")?;
    let (seconds, counted) = first.split_once(' ').context("two words")?;
    Ok((seconds.parse()?, counted.trim().to_owned()))
}
