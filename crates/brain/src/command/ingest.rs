//! `brain ingest PATH --as NAME`.

use crate::cli::{self, Ingest};
use crate::node::{Node, operator};
use crate::terminal;
use crate::watch::Watch;
use anyhow::Result;
use brain_kernel::error::Failure;
use brain_kernel::language::Language;
use brain_kernel::party::Role;
use brain_warehouse::ingest::{IngestOptions, IngestReport, IngestRequest};
use std::process::ExitCode;

/// Take in a file or folder; Ctrl-C cancels and leaves nothing behind.
pub async fn ingest(node: &Node, given: Ingest) -> Result<ExitCode> {
    let watch = Watch::start(cli::language());
    let (progress, cancel) = (watch.progress.clone(), watch.cancel.clone());
    let request = IngestRequest {
        path: given.path,
        mapping: given.mapping,
        options: IngestOptions { skip_models: given.skip_models, ..IngestOptions::default() },
    };
    let outcome = node
        .warehouse
        .ingest(&operator(Role::SystemAdministrator), request, progress, cancel)
        .await
        .map_err(Failure::from);
    watch.end();
    let report = outcome?;
    if given.json {
        terminal::line(&serde_json::to_string(&report)?);
    } else {
        terminal::print(&told(&report));
    }
    Ok(ExitCode::SUCCESS)
}

fn told(report: &IngestReport) -> String {
    let mut text = String::new();
    for table in &report.tables {
        let version = table.version.map_or_else(|| "–".to_owned(), |version| version.to_string());
        let line = match cli::language() {
            Language::Zh if table.unchanged => format!("{}：内容与之前相同，未改变\n", table.dataset),
            Language::En if table.unchanged => {
                format!("{}: same content as before, nothing changed\n", table.dataset)
            }
            Language::Zh => format!(
                "{}：读取 {} 行，入仓 {}，隔离 {}，版本 {version}\n",
                table.dataset, table.rows_read, table.rows_landed, table.rows_quarantined
            ),
            Language::En => format!(
                "{}: {} rows read, {} landed, {} quarantined, version {version}\n",
                table.dataset, table.rows_read, table.rows_landed, table.rows_quarantined
            ),
        };
        text.push_str(&line);
        for (reason, count) in &table.reasons {
            text.push_str(&format!("    {reason:<28} {count}\n"));
        }
        if table.rows_quarantined > 0 {
            text.push_str(&format!("    → {}\n", table.quarantine));
        }
    }
    if let Some(failure) = &report.models_failure {
        text.push_str(&format!("models: {}\n", failure.get(cli::language())));
    }
    if !report.models_refreshed.is_empty() {
        text.push_str(&format!("models: {}\n", report.models_refreshed.join(", ")));
    }
    if let (Some(product), Some(industry)) = (report.firms_with_product, report.firms_with_industry) {
        text.push_str(&format!("firms_with_product {product}, firms_with_industry {industry}\n"));
    }
    text.push_str(&format!("{:.1} s, {:.0} MiB\n", report.seconds, report.peak_memory_mb));
    text
}
