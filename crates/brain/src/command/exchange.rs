//! `brain exchange list|subscribe|approve|run|show|revoke|receipts|verify`.

use crate::cli::{self, Exchange, ExchangeAction};
use crate::command::serve;
use crate::measure::Measured;
use crate::node::{Node, operator};
use crate::terminal;
use anyhow::{Context as _, Result, ensure};
use brain_exchange::{Delivery, NewSubscription, Subscription, Trouble};
use brain_kernel::error::Failure;
use brain_kernel::party::Role;
use brain_store::PageRequest;
use brain_trust::Approval;
use brain_trust::status::{NodePublicKeys, SignedDocument};
use chrono::{DateTime, Local, Utc};
use serde_json::{Value, json};
use std::path::Path;
use std::process::ExitCode;

/// Longest description of a subscription, bytes.
const FILE_BYTES_MAX: u64 = 1 << 20;
/// Longest file with signed documents, bytes.
const DOCUMENTS_BYTES_MAX: u64 = 64 << 20;
/// Deliveries listed.
const DELIVERIES_SHOWN: u64 = 20;

/// Exchange, managed as the system administrator; what the owner decides, as the security administrator.
pub async fn exchange(node: &Node, measured: Measured, given: Exchange) -> Result<ExitCode> {
    let abroad = matches!(
        given.action,
        ExchangeAction::Subscribe { .. } | ExchangeAction::Run { .. } | ExchangeAction::Revoke { .. }
    );
    if abroad {
        // The other node asks this one how it stands before anything moves.
        return serve::beside(node, measured, Box::pin(carried_out(node, given))).await;
    }
    carried_out(node, given).await
}

