//! `brain explain-access --account A --dataset D [--purpose P] [--action A]`.

use crate::cli::{self, ExplainAccess};
use crate::config::Loaded;
use crate::node::{Node, operator};
use crate::terminal;
use anyhow::{Result, bail};
use brain_kernel::error::Failure;
use brain_kernel::language::Language;
use brain_kernel::party::Role;
use brain_trust::{Action, Ask, Explanation};
use std::process::ExitCode;

/// Answer for an account, a dataset, or a pair; ends with code 1 where a single pair is denied.
pub async fn explain_access(loaded: Loaded, given: ExplainAccess) -> Result<ExitCode> {
    let Some(action) = Action::ALL.into_iter().find(|action| action.name() == given.action) else {
        bail!("--action: {}", Action::ALL.map(Action::name).join(" | "));
    };
    Node::during(loaded, async |node| ask(node, &given, action).await).await
}

async fn ask(node: &Node, given: &ExplainAccess, action: Action) -> Result<ExitCode> {
    let policy = node.trust.policy();
    // Whoever can open the data folder can ask about everybody.
    let asker = operator(Role::SecurityAdministrator);
    let parties = match &given.account {
        Some(account) => vec![policy.party(&asker, account).await.map_err(Failure::from)?],
        None => policy.parties(&asker).await.map_err(Failure::from)?,
    };
    let catalogue = node.warehouse.catalogue();
    let datasets = match &given.dataset {
        Some(name) => vec![catalogue.facts(name).map_err(Failure::from)?],
        None => catalogue.all_facts(),
    };
    let ask = Ask { action, purpose: &given.purpose, channel: None };
    let answers: Vec<Explanation> = parties
        .iter()
        .flat_map(|party| datasets.iter().map(move |dataset| (party, dataset)))
        .map(|(party, dataset)| policy.explain(party, dataset, &ask))
        .collect();
    if given.json {
        terminal::line(&serde_json::to_string_pretty(&answers)?);
    } else {
        answers.iter().for_each(|answer| print(answer, cli::language()));
    }
    let denied = matches!(answers.as_slice(), [only] if !only.allow);
    Ok(if denied { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn print(answer: &Explanation, language: Language) {
    let mark = if answer.allow { "✓" } else { "✗" };
    terminal::line(&format!(
        "{mark} {} · {} · {} · {}",
        answer.account_name,
        answer.dataset,
        answer.action.name(),
        answer.purpose
    ));
    for reason in &answer.reasons {
        terminal::line(&format!("    {}", reason.text.get(language)));
    }
    if let Some(rows) = &answer.rows {
        terminal::line(&format!("    rows  {}", serde_json::to_string(rows).unwrap_or_default()));
    }
    if !answer.masks.is_empty() {
        terminal::line(&format!("    masks {}", serde_json::to_string(&answer.masks).unwrap_or_default()));
    }
    if let Some(until) = answer.until {
        terminal::line(&format!("    until {}", until.to_rfc3339()));
    }
    for candidate in &answer.candidates {
        if let Some(why) = &candidate.why_not {
            terminal::line(&format!("    ({}) {}", candidate.grant, why.get(language)));
        }
    }
    if let Some(needed) = &answer.needed {
        terminal::line(&format!("  → {}", needed.get(language)));
    }
}
