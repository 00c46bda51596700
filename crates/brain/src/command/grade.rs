//! `brain grade …`: classification and grading at the terminal.

use crate::cli::{Grade, GradeAction};
use crate::node::{Node, operator};
use crate::terminal;
use anyhow::Result;
use brain_kernel::error::Failure;
use brain_kernel::party::Role;
use brain_warehouse::grading::{ClassificationQuery, DegradingRequest, Method};
use std::process::ExitCode;

/// Carry out one action and print its result as JSON. The person at the terminal is one person: what was confirmed
/// here is approved by somebody else.
pub async fn grade(node: &Node, given: Grade) -> Result<ExitCode> {
    let grading = node.warehouse.grading();
    let (owner, security) = (operator(Role::Government), operator(Role::SecurityAdministrator));
    let shown = match given.action {
        GradeAction::Report => serde_json::to_value(grading.report(&security).await.map_err(Failure::from)?)?,
        GradeAction::Queue { dataset } => {
            let query =
                ClassificationQuery { dataset, page_size: Some(1000), ..ClassificationQuery::default() };
            serde_json::to_value(grading.list(&security, &query).await.map_err(Failure::from)?.items)?
        }
        GradeAction::Scan { dataset } => {
            serde_json::to_value(grading.scan(&security, &dataset).await.map_err(Failure::from)?)?
        }
        GradeAction::Confirm { id, reason } => {
            serde_json::to_value(grading.confirm(&owner, &id, &reason).await.map_err(Failure::from)?)?
        }
        GradeAction::Approve { id, reason } => {
            serde_json::to_value(grading.approve(&security, &id, &reason).await.map_err(Failure::from)?)?
        }
        GradeAction::Reject { id, reason } => {
            serde_json::to_value(grading.reject(&security, &id, &reason).await.map_err(Failure::from)?)?
        }
        GradeAction::Degrade { dataset, column, to, k, how, reason } => {
            let method = match (k, how) {
                (Some(k), _) => Method::Aggregation { k },
                (None, how) => Method::Masking { how: how.unwrap_or_default() },
            };
            let grade = serde_json::from_value(to.clone().into()).map_err(|_| unknown_grade(&to))?;
            let request = DegradingRequest { dataset, column, grade, method, reason, valid_to: None };
            serde_json::to_value(grading.degrade(&owner, request).await.map_err(Failure::from)?)?
        }
        GradeAction::Filings => {
            serde_json::to_value(grading.filings(&security).await.map_err(Failure::from)?)?
        }
        GradeAction::File { dataset } => {
            serde_json::to_value(grading.file(&security, &dataset).await.map_err(Failure::from)?)?
        }
    };
    terminal::line(&serde_json::to_string_pretty(&shown)?);
    Ok(ExitCode::SUCCESS)
}

fn unknown_grade(name: &str) -> Failure {
    Failure::new(
        brain_kernel::error::ErrorKind::InvalidArgument,
        "brain/unknown-grade",
        format!("没有级别 {name}；有 general1 至 general4、important、core。"),
        format!("There is no grade {name}; there are general1 to general4, important and core."),
    )
}