async fn carried_out(node: &Node, given: Exchange) -> Result<ExitCode> {
    let (exchange, actor) = (&node.exchange, operator(Role::SystemAdministrator));
    match given.action {
        ExchangeAction::List { json } => {
            let found = exchange.list(&actor).await.map_err(Failure::from)?;
            if json {
                terminal::line(&serde_json::to_string_pretty(&found)?);
            }
            for subscription in found.iter().filter(|_| !json) {
                terminal::line(&told(subscription));
            }
        }
        ExchangeAction::Subscribe { file } => {
            let new = described(&file)?;
            let made = Box::pin(exchange.subscribe(&actor, new)).await.map_err(Failure::from)?;
            terminal::line(&told(&made));
        }
        ExchangeAction::Approve { id, note } => {
            let owner = operator(Role::SecurityAdministrator);
            let approval = Approval { note, ..Approval::default() };
            let made = exchange.approve(&owner, &id, approval).await.map_err(Failure::from)?;
            terminal::line(&told(&made));
        }
        ExchangeAction::Run { id } => {
            let after = Box::pin(exchange.run(&actor, &id)).await.map_err(Failure::from)?;
            terminal::line(&told(&after));
            return Ok(if after.failure.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        ExchangeAction::Show { id, json } => {
            let found = exchange.get(&actor, &id).await.map_err(Failure::from)?;
            let page = PageRequest::new(1, DELIVERIES_SHOWN);
            let deliveries = exchange.deliveries(&actor, &id, page).await.map_err(Failure::from)?;
            if json {
                let shown = json!({ "subscription": found, "deliveries": deliveries.items });
                terminal::line(&serde_json::to_string_pretty(&shown)?);
                return Ok(ExitCode::SUCCESS);
            }
            terminal::line(&told(&found));
            for delivery in &deliveries.items {
                terminal::line(&delivered(delivery));
            }
        }
        ExchangeAction::Revoke { id } => {
            let found = exchange.get(&actor, &id).await.map_err(Failure::from)?;
            let role = if found.side == "provider" {
                Role::SecurityAdministrator
            } else {
                Role::SystemAdministrator
            };
            let after = Box::pin(exchange.revoke(&operator(role), &id)).await.map_err(Failure::from)?;
            terminal::line(&told(&after));
        }
        ExchangeAction::Receipts { delivery } => {
            let (manifest, receipt) = exchange.documents(&actor, &delivery).await.map_err(Failure::from)?;
            let both = json!({ "manifest": manifest, "receipt": receipt });
            terminal::line(&serde_json::to_string_pretty(&both)?);
        }
        ExchangeAction::Verify { file, ed25519, sm2 } => return verify(&file, ed25519, sm2),
    }
    Ok(ExitCode::SUCCESS)
}

/// Which of the documents in a file a node with these keys signed; needs no node and no network.
pub fn verify(file: &Path, ed25519: String, sm2: Option<String>) -> Result<ExitCode> {
    let shown = file.display().to_string();
    let size = std::fs::metadata(file).with_context(|| shown.clone())?.len();
    ensure!(size <= DOCUMENTS_BYTES_MAX, "{shown}: {size} > {DOCUMENTS_BYTES_MAX} bytes");
    let value: Value = serde_json::from_slice(&std::fs::read(file).with_context(|| shown.clone())?)
        .with_context(|| shown)?;
    let keys = NodePublicKeys { ed25519, sm2 };
    let parts = ["manifest", "receipt"].map(|name| (name, value.get(name).cloned().unwrap_or_default()));
    let found: Vec<(&str, Value)> = if value.get("signatures").is_some() {
        vec![("document", value.clone())]
    } else {
        parts.into_iter().filter(|(_, part)| !part.is_null()).collect()
    };
    let mut signed = 0;
    for (name, part) in found {
        let document: SignedDocument = serde_json::from_value(part)?;
        let ok = document.is_signed_by(&keys);
        signed += u32::from(ok);
        let words = if ok {
            "由此密钥的节点签名，内容未改 · signed by the node with these keys"
        } else {
            "不是此密钥的节点签名 · not signed by the node with these keys"
        };
        terminal::line(&format!("{} {name} {}: {words}", if ok { "✓" } else { "✗" }, document.format));
    }
    Ok(if signed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn described(file: &Path) -> Result<NewSubscription> {
    let shown = file.display().to_string();
    let size = std::fs::metadata(file).with_context(|| shown.clone())?.len();
    ensure!(size <= FILE_BYTES_MAX, "{shown}: {size} > {FILE_BYTES_MAX} bytes");
    let text = std::fs::read_to_string(file).with_context(|| shown.clone())?;
    toml::from_str(&text).with_context(|| shown)
}

fn told(subscription: &Subscription) -> String {
    let arrow = if subscription.side == "consumer" { "←" } else { "→" };
    let share =
        subscription.completeness.map_or_else(|| "—".to_owned(), |share| format!("{:.1}%", share * 100.0));
    let lag = subscription.lag_seconds.map_or_else(|| "—".to_owned(), |lag| format!("{lag} s"));
    let mut text = format!(
        "{}  {arrow} {}  {} → {}  {}  {}  completeness {share}  lag {lag}",
        subscription.id,
        subscription.peer,
        subscription.dataset,
        subscription.target,
        subscription.direction,
        subscription.state.name(),
    );
    if let Some(reason) = &subscription.reason {
        text.push_str(&format!("\n    {reason}"));
    }
    if let Some(trouble) = &subscription.failure {
        text.push_str(&troubled(trouble));
    }
    text
}

fn delivered(delivery: &Delivery) -> String {
    let mut text = format!(
        "  {}  {}  {}  version {}  batches {}/{}  rows {}/{}  bytes {}/{}  {}",
        shown(delivery.started_at),
        delivery.id,
        delivery.state,
        delivery.to_version,
        delivery.batches_done,
        delivery.batches,
        delivery.rows_done,
        delivery.rows,
        delivery.bytes_done,
        delivery.bytes,
        delivery.mode,
    );
    if let Some(why) = &delivery.why_full {
        text.push_str(&format!("\n    {}", why.get(cli::language())));
    }
    if let Some(trouble) = &delivery.failure {
        text.push_str(&troubled(trouble));
    }
    text
}

fn troubled(trouble: &Trouble) -> String {
    let language = cli::language();
    let hint = trouble.hint.as_ref().map(|hint| hint.get(language)).unwrap_or_default();
    format!("\n    {}: {} {hint}", trouble.code, trouble.detail.get(language))
}

fn shown(at: DateTime<Utc>) -> String {
    at.with_timezone(&Local).format("%Y-%m-%d %H:%M").to_string()
}
