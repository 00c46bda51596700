//! `bench pii`: identifiers in mixed Chinese text, against Presidio on the same input.
//!
//! Presidio reads a smaller file made of the same sentences, as it would need hours for ours; both speeds are bytes
//! per processor second of the scan alone (reading the file and starting up left out on both sides).

use super::example::example;
use super::measure::run;
use super::table::{Row, print};
use crate::shell::{command, root};
use crate::tools;
use anyhow::{Context as _, Result};

const OURS_BYTES: usize = 256 << 20;
const PEER_BYTES: usize = 512 << 10;
const PRESIDIO: &str = "presidio-analyzer==2.2.366";

/// One run of both.
pub(crate) fn run_all() -> Result<()> {
    let work = root().join("target").join("bench-pii");
    std::fs::create_dir_all(&work)?;
    let (large, small) = (work.join("large.txt"), work.join("small.txt"));
    for (file, bytes) in [(&large, OURS_BYTES), (&small, PEER_BYTES)] {
        crate::shell::run(
            example("brain-privacy", "pii_speed")?.arg("make").arg(file).arg(bytes.to_string()),
        )?;
    }
    let program = example("brain-privacy", "pii_speed")?;
    let ours = |file: &std::path::Path| {
        let mut command = command(program.get_program());
        command.arg("scan").arg(file);
        run(&command)
    };
    let (whole, same) = (ours(&large)?, ours(&small)?);
    let python = tools::python("bench-pii", &[PRESIDIO])?;
    let mut peer = command(python);
    peer.arg(root().join("xtask").join("src").join("bench").join("pii.py")).arg(&small);
    let peer = run(&peer)?;
    // Processor time of the whole process, reading included: it can only be worse than the scan's own.
    let speed = OURS_BYTES as f64 / 1e6 / whole.cpu;
    let (peer_seconds, peer_findings, version) = first_line(&peer.output)?;
    let peer_speed = PEER_BYTES as f64 / 1e6 / peer_seconds;
    let (_, findings, checked) = first_line(&whole.output)?;
    let (_, same_findings, same_checked) = first_line(&same.output)?;
    let rows = [
        Row::of(
            "brain",
            format!("{} MiB mixed Chinese text", OURS_BYTES >> 20),
            &whole,
            format!("{findings} findings, {checked} by check digit; {speed:.0} MB per CPU second"),
        ),
        Row::of(
            "brain, the peer's input",
            format!("{} KiB", PEER_BYTES >> 10),
            &same,
            format!("{same_findings} findings, {same_checked} by check digit"),
        ),
        Row::of(
            format!("Presidio {version}"),
            format!("{} KiB", PEER_BYTES >> 10),
            &peer,
            format!(
                "{peer_findings} findings; {peer_speed:.3} MB per CPU second of analysis; blank zh pipeline, \
                 its own recognisers plus 3 patterns for China, no GB check digits, no names or addresses"
            ),
        ),
    ];
    let ratios =
        [("brain_mb_per_cpu_second", speed, ">= 50"), ("brain_over_presidio", speed / peer_speed, "–")];
    print("pii", &rows, &ratios);
    anyhow::ensure!(speed >= 50.0, "{speed:.1} MB per CPU second, less than 50");
    Ok(())
}

/// Seconds, findings, and a third word.
fn first_line(output: &str) -> Result<(f64, u64, String)> {
    let mut words = output.lines().next().context("a line")?.split_whitespace();
    let seconds = words.next().context("seconds")?.parse()?;
    let findings = words.next().context("findings")?.parse()?;
    Ok((seconds, findings, words.next().context("third word")?.to_owned()))
}
