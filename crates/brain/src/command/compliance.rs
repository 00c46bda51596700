//! `brain compliance report`: the control matrix of protection level 3 with what is true of this node now.

use crate::cli::{Compliance, ComplianceAction, ReportFormat};
use crate::node::Node;
use crate::{cli, facts, terminal};
use anyhow::{Context as _, Result};
use brain_kernel::error::Failure;
use std::process::ExitCode;

/// Print the report.
pub async fn compliance(node: &Node, given: Compliance) -> Result<ExitCode> {
    let ComplianceAction::Report { format, out } = given.action;
    // What was measured at the last start counts until the next.
    node.trust.status().resume().await.map_err(Failure::from)?;
    let settings = facts::of(&node.config, &node.trust, None);
    let report = brain_api::compliance_report(
        &node.trust,
        &node.warehouse,
        &node.config.node.name,
        env!("CARGO_PKG_VERSION"),
        &settings,
        node.clock.now(),
    )
    .await?;
    let language = cli::language();
    let text = match format {
        ReportFormat::Json => serde_json::to_string_pretty(&report)?,
        ReportFormat::Md => brain_compliance::markdown(&report, language),
        ReportFormat::Html => brain_compliance::html(&report, language),
    };
    match out {
        Some(file) => {
            std::fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
            terminal::line(&file.display().to_string());
        }
        None => terminal::line(&text),
    }
    Ok(ExitCode::SUCCESS)
}
