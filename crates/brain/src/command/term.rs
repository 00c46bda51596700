//! `brain term list|add|remove`.

use crate::cli::{self, Term, TermAction};
use crate::node::{Node, operator};
use crate::terminal;
use anyhow::Result;
use brain_kernel::error::Failure;
use brain_kernel::language::Text;
use brain_kernel::party::Role;
use brain_warehouse::terms::{NewTerm, TermQuery};
use std::process::ExitCode;

/// Business terms, written as the folder's owner.
pub async fn term(node: &Node, given: Term) -> Result<ExitCode> {
    act(node, given.action).await?;
    Ok(ExitCode::SUCCESS)
}

async fn act(node: &Node, action: TermAction) -> Result<()> {
    let (language, terms) = (cli::language(), node.warehouse.terms());
    let actor = operator(Role::SystemAdministrator);
    match action {
        TermAction::List { text, dataset } => {
            let query = TermQuery { text, dataset, page_size: Some(1000), ..TermQuery::default() };
            for term in terms.list(&query).await.map_err(Failure::from)?.items {
                let name = Some(term.name.get(language)).filter(|name| !name.is_empty());
                terminal::line(&format!(
                    "{}  {}：{}  {}",
                    term.id,
                    name.unwrap_or(&term.name.zh),
                    term.definition.zh,
                    term.links.join(" ")
                ));
            }
        }
        TermAction::Add { name, definition, owner, english, synonym, link } => {
            let new = NewTerm {
                name: Text::new(name, english.unwrap_or_default()),
                definition: Text::new(definition, ""),
                synonyms: synonym,
                links: link,
                owner,
            };
            let term = terms.create(&actor, new).await.map_err(Failure::from)?;
            terminal::line(&serde_json::to_string_pretty(&term)?);
        }
        TermAction::Remove { id } => {
            let term = terms.get(&id).await.map_err(Failure::from)?;
            terms.remove(&actor, &id, term.revision).await.map_err(Failure::from)?;
        }
    }
    Ok(())
}
