//! `brain sql "SELECT …"`.

use crate::cli::{Format, Sql};
use crate::config::Loaded;
use crate::node::{Node, operator};
use crate::terminal;
use anyhow::Result;
use brain_kernel::error::Failure;
use brain_kernel::party::Role;
use brain_kernel::progress::Cancel;
use brain_warehouse::QueryLimits;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::arrow::util::pretty::pretty_format_batches;
use std::process::ExitCode;

/// Run one SELECT as the folder's owner.
pub async fn sql(loaded: Loaded, given: Sql) -> Result<ExitCode> {
    let node = Node::open(loaded).await?;
    let session = node.warehouse.session(&operator(Role::SystemAdministrator), "command-line");
    let limits = QueryLimits { rows: Some(given.limit), ..QueryLimits::default() };
    let stream = session.sql(&given.query, limits, Cancel::new()).await.map_err(Failure::from)?;
    let (batches, more) = stream.collect().await.map_err(Failure::from)?;
    match given.format {
        Format::Table => terminal::line(&pretty_format_batches(&batches)?.to_string()),
        Format::Csv => terminal::print(&csv(&batches)?),
        Format::Json => terminal::line(&json(&batches)?),
    }
    if more {
        eprintln!(
            "只显示前 {0} 行，用 --limit 增加。 Only the first {0} rows are shown; raise --limit.",
            given.limit
        );
    }
    Ok(ExitCode::SUCCESS)
}

fn csv(batches: &[RecordBatch]) -> Result<String> {
    let mut text = String::new();
    let quoted = |cell: &str| {
        if cell.contains([',', '"', '\n', '\r']) {
            format!("\"{}\"", cell.replace('"', "\"\""))
        } else {
            cell.to_owned()
        }
    };
    for (at, batch) in batches.iter().enumerate() {
        if at == 0 {
            let names: Vec<String> =
                batch.schema().fields().iter().map(|field| quoted(field.name())).collect();
            text.push_str(&names.join(","));
            text.push('\n');
        }
        let options = FormatOptions::default();
        let columns: Vec<ArrayFormatter<'_>> = batch
            .columns()
            .iter()
            .map(|column| ArrayFormatter::try_new(column.as_ref(), &options))
            .collect::<Result<_, _>>()?;
        for row in 0..batch.num_rows() {
            let cells: Vec<String> =
                columns.iter().map(|column| quoted(&column.value(row).to_string())).collect();
            text.push_str(&cells.join(","));
            text.push('\n');
        }
    }
    Ok(text)
}

fn json(batches: &[RecordBatch]) -> Result<String> {
    let mut writer = datafusion::arrow::json::ArrayWriter::new(Vec::new());
    writer.write_batches(&batches.iter().collect::<Vec<_>>())?;
    writer.finish()?;
    let bytes = writer.into_inner();
    Ok(if bytes.is_empty() { "[]".to_owned() } else { String::from_utf8(bytes)? })
}
