//! `brain audit …`: list, show, export and check audit records, as the auditor at the terminal.

use crate::cli::{Audit, AuditAction, AuditFilter};
use crate::node::{Node, operator, terminal_origin};
use crate::terminal;
use anyhow::{Context as _, Result};
use brain_kernel::csv::{self, FILE_LINE_END};
use brain_kernel::error::Failure;
use brain_kernel::party::{Party, Role};
use brain_store::PageRequest;
use brain_trust::audit::{AuditRecord, RecordFilter};
use serde::Serialize;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

/// Carry out one action. Records that do not verify end with exit code 1.
pub async fn audit(node: &Node, given: Audit) -> Result<ExitCode> {
    let actor = operator(Role::Auditor);
    let ok = act(node, &actor, given.action).await?;
    Ok(if ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn act(node: &Node, actor: &Party, action: AuditAction) -> Result<bool> {
    let audit = node.trust.audit();
    match action {
        AuditAction::List { filter, page, page_size } => {
            let page = PageRequest::new(page, page_size);
            let found = audit.list(actor, &filter_of(filter), page).await.map_err(Failure::from)?;
            let rows = Some(found.items.len() as u64);
            audit.note(actor, "audit.read", terminal_origin("audit"), rows).await.map_err(Failure::from)?;
            show(&found)?;
        }
        AuditAction::Show { seq } => {
            let found = audit.show(actor, seq).await.map_err(Failure::from)?;
            audit
                .note(actor, "audit.read", terminal_origin("audit"), Some(1))
                .await
                .map_err(Failure::from)?;
            show(&found)?;
        }
        AuditAction::Export { filter, out } => export(node, actor, filter_of(filter), &out).await?,
        AuditAction::Verify => {
            let found = audit.verify(actor).await.map_err(Failure::from)?;
            show(&found)?;
            return Ok(found.ok);
        }
        AuditAction::Status => show(&audit.status(actor).await.map_err(Failure::from)?)?,
        AuditAction::Expire => {
            let records = audit.expire().await.map_err(Failure::from)?;
            show(&serde_json::json!({ "records": records }))?;
        }
    }
    Ok(true)
}

fn filter_of(given: AuditFilter) -> RecordFilter {
    let AuditFilter { account, dataset, outcome, from, to } = given;
    RecordFilter { account, dataset, outcome, from, to, ..RecordFilter::default() }
}

async fn export(node: &Node, actor: &Party, filter: RecordFilter, out: &Path) -> Result<()> {
    let as_lines = out.extension().is_some_and(|extension| extension == "jsonl");
    let place =
        || format!("无法写入 {0}。\nCannot write {0}; check the folder and its permissions.", out.display());
    let file = std::fs::File::create_new(out).with_context(place)?;
    let mut file = std::io::BufWriter::new(file);
    let origin = terminal_origin("audit_export");
    let mut records = node.trust.audit().export(actor, filter, origin).await.map_err(Failure::from)?;
    if !as_lines {
        file.write_all(&line(AuditRecord::COLUMNS.map(str::to_owned))).with_context(place)?;
    }
    while let Some(found) = records.next().await.map_err(Failure::from)? {
        for record in &found {
            let bytes = if as_lines {
                let mut bytes = serde_json::to_vec(record)?;
                bytes.push(b'\n');
                bytes
            } else {
                line(record.cells().map(|value| csv::cell(&value)))
            };
            records.sent(bytes.len() as u64);
            file.write_all(&bytes).with_context(place)?;
        }
    }
    file.flush().with_context(place)?;
    terminal::line(&out.display().to_string());
    Ok(())
}

fn line(cells: impl IntoIterator<Item = String>) -> Vec<u8> {
    let mut out = Vec::new();
    csv::append_line(&mut out, cells, FILE_LINE_END);
    out
}

fn show(value: &impl Serialize) -> Result<()> {
    terminal::line(&serde_json::to_string_pretty(value)?);
    Ok(())
}
