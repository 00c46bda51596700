//! `brain retention rules|sweep|list|approve|reject`.

use crate::cli::{Retention, RetentionAction};
use crate::node::{Node, operator};
use crate::terminal;
use anyhow::Result;
use brain_kernel::error::Failure;
use brain_kernel::party::Role;
use brain_store::PageRequest;
use serde::Serialize;
use std::process::ExitCode;

/// Rules, proposals, and the owner's word.
pub async fn retention(node: &Node, given: Retention) -> Result<ExitCode> {
    let retention = node.warehouse.retention();
    let owner = operator(Role::Government);
    match given.action {
        RetentionAction::Rules => show(&retention.rules().map_err(Failure::from)?)?,
        RetentionAction::Sweep => {
            let proposed = retention.sweep().await.map_err(Failure::from)?;
            show(&serde_json::json!({ "proposed": proposed }))?;
        }
        RetentionAction::List { page } => {
            let found =
                retention.proposals(&owner, PageRequest::new(page, 100)).await.map_err(Failure::from)?;
            show(&found.items)?;
        }
        RetentionAction::Approve { id, reason } => {
            show(&retention.approve(&owner, &id, &reason).await.map_err(Failure::from)?)?;
        }
        RetentionAction::Reject { id, reason } => {
            show(&retention.reject(&owner, &id, &reason).await.map_err(Failure::from)?)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn show(value: &impl Serialize) -> Result<()> {
    terminal::line(&serde_json::to_string_pretty(value)?);
    Ok(())
}
