//! `brain identity providers|clients`: who vouches for people here, and for whom this node vouches.

use crate::cli::{ClientsAction, IdentityCommand, IdentityPart, ProvidersAction};
use crate::node::{Node, operator};
use crate::terminal;
use anyhow::{Context as _, Result};
use brain_kernel::error::Failure;
use brain_kernel::party::Role;
use brain_store::PageRequest;
use brain_trust::federation::{ClientState, NewClient};
use brain_trust::{Federation, Secret};
use std::io::Read as _;
use std::path::Path;
use std::process::ExitCode;

/// Longest secret or key set read, bytes.
const INPUT_BYTES_MAX: u64 = 64 * 1024;

/// Look at providers and clients, and change them.
pub async fn identity(node: &Node, given: IdentityCommand) -> Result<ExitCode> {
    let federation = node.trust.federation();
    match given.part {
        IdentityPart::Providers { action } => providers(&federation, action).await?,
        IdentityPart::Clients { action } => clients(&federation, action).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn providers(federation: &Federation, action: ProvidersAction) -> Result<()> {
    match action {
        ProvidersAction::List => {
            for provider in federation.providers() {
                terminal::line(&format!(
                    "{:<20}  {} · {}",
                    provider.id, provider.title.zh, provider.title.en
                ));
            }
        }
        ProvidersAction::Secret { id } => {
            let mut text = String::new();
            std::io::stdin().take(INPUT_BYTES_MAX).read_to_string(&mut text).context("standard input")?;
            let actor = operator(Role::SystemAdministrator).account;
            federation.set_client_secret(&actor, &id, &Secret::new(text)).await.map_err(Failure::from)?;
        }
    }
    Ok(())
}

async fn clients(federation: &Federation, action: ClientsAction) -> Result<()> {
    let (system, security) = (operator(Role::SystemAdministrator), operator(Role::SecurityAdministrator));
    match action {
        ClientsAction::List => list(federation).await,
        ClientsAction::Register { name, redirects, logouts, scopes, keys } => {
            let keys = keys.as_deref().map(key_set).transpose()?;
            let new = NewClient { name, redirect_uris: redirects, logout_uris: logouts, scopes, keys };
            let made = federation.register_client(&system, new).await.map_err(Failure::from)?;
            let secret = made.secret.map(|secret| secret.expose().to_owned());
            terminal::line(&serde_json::json!({ "client_id": made.card.id, "secret": secret }).to_string());
            Ok(())
        }
        ClientsAction::Activate { id } => Ok(federation
            .set_client_state(&security, &id, ClientState::Active)
            .await
            .map_err(Failure::from)?),
        ClientsAction::Revoke { id } => Ok(federation
            .set_client_state(&security, &id, ClientState::Revoked)
            .await
            .map_err(Failure::from)?),
        ClientsAction::Secret { id } => {
            let secret = federation.renew_client_secret(&system, &id).await.map_err(Failure::from)?;
            terminal::line(secret.expose());
            Ok(())
        }
    }
}

async fn list(federation: &Federation) -> Result<()> {
    let mut page = 1;
    loop {
        let request = PageRequest::new(page, 100);
        let found = federation.clients(&operator(Role::Auditor), request).await.map_err(Failure::from)?;
        for client in &found.items {
            let state = serde_json::to_value(client.state)?;
            terminal::line(&format!(
                "{}  {:<8}  {}  {}",
                client.id,
                state.as_str().unwrap_or_default(),
                client.name,
                client.redirect_uris.join(" ")
            ));
        }
        if found.items.is_empty() || page * 100 >= found.total {
            return Ok(());
        }
        page += 1;
    }
}

fn key_set(path: &Path) -> Result<serde_json::Value> {
    let shown = path.display();
    let length = std::fs::metadata(path).with_context(|| format!("cannot read {shown}"))?.len();
    anyhow::ensure!(length <= INPUT_BYTES_MAX, "{shown}: 文件过大。 The file is too large.");
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {shown}"))?;
    serde_json::from_str(&text).with_context(|| format!("{shown}: 不是 JSON。 Not JSON."))
}
