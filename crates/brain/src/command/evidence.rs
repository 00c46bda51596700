//! `brain evidence verify|head`.

use crate::cli::{Evidence, EvidenceAction};
use crate::config::Loaded;
use crate::node::Node;
use crate::terminal;
use anyhow::Result;
use brain_kernel::error::Failure;
use std::process::ExitCode;

/// Recompute the log, or print its head. A log that does not verify ends with exit code 1.
pub async fn evidence(loaded: Loaded, given: Evidence) -> Result<ExitCode> {
    let node = Node::open(loaded).await?;
    let log = node.trust.evidence();
    match given.action {
        EvidenceAction::Head => {
            terminal::line(&serde_json::to_string_pretty(&log.head().await.map_err(Failure::from)?)?);
            Ok(ExitCode::SUCCESS)
        }
        EvidenceAction::Verify => {
            let verification = log.verify().await.map_err(Failure::from)?;
            terminal::line(&serde_json::to_string_pretty(&verification)?);
            Ok(if verification.ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
    }
}
