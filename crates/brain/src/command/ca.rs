//! `brain ca init|issue|revoke|list`.

use crate::cli::{Ca, CaAction};
use crate::node::{Node, operator};
use crate::terminal;
use anyhow::{Context as _, Result};
use brain_kernel::error::Failure;
use brain_kernel::party::Role;
use brain_store::PageRequest;
use brain_tls::{Issued, Request, Usage};
use std::path::Path;
use std::process::ExitCode;

/// Make the authority, issue, revoke or list certificates.
pub async fn ca(node: &Node, given: Ca) -> Result<ExitCode> {
    let certificates = node.trust.certificates();
    let actor = operator(Role::SystemAdministrator).account;
    match given.action {
        CaAction::Init { name } => {
            let card = certificates.init(&actor, &name).await.map_err(Failure::from)?;
            terminal::line(&serde_json::to_string_pretty(&card)?);
            terminal::print(&certificates.root().await.map_err(Failure::from)?.unwrap_or_default());
        }
        CaAction::Issue { subject, names, server, days, out } => {
            let usage = if server { Usage::Server } else { Usage::Node };
            let names = if names.is_empty() { vec![subject.clone()] } else { names };
            let request = Request { subject, names, usage, days };
            let issued = certificates.issue(&actor, &request).await.map_err(Failure::from)?;
            let root = certificates.root().await.map_err(Failure::from)?.unwrap_or_default();
            write(&out, &issued, &root)?;
            terminal::line(&format!("{}  {}  {}", issued.serial, issued.subject, issued.not_after));
        }
        CaAction::Revoke { serial, reason } => {
            certificates.revoke(&actor, &serial, &reason).await.map_err(Failure::from)?;
        }
        CaAction::List => {
            let mut page = 1;
            loop {
                let found = certificates.list(PageRequest::new(page, 100)).await.map_err(Failure::from)?;
                for card in &found.items {
                    let state = if card.revoked_at.is_some() { "revoked" } else { "valid" };
                    terminal::line(&format!(
                        "{}  {:<9}  {:<8}  {}  {}",
                        card.serial, card.usage, state, card.not_after, card.subject
                    ));
                }
                if found.items.is_empty() || page * 100 >= found.total {
                    break;
                }
                page += 1;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The key is readable by its owner only; it exists in this file and nowhere else.
fn write(folder: &Path, issued: &Issued, root: &str) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    let named = |ending: &str| folder.join(format!("{}.{ending}", issued.subject));
    for (path, text) in [
        (named("pem"), format!("{}{root}", issued.certificate)),
        (folder.join("authority.pem"), root.to_owned()),
    ] {
        std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    brain_crypto::replace_private_file(&named("key"), issued.key.as_bytes())
        .with_context(|| format!("cannot write {}", named("key").display()))
}
