//! `brain keys list|rotate|erase|generate`.

use crate::cli::{Keys, KeysAction};
use crate::config::Loaded;
use crate::node::{Node, operator};
use crate::terminal;
use anyhow::Result;
use brain_kernel::error::Failure;
use brain_kernel::party::Role;
use brain_store::PageRequest;
use std::process::ExitCode;

/// List, rotate or destroy the keys that seal data.
pub async fn keys(loaded: Loaded, given: Keys) -> Result<ExitCode> {
    if matches!(given.action, KeysAction::Generate) {
        let text = brain_crypto::new_key_text(loaded.config.crypto.profile.aead()).map_err(Failure::from)?;
        terminal::line(&text);
        return Ok(ExitCode::SUCCESS);
    }
    Node::during(loaded, async |node| act(node, given.action).await).await
}

async fn act(node: &Node, action: KeysAction) -> Result<ExitCode> {
    let vault = node.trust.vault();
    let actor = operator(Role::SystemAdministrator).account;
    match action {
        KeysAction::List => {
            let mut page = 1;
            loop {
                let found = vault.data_keys(PageRequest::new(page, 100)).await.map_err(Failure::from)?;
                for card in &found.items {
                    let state = match (card.destroyed_at, card.retired_at) {
                        (Some(_), _) => "destroyed",
                        (None, Some(_)) => "retired",
                        (None, None) => "sealing",
                    };
                    terminal::line(&format!(
                        "{}  {:<11}  {:<9}  {}  {}",
                        card.id, card.algorithm, state, card.kek_id, card.purpose
                    ));
                }
                if found.items.is_empty() || page * 100 >= found.total {
                    break;
                }
                page += 1;
            }
        }
        KeysAction::Rotate { secrets } => {
            let keys = vault.rotate(&actor).await.map_err(Failure::from)?;
            let resealed =
                if secrets { vault.reseal_secrets(&actor).await.map_err(Failure::from)? } else { 0 };
            let kek = vault.keyring().current().id().to_owned();
            terminal::line(
                &serde_json::json!({ "kek": kek, "data_keys": keys, "secrets": resealed }).to_string(),
            );
        }
        KeysAction::Erase { purpose, reason } => {
            let certificate = vault.erase(&actor, &purpose, &reason).await.map_err(Failure::from)?;
            terminal::line(&serde_json::to_string_pretty(&certificate)?);
        }
        KeysAction::Generate => {}
    }
    Ok(ExitCode::SUCCESS)
}
