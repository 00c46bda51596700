//! `cargo xtask services up ballista`: a scheduler and two executors of our own program, on free ports of this machine.

use crate::node::{Profile, build_program};
use crate::services::{free_port, remember_stop, wait_for_port};
use crate::shell::command;
use anyhow::{Context as _, Result};
use std::path::Path;
use std::process::{Command, Stdio};

const EXECUTORS: usize = 2;

/// Start them below `folder`, reading the lake of this data folder or the one that `BRAIN_LAKE_…` names, and print the
/// variables by which a node finds them.
pub(crate) fn up(folder: &Path, data: &Path) -> Result<()> {
    let program = build_program(Profile::Dev)?;
    let address = format!("127.0.0.1:{}", free_port()?);
    let start = |words: &[&str]| -> Result<()> {
        let mut started: Command = command(&program);
        started.arg("--data").arg(data).args(words).env("BRAIN_CLUSTER_SCHEDULER", &address);
        let child = started
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        remember_stop(&["kill", &child.id().to_string()])
    };
    start(&["scheduler", "--listen", &address])?;
    wait_for_port(&address)?;
    for number in 0..EXECUTORS {
        let own = folder.join(format!("executor-{number}")).display().to_string();
        let listen = format!("127.0.0.1:{}", free_port()?);
        start(&["executor", "--listen", &listen, "--folder", &own])?;
        wait_for_port(&listen)?;
    }
    println!("export BRAIN_WAREHOUSE_ENGINE=ballista");
    println!("export BRAIN_CLUSTER_SCHEDULER={address}");
    Ok(())
}
