//! `brain master …`: products with their history, and golden records of enterprises out of files.

use crate::cli::{ProductAction, When};
use crate::command::standard::{bytes, text};
use crate::node::{Node, operator};
use crate::terminal;
use anyhow::Result;
use brain_kernel::csv::{TERMINAL_LINE_END, append_line, defused};
use brain_kernel::error::Failure;
use brain_kernel::party::Role;
use brain_kernel::progress::Cancel;
use brain_standards::enterprise::{self, Survivorship};
use brain_standards::product::{Candidate, Standing};
use brain_warehouse::registers::{Merged, NewPart, NewProduct, ProductDetail, ProductQuery, Split};
use std::path::Path;
use std::process::ExitCode;

/// Products shown at once.
const SHOWN: u64 = 1_000;

/// Carry out one action on products as the folder's owner.
pub async fn product(node: &Node, action: ProductAction) -> Result<ExitCode> {
    let registers = node.warehouse.registers();
    let administrator = operator(Role::SystemAdministrator);
    match action {
        ProductAction::List { text, on, replaced } => {
            let query = ProductQuery { text, on, replaced, page: None, page_size: Some(SHOWN) };
            let page = registers.products(&query).await.map_err(Failure::from)?;
            for product in &page.items {
                let by = match &product.standing {
                    Standing::Current => String::new(),
                    Standing::Replaced { by } => {
                        format!("  → {}", by.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
                    }
                };
                terminal::line(&format!("{}  {}{by}", product.code, product.name));
            }
            if page.total > page.items.len() as u64 {
                eprintln!("{} / {}", page.items.len(), page.total);
            }
        }
        ProductAction::Show { code, on } => {
            tell(&registers.product(&code, on).await.map_err(Failure::from)?)?;
        }
        ProductAction::Resolve { code, on } => {
            for product in registers.product(&code, on).await.map_err(Failure::from)?.current {
                terminal::line(&format!("{}  {}", product.code, product.name));
            }
        }
        ProductAction::Register { name, attribute, when: When { on, reason } } => {
            let new = NewProduct { name, attributes: attribute.into_iter().collect(), on, reason };
            tell(&registers.register_product(&administrator, new).await.map_err(Failure::from)?)?;
        }
        ProductAction::Merge { from, into, when: When { on, reason } } => {
            let new = Merged { from, into, on, reason };
            tell(&registers.merge_products(&administrator, new).await.map_err(Failure::from)?)?;
        }
        ProductAction::Split { from, keep, new, when: When { on, reason } } => {
            let kept = keep.into_iter().map(|code| NewPart { code: Some(code), ..NewPart::default() });
            let fresh = new.into_iter().map(|name| NewPart { name: Some(name), ..NewPart::default() });
            let new = Split { from, into: kept.chain(fresh).collect(), on, reason };
            tell(&registers.split_product(&administrator, new).await.map_err(Failure::from)?)?;
        }
        ProductAction::Pairs { list } => {
            let theirs = Candidate::read(&bytes(&list)?).map_err(Failure::from)?;
            let found = registers.propose_products(theirs, Cancel::new()).await.map_err(Failure::from)?;
            let mut out = Vec::new();
            append_line(
                &mut out,
                ["from", "to", "name", "probability"].map(str::to_owned),
                TERMINAL_LINE_END,
            );
            for one in found {
                let cells =
                    [defused(&one.theirs), one.ours, defused(&one.name), format!("{:.4}", one.probability)];
                append_line(&mut out, cells, TERMINAL_LINE_END);
            }
            terminal::print(&String::from_utf8_lossy(&out));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Golden records out of a file of records; needs no data folder.
pub fn enterprise(records: &Path, rules: &Path) -> Result<ExitCode> {
    let rules = Survivorship::parse(&text(rules)?).map_err(Failure::from)?;
    let records = enterprise::read(&bytes(records)?).map_err(Failure::from)?;
    for golden in rules.golden(&records) {
        terminal::line(&serde_json::to_string(&golden)?);
    }
    Ok(ExitCode::SUCCESS)
}

fn tell(detail: &ProductDetail) -> Result<()> {
    terminal::line(&serde_json::to_string_pretty(detail)?);
    Ok(())
}
