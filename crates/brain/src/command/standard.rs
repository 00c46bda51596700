//! `brain standard …`: code lists, mappings, units, data elements and bindings at the terminal.

use crate::cli::{self, Standard, StandardAction, StandardKind};
use crate::command::quality::speaker;
use crate::node::{Node, operator};
use crate::terminal;
use anyhow::{Context as _, Result, ensure};
use brain_kernel::csv::{TERMINAL_LINE_END, append_line, defused};
use brain_kernel::error::Failure;
use brain_kernel::language::{Language, Text};
use brain_kernel::party::Role;
use brain_kernel::progress::Cancel;
use brain_standards::element::{RULE_PREFIX, Status};
use brain_standards::list::{CODES_BYTES_MAX, Verdict};
use brain_standards::{DataElement, unit};
use brain_warehouse::quality::Check;
use brain_warehouse::registers::{CodeQuery, ListImport, NewBinding, NewElements, Registers};
use std::path::Path;
use std::process::ExitCode;

/// Codes shown at once.
const SHOWN: u64 = 1_000;

/// Carry out one action as the folder's owner.
pub async fn standard(node: &Node, given: Standard) -> Result<ExitCode> {
    let registers = node.warehouse.registers();
    let administrator = operator(Role::SystemAdministrator);
    match given.action {
        StandardAction::Lists => lists(&registers).await?,
        StandardAction::Codes { list, text, parent, on } => {
            let query = CodeQuery { text, parent, on, page: None, page_size: Some(SHOWN) };
            let page = registers.codes(&list, &query).await.map_err(Failure::from)?;
            for code in &page.items {
                terminal::line(&format!("{}  {}", code.code, name(&code.name)));
            }
            if page.total > page.items.len() as u64 {
                eprintln!("{} / {}", page.items.len(), page.total);
            }
        }
        StandardAction::Judge { list, value, on } => {
            let judged = registers.judge(&list, &value, on).await.map_err(Failure::from)?;
            terminal::line(&serde_json::to_string_pretty(&judged)?);
            let valid = matches!(judged.verdict, Verdict::Valid { .. });
            return Ok(if valid { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        StandardAction::Import { kind: StandardKind::Elements, description, publish, .. } => {
            let toml = text(&description)?;
            let new = NewElements { toml, publish };
            let imported = registers.import_elements(&administrator, new).await.map_err(Failure::from)?;
            terminal::line(&serde_json::to_string_pretty(&imported)?);
        }
        StandardAction::Import { kind, description, table, may_drop, .. } => {
            let table = table.context("--table")?;
            import(node, kind, &description, &table, may_drop).await?;
        }
        StandardAction::Export { kind, id } => export(&registers, kind, id).await?,
        StandardAction::Map { mapping, code } => {
            let mapped = registers.map(&mapping, &code).await.map_err(Failure::from)?;
            terminal::line(&serde_json::to_string_pretty(&mapped)?);
        }
        StandardAction::Convert { amount, from, to } => {
            let from = unit::find(&from).map_err(Failure::from)?;
            let to = unit::find(&to).map_err(Failure::from)?;
            let converted = unit::convert(amount, from, to).map_err(Failure::from)?;
            terminal::line(&format!("{amount} {} = {converted} {}", from.symbol, to.symbol));
        }
        StandardAction::Elements { text } => {
            for card in registers.elements(text.as_ref()).await.map_err(Failure::from)? {
                let element = &card.element;
                let status = card.status.name();
                terminal::line(&format!(
                    "{}  v{} {status}  {}：{}",
                    element.id,
                    card.version,
                    name(&element.name),
                    element.definition.zh
                ));
            }
        }
        StandardAction::Publish { element } => restate(&registers, &element, Status::Current).await?,
        StandardAction::Retire { element } => restate(&registers, &element, Status::Retired).await?,
        StandardAction::Bind { dataset, column, element, required } => {
            let owner = speaker(node, &dataset)?;
            let new = NewBinding { dataset, column, element, required };
            let binding = registers.bind(&owner, new).await.map_err(Failure::from)?;
            terminal::line(&serde_json::to_string_pretty(&binding)?);
        }
        StandardAction::Unbind { dataset, column } => {
            let owner = speaker(node, &dataset)?;
            registers.unbind(&owner, &dataset, &column).await.map_err(Failure::from)?;
        }
        StandardAction::Bindings { dataset } => {
            for binding in registers.bindings(dataset.as_deref(), None).await.map_err(Failure::from)? {
                let required = if binding.required { "  必填 · required" } else { "" };
                terminal::line(&format!(
                    "{}#{}  {}{required}",
                    binding.dataset, binding.column, binding.element
                ));
            }
        }
        StandardAction::Check { dataset } => return check(node, &dataset).await,
    }
    Ok(ExitCode::SUCCESS)
}

async fn lists(registers: &Registers) -> Result<()> {
    for list in registers.lists().await.map_err(Failure::from)? {
        let heading = &list.heading;
        let edition = [heading.standard.as_str(), heading.edition.as_str()].join(" ");
        terminal::line(&format!(
            "{}  {}  {}  {}",
            heading.id,
            edition.trim(),
            name(&heading.title),
            list.codes
        ));
    }
    for mapping in registers.mappings().await.map_err(Failure::from)? {
        let heading = &mapping.heading;
        terminal::line(&format!(
            "{}  {} → {}  {}  {}",
            heading.id,
            heading.from,
            heading.to,
            name(&heading.title),
            mapping.rows
        ));
    }
    Ok(())
}

async fn import(
    node: &Node,
    kind: StandardKind,
    description: &Path,
    table: &Path,
    may_drop: bool,
) -> Result<()> {
    let registers = node.warehouse.registers();
    let administrator = operator(Role::SystemAdministrator);
    let description = text(description)?;
    let table = bytes(table)?;
    // Whoever holds the folder sees what is there; a heading that is wrong is refused by the import.
    let id = toml::from_str::<toml::Table>(&description)
        .ok()
        .and_then(|table| Some(table.get("id")?.as_str()?.to_owned()));
    let id = id.unwrap_or_default();
    if kind == StandardKind::List {
        let lists = registers.lists().await.map_err(Failure::from)?;
        let known = lists.iter().find(|list| list.heading.id == id && !list.built_in);
        let import = ListImport { seen: known.map(|list| list.revision), may_drop };
        let card = registers
            .import_list_table(&administrator, &description, &table, import)
            .await
            .map_err(Failure::from)?;
        terminal::line(&serde_json::to_string_pretty(&card)?);
    } else {
        let mappings = registers.mappings().await.map_err(Failure::from)?;
        let known = mappings.iter().find(|mapping| mapping.heading.id == id);
        let seen = known.map(|mapping| mapping.revision);
        let card = registers
            .import_mapping_table(&administrator, &description, &table, seen)
            .await
            .map_err(Failure::from)?;
        terminal::line(&serde_json::to_string_pretty(&card)?);
    }
    Ok(())
}

async fn export(registers: &Registers, kind: StandardKind, id: Option<String>) -> Result<()> {
    let mut out = Vec::new();
    let mut line = |cells: Vec<String>| {
        append_line(&mut out, cells.iter().map(|cell| defused(cell)), TERMINAL_LINE_END);
    };
    match kind {
        StandardKind::List => {
            let list = registers.list(&id.context("id")?).await.map_err(Failure::from)?;
            let header = ["code", "parent", "name_zh", "name_en", "valid_from", "valid_until", "successors"];
            line(header.map(str::to_owned).into());
            for code in list.codes() {
                let day = |day: Option<chrono::NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
                line(vec![
                    code.code.clone(),
                    code.parent.clone().unwrap_or_default(),
                    code.name.zh.clone(),
                    code.name.en.clone(),
                    day(code.valid_from),
                    day(code.valid_until),
                    code.successors.join(";"),
                ]);
            }
        }
        StandardKind::Mapping => {
            let mapping = registers.mapping(&id.context("id")?).await.map_err(Failure::from)?;
            line(["from", "to", "share"].map(str::to_owned).into());
            for row in mapping.rows() {
                let share = row.share.map(|share| share.to_string()).unwrap_or_default();
                line(vec![row.from.clone(), row.to.clone(), share]);
            }
        }
        StandardKind::Elements => {
            let found = registers.elements(None).await.map_err(Failure::from)?;
            let elements = found.into_iter().map(|card| card.element);
            let elements = elements.filter(|element| id.as_ref().is_none_or(|id| element.id == *id));
            out = DataElement::write(elements.collect()).map_err(Failure::from)?.into_bytes();
        }
    }
    terminal::print(&String::from_utf8_lossy(&out));
    Ok(())
}

async fn restate(registers: &Registers, element: &str, status: Status) -> Result<()> {
    let administrator = operator(Role::SystemAdministrator);
    let detail = registers.element(element).await.map_err(Failure::from)?;
    let current =
        detail.versions.iter().find(|one| status == Status::Retired && one.status == Status::Current);
    let seen = current.or(detail.versions.first()).map_or(0, |version| version.revision);
    let card = registers.set_status(&administrator, element, status, seen).await.map_err(Failure::from)?;
    terminal::line(&serde_json::to_string_pretty(&card)?);
    Ok(())
}

/// The existing quality check; of its outcomes those of data elements.
async fn check(node: &Node, dataset: &str) -> Result<ExitCode> {
    let owner = speaker(node, dataset)?;
    let check =
        node.warehouse.quality().check(&owner, dataset, Cancel::new()).await.map_err(Failure::from)?;
    let of_elements = check.outcomes.iter().filter(|outcome| outcome.rule.starts_with(RULE_PREFIX));
    let mut failed = false;
    for outcome in of_elements {
        let passed = outcome.standing.name() == "passed";
        failed |= Check::is_failure(outcome);
        let mark = if passed { "✓" } else { "✗" };
        terminal::line(&format!("{mark} {}  {} · {}", outcome.rule, outcome.says.zh, outcome.says.en));
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn name(text: &Text) -> &str {
    let (first, other) = match cli::language() {
        Language::Zh => (&text.zh, &text.en),
        Language::En => (&text.en, &text.zh),
    };
    if first.is_empty() { other } else { first }
}

/// A file of at most what a table may have.
pub(super) fn bytes(path: &Path) -> Result<Vec<u8>> {
    let shown = path.display();
    let size = std::fs::metadata(path).with_context(|| shown.to_string())?.len();
    ensure!(size <= CODES_BYTES_MAX as u64, "{shown}: {size} > {CODES_BYTES_MAX} bytes");
    std::fs::read(path).with_context(|| shown.to_string())
}

/// A file of text in UTF-8.
pub(super) fn text(path: &Path) -> Result<String> {
    String::from_utf8(bytes(path)?)
        .with_context(|| format!("{}：不是 UTF-8 文本。\nThis is no text in UTF-8.", path.display()))
}
