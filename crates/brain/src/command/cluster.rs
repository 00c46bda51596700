//! `brain scheduler` and `brain executor`: the programs of a cluster, until somebody asks them to stop.

use super::serve::stopped;
use crate::config::Loaded;
use crate::{cluster, terminal};
use anyhow::Result;
use brain_cluster::executor::Executor;
use brain_cluster::scheduler::Scheduler;
use std::process::ExitCode;

/// Distribute queries over the executors that ask for work.
pub async fn scheduler(loaded: Loaded) -> Result<ExitCode> {
    let secured = loaded.config.cluster.is_secured();
    let scheduler = Scheduler::start(cluster::scheduler(&loaded.config)?).await?;
    announce("scheduler", secured, &scheduler.address().to_string());
    scheduler.serve_until(stopped()).await;
    Ok(ExitCode::SUCCESS)
}

/// Work for a scheduler.
pub async fn executor(loaded: Loaded) -> Result<ExitCode> {
    let secured = loaded.config.cluster.is_secured();
    let executor = Executor::start(cluster::executor(&loaded.config)?).await?;
    announce("executor", secured, &executor.address().to_string());
    executor.work_until(stopped()).await;
    Ok(ExitCode::SUCCESS)
}

/// The line that scripts wait for.
fn announce(what: &str, secured: bool, address: &str) {
    let scheme = if secured { "https" } else { "http" };
    terminal::line(&format!("{what} · {scheme}://{address}"));
}
