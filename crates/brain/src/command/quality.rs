//! `brain quality …`: rules, checks and tickets at the terminal.

use crate::cli::{Quality, QualityAction};
use crate::node::{Node, operator, terminal_origin};
use crate::terminal;
use anyhow::{Context as _, Result};
use brain_kernel::error::Failure;
use brain_kernel::party::{Party, Role};
use brain_kernel::progress::Cancel;
use brain_kernel::uscc::Uscc;
use brain_warehouse::quality::{Check, NewRules, PURPOSE, TicketQuery};
use std::process::ExitCode;

/// Longest rules file, in bytes.
const RULES_BYTES_MAX: u64 = 1 << 20;

/// Carry out one action for the owner of the dataset: who may open the folder may do everything in it.
pub async fn quality(node: &Node, given: Quality) -> Result<ExitCode> {
    act(node, given.action).await
}

async fn act(node: &Node, action: QualityAction) -> Result<ExitCode> {
    let quality = node.warehouse.quality();
    match action {
        QualityAction::Run { dataset, json } => {
            let owner = speaker(node, &dataset)?;
            let check = quality.check(&owner, &dataset, Cancel::new()).await.map_err(Failure::from)?;
            if json {
                terminal::line(&serde_json::to_string_pretty(&check)?);
            } else {
                print(&check);
            }
            let fails = check.outcomes.iter().any(Check::is_failure);
            return Ok(if fails { ExitCode::FAILURE } else { ExitCode::SUCCESS });
        }
        QualityAction::Show { dataset } => {
            let owner = speaker(node, &dataset)?;
            let card = quality.show(&owner, &dataset).await.map_err(Failure::from)?;
            terminal::line(&serde_json::to_string_pretty(&card)?);
        }
        QualityAction::Propose { dataset } => {
            let owner = speaker(node, &dataset)?;
            let session = node.warehouse.session(&owner, PURPOSE);
            let session = session.coming_from(terminal_origin("quality propose")).held();
            let proposals =
                quality.propose(&session, &dataset, Cancel::new()).await.map_err(Failure::from)?;
            session.finish().await.map_err(Failure::from)?;
            for proposal in &proposals {
                let says = &proposal.says;
                terminal::line(&format!(
                    "# {}：{} · {}",
                    says.zh, proposal.evidence.zh, proposal.evidence.en
                ));
                terminal::line(&proposal.toml);
            }
        }
        QualityAction::Rules { dataset, file, reason } => {
            let size = std::fs::metadata(&file).with_context(|| file.display().to_string())?.len();
            anyhow::ensure!(size <= RULES_BYTES_MAX, "{}: {size} > {RULES_BYTES_MAX} bytes", file.display());
            let toml = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
            let owner = speaker(node, &dataset)?;
            let seen = quality.show(&owner, &dataset).await.map_err(Failure::from)?.rules_version;
            let new = NewRules { toml, reason, seen };
            let version = quality.change_rules(&owner, &dataset, new).await.map_err(Failure::from)?;
            terminal::line(&format!(
                "规则第 {version} 版已生效。 Version {version} of the rules is in force."
            ));
        }
        QualityAction::Tickets { dataset } => {
            let query = TicketQuery { dataset, page_size: Some(1000), ..TicketQuery::default() };
            let security = operator(Role::SecurityAdministrator);
            let tickets = quality.tickets(&security, &query).await.map_err(Failure::from)?;
            terminal::line(&serde_json::to_string_pretty(&tickets.items)?);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The person at the terminal as who speaks for the owner of the dataset.
pub(super) fn speaker(node: &Node, dataset: &str) -> Result<Party> {
    let facts = node.warehouse.catalogue().facts(dataset).map_err(Failure::from)?;
    Ok(match Uscc::parse(&facts.owner) {
        Ok(organisation) => Party { organisation: Some(organisation), ..operator(Role::Enterprise) },
        Err(_) => operator(Role::Government),
    })
}

fn print(check: &Check) {
    for outcome in &check.outcomes {
        let mark = match outcome.standing.name() {
            "passed" => "✓",
            "waiting" => "…",
            _ => "✗",
        };
        terminal::line(&format!("{mark} {}  {} · {}", outcome.rule, outcome.says.zh, outcome.says.en));
    }
    let score = check.score.value.map_or_else(|| "—".to_owned(), |score| format!("{score:.1}"));
    terminal::line(&format!(
        "评分 {score}（第 {version} 版，{rows} 行，{seconds:.2} 秒） Score {score} (version {version}, {rows} rows, {seconds:.2} s)",
        version = check.dataset_version,
        rows = check.rows,
        seconds = check.seconds
    ));
}
