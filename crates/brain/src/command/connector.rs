//! `brain connector list|add|test|run|runs|enable|disable|remove`.

use crate::cli::{self, Connector, ConnectorAction};
use crate::node::{Node, operator};
use crate::terminal;
use crate::watch::Watch;
use anyhow::{Context as _, Result, ensure};
use brain_kernel::error::Failure;
use brain_kernel::party::Role;
use brain_store::PageRequest;
use brain_trust::Secret;
use brain_warehouse::connect::{ConnectorRun, ConnectorTest, NewConnector};
use chrono::{DateTime, Local, Utc};
use std::io::Read as _;
use std::path::Path;
use std::process::ExitCode;

/// Longest description of a connector, bytes.
const FILE_BYTES_MAX: u64 = 64 << 10;
/// Longest secret read, bytes.
const SECRET_BYTES_MAX: u64 = 64 << 10;
/// Runs listed.
const RUNS_SHOWN: u64 = 50;

/// Connectors, managed as the system administrator.
pub async fn connector(node: &Node, given: Connector) -> Result<ExitCode> {
    let (connectors, actor) = (&node.connectors, operator(Role::SystemAdministrator));
    let id = async |name: &str| -> Result<String> {
        Ok(connectors.named(&actor, name).await.map_err(Failure::from)?.id)
    };
    match given.action {
        ConnectorAction::List { json } => {
            let found = connectors.list(&actor).await.map_err(Failure::from)?;
            if json {
                terminal::line(&serde_json::to_string_pretty(&found)?);
            }
            for connector in found.iter().filter(|_| !json) {
                let last = connector.last_run.as_ref().map_or("—", |run| run.state.as_str());
                let next = connector.next_run_at.map_or_else(|| "—".to_owned(), shown);
                let kind = connector.settings.kind().name();
                let mark = if connector.enabled { "✓" } else { "✗" };
                terminal::line(&format!("{mark} {}  {kind}  {last}  → {next}", connector.name));
            }
        }
        ConnectorAction::Add { file, secret } => {
            let new = described(&file, secret)?;
            let made = connectors.create(&actor, new).await.map_err(Failure::from)?;
            terminal::line(&serde_json::to_string_pretty(&made)?);
        }
        ConnectorAction::Test { name } => {
            let stored = connectors.named(&actor, &name).await.map_err(Failure::from)?;
            let test = ConnectorTest { settings: stored.settings, secret: None, connector: Some(stored.id) };
            let finding = connectors.test(&actor, test).await.map_err(Failure::from)?;
            terminal::line(finding.found.get(cli::language()));
            terminal::line(&finding.fields.join("  "));
        }
        ConnectorAction::Run { name, json } => {
            let id = id(&name).await?;
            let watch = Watch::start(cli::language());
            let (progress, cancel) = (watch.progress.clone(), watch.cancel.clone());
            let run = connectors.run(&actor, &id, progress, cancel).await.map_err(Failure::from);
            watch.end();
            let run = run?;
            terminal::line(&if json { serde_json::to_string(&run)? } else { told(&run) });
            return Ok(if run.failure.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        ConnectorAction::Runs { name } => {
            let page = PageRequest::new(1, RUNS_SHOWN);
            let runs = connectors.runs(&actor, &id(&name).await?, page).await.map_err(Failure::from)?;
            for run in &runs.items {
                terminal::line(&told(run));
            }
        }
        ConnectorAction::Enable { name } => {
            connectors.enable(&actor, &id(&name).await?, true).await.map_err(Failure::from)?;
        }
        ConnectorAction::Disable { name } => {
            connectors.enable(&actor, &id(&name).await?, false).await.map_err(Failure::from)?;
        }
        ConnectorAction::Remove { name } => {
            let found = connectors.named(&actor, &name).await.map_err(Failure::from)?;
            connectors.remove(&actor, &found.id, found.revision).await.map_err(Failure::from)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn described(file: &Path, secret: bool) -> Result<NewConnector> {
    let shown = file.display().to_string();
    let size = std::fs::metadata(file).with_context(|| shown.clone())?.len();
    ensure!(size <= FILE_BYTES_MAX, "{shown}: {size} > {FILE_BYTES_MAX} bytes");
    let text = std::fs::read_to_string(file).with_context(|| shown.clone())?;
    let mut new: NewConnector = toml::from_str(&text).with_context(|| shown.clone())?;
    ensure!(
        new.secret.is_none(),
        "{shown}：口令不写入文件，请用 --secret 自标准输入读取。\n\
         {shown}: a secret does not belong in a file; give it with --secret on standard input."
    );
    if secret {
        let mut text = String::new();
        std::io::stdin().take(SECRET_BYTES_MAX).read_to_string(&mut text).context("standard input")?;
        new.secret = Some(Secret::new(text.trim_end_matches(['\r', '\n'])));
    }
    Ok(new)
}

fn told(run: &ConnectorRun) -> String {
    let language = cli::language();
    let mut text = format!(
        "{}  {:<11}  batches {}  rows {}  refused {}  bytes {}  attempts {}",
        shown(run.started_at),
        run.state,
        run.batches,
        run.rows,
        run.refused,
        run.bytes,
        run.attempts
    );
    if let Some(failure) = &run.failure {
        text.push_str(&format!("\n    {}: {}", failure.code, failure.detail.get(language)));
        if let Some(hint) = &failure.hint {
            text.push_str(&format!(" {}", hint.get(language)));
        }
    }
    for notice in &run.notices {
        text.push_str(&format!("\n    {}", notice.get(language)));
    }
    text
}

fn shown(at: DateTime<Utc>) -> String {
    at.with_timezone(&Local).format("%Y-%m-%d %H:%M").to_string()
}
