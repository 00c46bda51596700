//! `brain sql "SELECT …"`.

use crate::cli::{Format, Sql};
use crate::node::{Node, operator, terminal_origin};
use crate::terminal;
use anyhow::Result;
use brain_kernel::csv::TERMINAL_LINE_END;
use brain_kernel::error::Failure;
use brain_kernel::party::Role;
use brain_kernel::progress::Cancel;
use brain_trust::Action;
use brain_warehouse::QueryLimits;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::util::pretty::pretty_format_batches;
use std::process::ExitCode;

/// Why the folder's owner reads at a terminal; also what evidence names an export by, for it has no query id.
const PURPOSE: &str = "command-line";

/// Run one SELECT as the folder's owner. What leaves as a file's worth of rows (CSV, JSON) leaves evidence first.
pub async fn sql(node: &Node, given: Sql) -> Result<ExitCode> {
    read_and_print(node, &given).await?;
    Ok(ExitCode::SUCCESS)
}

async fn read_and_print(node: &Node, given: &Sql) -> Result<()> {
    let session = node.warehouse.session(&operator(Role::SystemAdministrator), PURPOSE);
    let session = session.coming_from(terminal_origin("sql")).held();
    let session = match given.format {
        Format::Table => session,
        Format::Csv | Format::Json => session.acting(Action::Export),
    };
    let session = session.stating(&given.query);
    let limits = QueryLimits { rows: Some(given.limit), ..QueryLimits::default() };
    let stream = session.sql(&given.query, limits, Cancel::new()).await.map_err(Failure::from)?;
    let schema = stream.schema().clone();
    let (batches, more) = stream.collect().await.map_err(Failure::from)?;
    let export = match given.format {
        Format::Table => None,
        Format::Csv => Some("csv"),
        Format::Json => Some("json"),
    };
    if let Some(format) = export {
        session.record_export(PURPOSE, &given.query, format).await.map_err(Failure::from)?;
    }
    session.finish().await.map_err(Failure::from)?;
    match given.format {
        Format::Table => terminal::line(&pretty_format_batches(&batches)?.to_string()),
        Format::Csv => terminal::print(&brain_api::csv_text(&schema, &batches, TERMINAL_LINE_END)?),
        Format::Json => terminal::line(&json(&batches)?),
    }
    if more {
        eprintln!(
            "只显示前 {0} 行，用 --limit 增加。 Only the first {0} rows are shown; raise --limit.",
            given.limit
        );
    }
    Ok(())
}

pub(super) fn json(batches: &[RecordBatch]) -> Result<String> {
    let mut writer = datafusion::arrow::json::ArrayWriter::new(Vec::new());
    writer.write_batches(&batches.iter().collect::<Vec<_>>())?;
    writer.finish()?;
    let bytes = writer.into_inner();
    Ok(if bytes.is_empty() { "[]".to_owned() } else { String::from_utf8(bytes)? })
}
