//! `brain catalog list|show|mappings`.

use crate::cli::{self, Catalog, CatalogAction, CatalogFormat};
use crate::node::Node;
use crate::terminal;
use anyhow::Result;
use brain_kernel::error::Failure;
use brain_kernel::language::Text;
use brain_warehouse::catalogue::CatalogueQuery;
use std::process::ExitCode;

/// Show what data there is. The catalogue holds no rows, so no grant is asked for.
pub async fn catalog(node: &Node, given: Catalog) -> Result<ExitCode> {
    let language = cli::language();
    match given.action {
        CatalogAction::List { format: CatalogFormat::Dcat, .. } => {
            let name = &node.config.node.name;
            let title = Text::new(name.clone(), name.clone());
            let found = node.warehouse.catalogue().dcat(base(node), &title).await.map_err(Failure::from)?;
            terminal::line(&serde_json::to_string_pretty(&found)?);
        }
        CatalogAction::List { text, format: CatalogFormat::Table } => {
            let query = CatalogueQuery { text, page_size: Some(1000), ..CatalogueQuery::default() };
            for card in node.warehouse.catalogue().list(&query).items {
                let version = card.version.map_or_else(|| "–".to_owned(), |version| version.to_string());
                terminal::line(&format!(
                    "{:<40} {:>12} v{version:<4} {}",
                    card.name,
                    card.rows,
                    card.title.get(language)
                ));
            }
        }
        CatalogAction::Show { dataset, prov: true } => {
            let found = node.warehouse.catalogue().prov(base(node), &dataset).await.map_err(Failure::from)?;
            terminal::line(&serde_json::to_string_pretty(&found)?);
        }
        CatalogAction::Show { dataset, prov: false } => {
            let detail = node.warehouse.catalogue().get(&dataset).await.map_err(Failure::from)?;
            terminal::line(&serde_json::to_string_pretty(&detail)?);
        }
        CatalogAction::Mappings => {
            for mapping in node.warehouse.mappings().map_err(Failure::from)? {
                terminal::line(&format!("{:<20} {}", mapping.name, mapping.title.get(language)));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The configured public address, so that exported documents name the node; relative addresses without one.
fn base(node: &Node) -> &str {
    node.config.http.public_url.trim_end_matches('/')
}
