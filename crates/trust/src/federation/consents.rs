//! What a person agreed to tell other nodes (告知同意), and taking it back; signing out on behalf of a client.

use brain_kernel::party::Party;
use brain_store::{oidc_client, oidc_consent, oidc_token};
use chrono::{DateTime, Utc};
use jsonwebtoken::Algorithm;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::HashMap;

use super::clients::texts;
use super::fetch::with_query;
use super::{Federation, entry, id_token};
use crate::site::Site;
use crate::{Error, Result};

/// What a person agreed to tell a client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConsentCard {
    /// Stable id.
    pub id: String,
    /// Client.
    pub client_id: String,
    /// Its name.
    pub client_name: String,
    /// Scopes agreed to.
    pub scopes: Vec<String>,
    /// When.
    pub given_at: DateTime<Utc>,
    /// Last sign-in there.
    pub last_used_at: Option<DateTime<Utc>>,
    /// Sign-ins there.
    pub uses: u64,
}

impl Federation {
    /// What the caller agreed to, oldest first.
    pub async fn own_consents(&self, party: &Party) -> Result<Vec<ConsentCard>> {
        let db = self.0.store.db();
        let rows = oidc_consent::of_account(db, &party.account).await?;
        let ids: Vec<String> = rows.iter().map(|row| row.client_id.clone()).collect();
        let clients = oidc_client::find_many(db, &ids).await?;
        let names: HashMap<String, String> =
            clients.into_iter().map(|client| (client.id, client.name)).collect();
        let card = |row: oidc_consent::OidcConsent| ConsentCard {
            client_name: names.get(&row.client_id).cloned().unwrap_or_default(),
            scopes: row.scope.split_whitespace().map(str::to_owned).collect(),
            uses: row.uses.unsigned_abs(),
            id: row.id,
            client_id: row.client_id,
            given_at: row.given_at,
            last_used_at: row.last_used_at,
        };
        Ok(rows.into_iter().map(card).collect())
    }

    /// Take a consent back: every token the client holds for the caller ends at once.
    pub async fn withdraw_consent(&self, party: &Party, id: &str) -> Result<()> {
        let transaction = self.0.store.transaction().await?;
        let own = oidc_consent::of_account(&transaction, &party.account).await?;
        let found =
            own.into_iter().find(|row| row.id == id).ok_or_else(|| Error::not_found("consent", id))?;
        oidc_consent::delete(&transaction, &party.account, &found.client_id).await?;
        let ended = oidc_token::end_of_person(&transaction, &party.account, &found.client_id).await?;
        let body = json!({ "client": found.client_id, "tokens": ended });
        let entry = entry("federation.withdraw", &party.account, &party.account, body);
        self.0.evidence.record_in(&transaction, entry).await?;
        Ok(transaction.commit().await?)
    }

    /// Where a person goes after signing out on behalf of a client (OpenID Connect RP-Initiated Logout 1.0 §2): only to
    /// an address that the client registered for it, exactly; `None` for the portal.
    pub async fn farewell(
        &self,
        site: &Site,
        client_id: Option<&str>,
        id_token_hint: Option<&str>,
        address: Option<&str>,
        state: Option<&str>,
    ) -> Result<Option<String>> {
        let Some(address) = address else { return Ok(None) };
        let hinted = match id_token_hint {
            Some(hint) => self.audience_of(site, hint).await?,
            None => None,
        };
        let id = match (client_id, &hinted) {
            (Some(named), Some(hinted)) if named != hinted => return Ok(None),
            (Some(named), _) => named,
            (None, Some(hinted)) => hinted,
            (None, None) => return Ok(None),
        };
        let Some(client) = self.active_client(id).await? else { return Ok(None) };
        if !texts(&client.logout_uris).iter().any(|registered| registered == address) {
            return Ok(None);
        }
        let fields: Vec<(&str, &str)> = state.map(|state| ("state", state)).into_iter().collect();
        Ok(with_query(address, &fields).map(String::from))
    }

    /// Client that an identity token of ours was for; it may have ended long ago.
    async fn audience_of(&self, site: &Site, hint: &str) -> Result<Option<String>> {
        let keys = self.own_keys().await?;
        let Ok(claims) = id_token::verified(hint, &keys, &[Algorithm::ES256]) else { return Ok(None) };
        let ours = claims.get("iss").and_then(Value::as_str) == Some(site.origin());
        Ok(claims.get("aud").and_then(Value::as_str).filter(|_| ours).map(str::to_owned))
    }
}
