//! `brain status show|keys|verify|check`.

use crate::cli::{Status, StatusAction};
use crate::node::Node;
use crate::terminal;
use crate::transport;
use anyhow::{Context as _, Result};
use brain_kernel::error::Failure;
use brain_store::PageRequest;
use brain_trust::status::SignedStatement;
use serde::Serialize;
use std::process::ExitCode;

/// Largest statement read from a file, bytes.
const STATEMENT_BYTES_MAX: u64 = 1 << 20;

/// How this node stands, and what others say of themselves.
pub async fn status(node: &Node, given: Status) -> Result<ExitCode> {
    let status = node.trust.status();
    match given.action {
        StatusAction::Keys => {
            show(&serde_json::json!({ "name": status.name(), "keys": status.public_keys() }))?;
        }
        StatusAction::Show => {
            let peers = status.peer_standings(PageRequest::new(1, 1_000)).await.map_err(Failure::from)?;
            show(&serde_json::json!({
                "name": status.name(),
                "keys": status.public_keys(),
                "measured": status.recorded().await.map_err(Failure::from)?,
                "backup": status.last_backup().await.map_err(Failure::from)?,
                "drill": status.last_drill().await.map_err(Failure::from)?,
                "mirror": status.mirror(),
                "verification": status.last_verification().await.map_err(Failure::from)?,
                "peers": peers.items,
            }))?;
        }
        StatusAction::Verify { file } => {
            let size = std::fs::metadata(&file).map(|file| file.len()).unwrap_or_default();
            anyhow::ensure!(size <= STATEMENT_BYTES_MAX, "{} is larger than 1 MiB", file.display());
            let text = std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
            let signed: SignedStatement = serde_json::from_slice(&text)
                .with_context(|| format!("{} is no signed statement", file.display()))?;
            show(&status.judge_file(&signed).await.map_err(Failure::from)?)?;
        }
        StatusAction::Check { name } => {
            transport::dress(node).await?;
            show(&status.verify_peer(&name).await.map_err(Failure::from)?)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn show(value: &impl Serialize) -> Result<()> {
    terminal::line(&serde_json::to_string_pretty(value)?);
    Ok(())
}
