//! `bench risk`: ESRI of every firm of a synthetic network, against dense numpy on a sample of the same network.

use super::example::example;
use super::measure::run;
use super::table::{Row, print};
use crate::node::{Profile, brain, build_program};
use crate::shell::{command, root};
use crate::tools;
use anyhow::{Context as _, Result, bail};

const FIRMS: usize = 10_000;
const LINKS: usize = 58_673;
/// Failing firms the peer computes; spread evenly over the firms.
const SAMPLE: usize = 20;
const EPSILON: &str = "1e-2";

/// Ten thousand firms, every single failure.
pub(crate) fn run_all() -> Result<()> {
    let program = build_program(Profile::Release)?;
    let work = root().join("target").join("bench-risk");
    std::fs::create_dir_all(&work)?;
    let mut network = example("brain-chain", "synthetic_network")?;
    network.arg(&work).args([FIRMS.to_string(), LINKS.to_string(), "42".to_owned()]);
    crate::shell::run(&mut network)?;
    let file = |name: &str| work.join(name);
    let mut ours = brain(&program, &file("node"));
    ours.args(["run", "chain.risk", "--edges"]).arg(file("edges.csv")).arg("--firms").arg(file("firms.csv"));
    ours.arg("--essentiality").arg(file("essentiality.csv"));
    ours.args(["--replaceability", "on", "--epsilon", EPSILON, "--format", "csv"]);
    let done = run(&ours)?;
    let values: Vec<f64> =
        done.output.lines().skip(1).filter_map(|line| line.split(',').nth(1)?.parse().ok()).collect();
    if values.len() != FIRMS {
        bail!("{} results instead of {FIRMS}", values.len());
    }
    let (per_firm, worst) = dense(&work, &values)?;
    let whole = per_firm * FIRMS as f64;
    let rows = [
        Row::of(
            "brain",
            format!("{FIRMS} firms / {LINKS} links, every failure"),
            &done,
            "whole command: read files, compute, write CSV",
        ),
        Row {
            who: "numpy dense, one thread".to_owned(),
            what: format!("{SAMPLE} failures, scaled to {FIRMS}"),
            seconds: whole,
            cpu: None,
            memory_mib: None,
            note: format!("{:.1} ms per firm; largest difference of ESRI {worst:.1e}", per_firm * 1e3),
        },
    ];
    print(
        "risk",
        &rows,
        &[("brain_seconds", done.seconds, "< 30"), ("numpy_over_brain", whole / done.seconds, "–")],
    );
    if worst > 1e-9 {
        bail!("our ESRI and the dense formula differ by {worst}");
    }
    Ok(())
}

/// Seconds per failing firm, and the largest absolute difference to our values.
fn dense(work: &std::path::Path, values: &[f64]) -> Result<(f64, f64)> {
    let python = tools::python("bench-risk", &["numpy==2.4.6"])?;
    let script = root().join("xtask").join("src").join("bench").join("risk.py");
    let mut peer = command(python);
    peer.arg(script);
    for name in ["edges.csv", "firms.csv", "essentiality.csv"] {
        peer.arg(work.join(name));
    }
    peer.arg(EPSILON).args((0..SAMPLE).map(|i| (i * FIRMS / SAMPLE).to_string()));
    let output = crate::shell::capture(&mut peer)?;
    let (mut seconds, mut worst, mut count) = (0.0, 0.0f64, 0.0);
    for line in output.lines() {
        let mut cells = line.split(',');
        let position: usize = cells.next().context("position")?.parse()?;
        let esri: f64 = cells.next().context("esri")?.parse()?;
        seconds += cells.next().context("seconds")?.parse::<f64>()?;
        worst = worst.max((esri - values.get(position).context("position in range")?).abs());
        count += 1.0;
    }
    Ok((seconds / count, worst))
}
