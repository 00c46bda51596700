//! Keys for programs.

use brain_kernel::party::{Party, Role};
use brain_store::api_key::{self, ApiKey};
use brain_store::{Page, PageRequest};
use chrono::{DateTime, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Identity;
use super::token::{self, Kind};
use crate::{Error, Result, Secret};

/// Longest name of a key, in characters.
const NAME_CHARACTERS_MAX: usize = 64;

/// A key just made.
#[derive(Debug, Clone)]
pub struct NewApiKey {
    /// Stable id.
    pub id: String,
    /// The key itself; shown once, stored only as a hash.
    pub secret: Secret,
    /// When it stops working.
    pub expires_at: DateTime<Utc>,
}

/// A key as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ApiKeyCard {
    /// Stable id.
    pub id: String,
    /// On whose behalf it acts.
    pub account: String,
    /// What it is for.
    pub name: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it stops working.
    pub expires_at: DateTime<Utc>,
    /// Last use, to about half a minute.
    pub last_used_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
}

impl From<ApiKey> for ApiKeyCard {
    fn from(key: ApiKey) -> Self {
        Self {
            id: key.id,
            account: key.account_id,
            name: key.name,
            created_at: key.created_at,
            expires_at: key.expires_at,
            last_used_at: key.last_used_at,
            revoked_at: key.revoked_at,
        }
    }
}

impl Identity {
    /// Make a key that acts on the caller's own behalf until `expires_at`.
    pub async fn create_api_key(
        &self,
        actor: &Party,
        name: &str,
        expires_at: DateTime<Utc>,
    ) -> Result<NewApiKey> {
        let name = name.trim();
        if !(1..=NAME_CHARACTERS_MAX).contains(&name.chars().count()) {
            return Err(Error::invalid(
                "name",
                format!("密钥名称须为 1 至 {NAME_CHARACTERS_MAX} 个字符。"),
                format!("The name of a key has 1 to {NAME_CHARACTERS_MAX} characters."),
            ));
        }
        let (now, days) = (self.0.store.now(), self.0.options.api_key_days_max);
        if expires_at <= now || expires_at > now + TimeDelta::days(days.into()) {
            return Err(Error::invalid(
                "expires_at",
                format!("有效期须在今后 {days} 天之内。"),
                format!("A key must expire within the next {days} days."),
            ));
        }
        let (secret, secret_hash) = token::fresh(Kind::ApiKey)?;
        let transaction = self.0.store.transaction().await?;
        let key = ApiKey {
            id: self.0.store.new_id(),
            account_id: actor.account.clone(),
            name: name.to_owned(),
            secret_hash,
            created_at: now,
            expires_at,
            last_used_at: None,
            revoked_at: None,
        };
        let key = api_key::insert(&transaction, key).await?;
        let body = json!({ "name": key.name, "expires_at": key.expires_at });
        self.commit_with(transaction, "api_key.create", &actor.account, &key.id, body).await?;
        Ok(NewApiKey { id: key.id, secret, expires_at })
    }

    /// The caller's own keys, or everybody's for a security administrator, newest first.
    pub async fn api_keys(&self, actor: &Party, page: PageRequest) -> Result<Page<ApiKeyCard>> {
        let owner = (actor.role != Role::SecurityAdministrator).then_some(actor.account.as_str());
        Ok(api_key::list(self.0.store.db(), owner, page).await?.map(ApiKeyCard::from))
    }

    /// Stop one of the caller's own keys, or any for a security administrator, from working.
    pub async fn revoke_api_key(&self, actor: &Party, id: &str) -> Result<()> {
        let transaction = self.0.store.transaction().await?;
        let key = api_key::find(&transaction, id).await?.filter(|key| key.revoked_at.is_none());
        let mine =
            |key: &ApiKey| key.account_id == actor.account || actor.role == Role::SecurityAdministrator;
        let key = key.filter(mine).ok_or_else(|| Error::not_found("API key", id))?;
        api_key::revoke(&transaction, &key.id, self.0.store.now()).await?;
        self.commit_with(transaction, "api_key.revoke", &actor.account, &key.id, json!({})).await
    }
}
