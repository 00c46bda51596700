//! `brain product list|show|publish|deprecate|withdraw|read|meter`: data products at the terminal.

use crate::cli::{self, DataProductAction, Format, Product};
use crate::node::{Node, operator, terminal_origin};
use crate::terminal;
use anyhow::{Context as _, Result, bail, ensure};
use brain_kernel::csv;
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::party::{Party, Role};
use brain_kernel::progress::Cancel;
use brain_kernel::uscc::Uscc;
use brain_trust::Action;
use brain_warehouse::QueryLimits;
use brain_warehouse::product::{Form, NewProduct, ProductAsk, ProductQuery, PublishNote, Usage};
use chrono::{NaiveDate, TimeDelta};
use datafusion::arrow::util::pretty::pretty_format_batches;
use serde_json::{Map, Value};
use std::path::Path;
use std::process::ExitCode;

/// Longest description of a product, bytes.
const FILE_BYTES_MAX: u64 = 256 << 10;
/// Products listed.
const SHOWN: u64 = 1_000;
/// Days of a report of use where no period is named.
const USAGE_DAYS: i64 = 30;

/// Carry out one action for the owner of the product: who may open the folder may do everything in it.
pub async fn product(node: &Node, given: Product) -> Result<ExitCode> {
    let products = node.warehouse.products();
    match given.action {
        DataProductAction::List { text, json } => list(node, text, json)?,
        DataProductAction::Show { id } => {
            let found = products.get(&speaker(node, &id), &id).await.map_err(Failure::from)?;
            terminal::line(&serde_json::to_string_pretty(&found)?);
        }
        DataProductAction::Publish { file, note, breaking, owner } => {
            let note = PublishNote { note, breaking };
            publish(node, &file, note, owner.as_deref()).await?;
        }
        DataProductAction::Deprecate { id, note } => {
            let actor = speaker(node, &id);
            let revision = products.revision(&actor, &id).map_err(Failure::from)?;
            products.deprecate(&actor, &id, revision, note).await.map_err(Failure::from)?;
        }
        DataProductAction::Withdraw { id, note } => {
            let actor = speaker(node, &id);
            let revision = products.revision(&actor, &id).map_err(Failure::from)?;
            products.withdraw(&actor, &id, revision, note).await.map_err(Failure::from)?;
        }
        DataProductAction::Read { id, parameters, format, limit } => {
            read(node, &id, &parameters, format, limit).await?;
        }
        DataProductAction::Meter { id, from, to, csv } => {
            meter(node, id.as_deref(), (from, to), csv).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Whoever speaks for the owner of a product.
pub(super) fn speaker(node: &Node, id: &str) -> Party {
    let facts = node.warehouse.catalogue().facts(&format!("product.{id}"));
    match facts {
        Ok(facts) => owner_of(&facts.owner),
        // A draft is known to its owner only; the node's own is found, anybody else's says that there is none.
        Err(_) => operator(Role::SystemAdministrator),
    }
}

fn owner_of(owner: &str) -> Party {
    match Uscc::parse(owner) {
        Ok(organisation) => Party { organisation: Some(organisation), ..operator(Role::Enterprise) },
        Err(_) => operator(Role::SystemAdministrator),
    }
}

fn list(node: &Node, text: Option<String>, json: bool) -> Result<()> {
    let query = ProductQuery { text, page_size: Some(SHOWN), ..ProductQuery::default() };
    let found = node.warehouse.products().list(&operator(Role::SystemAdministrator), &query);
    if json {
        terminal::line(&serde_json::to_string_pretty(&found.items)?);
        return Ok(());
    }
    for card in &found.items {
        let forms: Vec<&str> = card.forms.iter().map(|form| form.name()).collect();
        let version = card.version.as_deref().unwrap_or("—");
        let (state, title) = (card.state.name(), card.title.get(cli::language()));
        terminal::line(&format!("{:<24} {version:<8} {state:<11} {}  {title}", card.id, forms.join(",")));
    }
    Ok(())
}

async fn publish(node: &Node, file: &Path, note: PublishNote, owner: Option<&str>) -> Result<()> {
    let shown = file.display().to_string();
    let size = std::fs::metadata(file).with_context(|| shown.clone())?.len();
    ensure!(size <= FILE_BYTES_MAX, "{shown}: {size} > {FILE_BYTES_MAX} bytes");
    let text = std::fs::read_to_string(file).with_context(|| shown.clone())?;
    let new: NewProduct = toml::from_str(&text).with_context(|| shown.clone())?;
    let (products, id) = (node.warehouse.products(), new.id.clone());
    let actor = match owner {
        Some(code) => owner_of(Uscc::parse(code).with_context(|| format!("--owner {code}"))?.as_str()),
        None => speaker(node, &id),
    };
    let done = match products.revision(&actor, &id) {
        Ok(revision) => {
            let revised = products.revise(&actor, &id, revision, new).await.map_err(Failure::from)?;
            products.publish(&actor, &id, revised.revision, note).await
        }
        Err(error) => match Failure::from(error) {
            missing if missing.kind == ErrorKind::NotFound => products.create(&actor, new, Some(note)).await,
            other => return Err(other.into()),
        },
    };
    let done = done.map_err(Failure::from)?;
    terminal::line(&format!("product.{id} {}", done.card.version.unwrap_or_default()));
    Ok(())
}

async fn read(node: &Node, id: &str, given: &[String], format: Format, limit: u64) -> Result<()> {
    let mut parameters = Map::new();
    for pair in given {
        let Some((name, text)) = pair.split_once('=') else {
            bail!("--param 写作 名称=值。\n--param is written name=value.");
        };
        // A number or a truth value is one; anything else is the text it is.
        let value =
            serde_json::from_str::<Value>(text).ok().filter(|value| !value.is_array() && !value.is_object());
        parameters.insert(name.to_owned(), value.unwrap_or_else(|| Value::from(text)));
    }
    let ask = ProductAsk { product: id.to_owned(), form: Form::Api, parameters };
    let session = node.warehouse.session(&speaker(node, id), "command-line");
    let session = session.coming_from(terminal_origin("product read")).held();
    let session = if matches!(format, Format::Table) { session } else { session.acting(Action::Export) };
    let open = session.product(&ask).await.map_err(Failure::from)?;
    let limits = QueryLimits { rows: Some(limit), ..QueryLimits::default() };
    let stream = open.rows(limits, Cancel::new()).await.map_err(Failure::from)?;
    let schema = stream.schema().clone();
    let (batches, more) = stream.collect().await.map_err(Failure::from)?;
    if !matches!(format, Format::Table) {
        let statement = format!("product.{id}@{}", open.semver());
        session.record_export("command-line", &statement, "csv").await.map_err(Failure::from)?;
    }
    session.finish().await.map_err(Failure::from)?;
    match format {
        Format::Table => terminal::line(&pretty_format_batches(&batches)?.to_string()),
        Format::Csv => terminal::print(&brain_api::csv_text(&schema, &batches, csv::TERMINAL_LINE_END)?),
        Format::Json => terminal::line(&super::sql::json(&batches)?),
    }
    if more {
        eprintln!(
            "只显示前 {limit} 行，用 --limit 增加。 Only the first {limit} rows are shown; raise --limit."
        );
    }
    Ok(())
}

async fn meter(
    node: &Node,
    id: Option<&str>,
    (from, to): (Option<NaiveDate>, Option<NaiveDate>),
    as_csv: bool,
) -> Result<()> {
    let to = to.unwrap_or_else(|| node.clock.now().date_naive());
    let from = from.unwrap_or(to - TimeDelta::days(USAGE_DAYS));
    let party = operator(Role::SystemAdministrator);
    let used = node.warehouse.products().usage(&party, id, (from, to)).await.map_err(Failure::from)?;
    if !as_csv {
        terminal::line(&serde_json::to_string_pretty(&used)?);
        return Ok(());
    }
    let mut out = Vec::new();
    csv::append_line(&mut out, Usage::COLUMNS.into_iter().map(csv::defused), csv::TERMINAL_LINE_END);
    for line in &used.lines {
        csv::append_line(&mut out, line.cells().iter().map(csv::cell), csv::TERMINAL_LINE_END);
    }
    terminal::print(&String::from_utf8(out)?);
    Ok(())
}
