//! `bench start`: from an empty folder to ready, and memory when idle. No peer does the same job.

use super::table::{Row, print};
use crate::node::{Profile, Serving, build_portal, build_program};
use crate::shell::root;
use anyhow::{Context as _, Result};
use std::time::Duration;

/// Five starts, each from an empty folder.
pub(crate) fn run() -> Result<()> {
    build_portal()?;
    let program = build_program(Profile::Release)?;
    let data = root().join("target").join("bench-start");
    let mut starts = Vec::new();
    for _ in 0..5 {
        if data.exists() {
            std::fs::remove_dir_all(&data)?;
        }
        let node = Serving::start(&program, &data, "127.0.0.1:0")?;
        std::thread::sleep(Duration::from_secs(2));
        starts.push((node.ready_after.as_secs_f64(), resident_mib(node.id())?));
    }
    starts.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (seconds, memory) = *starts.get(starts.len() / 2).context("five starts")?;
    let row = Row {
        who: "brain".to_owned(),
        what: "empty folder → listening".to_owned(),
        seconds,
        cpu: None,
        memory_mib: Some(memory),
        note: "median of 5; memory two seconds after start".to_owned(),
    };
    print("start", &[row], &[("start_seconds", seconds, "< 0.5"), ("idle_mib", memory, "< 120")]);
    Ok(())
}

fn resident_mib(process: u32) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).context("VmRSS")?;
    let kib: f64 = line.split_whitespace().nth(1).context("VmRSS value")?.parse()?;
    Ok(kib / 1024.0)
}
