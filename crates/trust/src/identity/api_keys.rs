//! Keys for programs.

use brain_kernel::party::{Party, Role};
use brain_store::api_key::{self, ApiKey};
use brain_store::{Page, PageRequest, account};
use chrono::{DateTime, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::scope::{self, Scope};
use super::token::{self, Kind};
use super::{AccountKind, Identity, require_role};
use crate::{Error, Result, Secret};

/// Hours an old key may work on after its rotation.
const ROTATION_GRACE_HOURS_MAX: u32 = 7 * 24;
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
    /// What it may be used for.
    pub scopes: Vec<Scope>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it stops working.
    pub expires_at: DateTime<Utc>,
    /// Last use, to about half a minute.
    pub last_used_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
}

impl ApiKeyCard {
    fn of(key: ApiKey) -> Result<Self> {
        Ok(Self {
            scopes: scope::split(&key.scopes)?,
            id: key.id,
            account: key.account_id,
            name: key.name,
            created_at: key.created_at,
            expires_at: key.expires_at,
            last_used_at: key.last_used_at,
            revoked_at: key.revoked_at,
        })
    }
}

impl Identity {
    /// Make a key that acts on the caller's own behalf, within `scopes`, until `expires_at`.
    pub async fn create_api_key(
        &self,
        actor: &Party,
        name: &str,
        scopes: Vec<Scope>,
        expires_at: DateTime<Utc>,
    ) -> Result<NewApiKey> {
        self.insert_api_key(&actor.account, &actor.account, name, scopes, expires_at).await
    }

    /// Make a key for a service account. System administrators only.
    pub async fn create_service_key(
        &self,
        actor: &Party,
        account_id: &str,
        name: &str,
        scopes: Vec<Scope>,
        expires_at: DateTime<Utc>,
    ) -> Result<NewApiKey> {
        require_role(actor, Role::SystemAdministrator)?;
        let found = account::find(self.0.store.db(), account_id).await?;
        // Never for a person: whoever holds another's key acts in his name.
        let service = found.filter(|row| row.kind == AccountKind::Service.name());
        let service = service.ok_or_else(|| Error::not_found("service account", account_id))?;
        self.insert_api_key(&actor.account, &service.id, name, scopes, expires_at).await
    }

    /// Make a key with the same name, scopes and length of life in the place of one of the caller's own; the old one
    /// works for `grace_hours` more, so that programs change over without a gap.
    pub async fn rotate_api_key(&self, actor: &Party, id: &str, grace_hours: u32) -> Result<NewApiKey> {
        if grace_hours > ROTATION_GRACE_HOURS_MAX {
            return Err(Error::invalid(
                "grace_hours",
                format!("旧密钥至多再用 {ROTATION_GRACE_HOURS_MAX} 小时。"),
                format!("The old key works for {ROTATION_GRACE_HOURS_MAX} hours more at most."),
            ));
        }
        let now = self.0.store.now();
        let alive = |key: &ApiKey| {
            key.account_id == actor.account && key.revoked_at.is_none() && key.expires_at > now
        };
        let old = api_key::find(self.0.store.db(), id).await?.filter(alive);
        let old = old.ok_or_else(|| Error::not_found("API key", id))?;
        let scopes = scope::split(&old.scopes)?;
        let expires_at = now + (old.expires_at - old.created_at);
        let new = self.insert_api_key(&actor.account, &actor.account, &old.name, scopes, expires_at).await?;
        let transaction = self.0.store.transaction().await?;
        let end = (now + TimeDelta::hours(grace_hours.into())).min(old.expires_at);
        api_key::set_expiry(&transaction, &old.id, end).await?;
        let body = json!({ "replaced_by": new.id, "until": end });
        self.commit_with(transaction, "api_key.rotate", &actor.account, &old.id, body).await?;
        Ok(new)
    }

    async fn insert_api_key(
        &self,
        actor: &str,
        owner: &str,
        name: &str,
        scopes: Vec<Scope>,
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
        let scopes = scope::checked(scopes)?;
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
            account_id: owner.to_owned(),
            name: name.to_owned(),
            scopes: scope::join(&scopes),
            secret_hash,
            created_at: now,
            expires_at,
            last_used_at: None,
            revoked_at: None,
        };
        let key = api_key::insert(&transaction, key).await?;
        let body =
            json!({ "name": key.name, "owner": owner, "scopes": scopes, "expires_at": key.expires_at });
        self.commit_with(transaction, "api_key.create", actor, &key.id, body).await?;
        Ok(NewApiKey { id: key.id, secret, expires_at })
    }

    /// The caller's own keys, or everybody's for a security administrator, newest first.
    pub async fn api_keys(&self, actor: &Party, page: PageRequest) -> Result<Page<ApiKeyCard>> {
        let owner = (actor.role != Role::SecurityAdministrator).then_some(actor.account.as_str());
        let Page { items, total, page, page_size } = api_key::list(self.0.store.db(), owner, page).await?;
        let items = items.into_iter().map(ApiKeyCard::of).collect::<Result<_>>()?;
        Ok(Page { items, total, page, page_size })
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
