//! Which account here somebody at a provider is (账号关联): made by the person, or by the system administrator and then
//! approved by the security administrator.

use brain_kernel::party::{Party, Role};
use brain_store::account;
use brain_store::federated_link::{self, FederatedLink};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::options::ProviderOptions;
use super::provider::Provider;
use super::{Federation, entry};
use crate::identity::{party_of, require_role};
use crate::{Error, Result};

/// `made_by` of a link made by the owner of the account.
const BY_OWNER: &str = "own";
/// `made_by` of the link of an account that was made at the first sign-in.
pub(super) const BY_PROVIDER: &str = "provider";
/// Longest subject (OpenID Connect Core 1.0 §2).
const SUBJECT_BYTES_MAX: usize = 255;

/// A link as people see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LinkCard {
    /// Stable id.
    pub id: String,
    /// Account here.
    pub account: String,
    /// Provider by its name in the configuration.
    pub provider: String,
    /// Who it is there.
    pub subject: String,
    /// Whether the provider made the account: then it also says role and organisation.
    pub made_account: bool,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Whether it may be used; one made by an administrator waits for the security administrator.
    pub approved: bool,
    /// Last sign-in.
    pub last_used_at: Option<DateTime<Utc>>,
}

impl Federation {
    /// The caller's own links, oldest first.
    pub async fn own_links(&self, party: &Party) -> Result<Vec<LinkCard>> {
        let rows = federated_link::of_account(self.0.store.db(), &party.account).await?;
        Ok(rows.into_iter().map(card).collect())
    }

    /// Links of an account. The separated administrators only.
    pub async fn links_of(&self, actor: &Party, account_id: &str) -> Result<Vec<LinkCard>> {
        if !actor.role.is_administrator() {
            require_role(actor, Role::SystemAdministrator)?;
        }
        let rows = federated_link::of_account(self.0.store.db(), account_id).await?;
        Ok(rows.into_iter().map(card).collect())
    }

    pub(super) async fn link_own(
        &self,
        party: &Party,
        provider: &Provider,
        subject: &str,
    ) -> Result<LinkCard> {
        let now = self.0.store.now();
        let link = self.new_link(&party.account, &provider.options, subject, BY_OWNER, Some(now));
        self.insert_link(&party.account, link).await
    }

    /// Link an account to somebody at a provider. System administrators only; it waits for
    /// [`approve_link`](Self::approve_link), so that nobody gets into an account alone.
    pub async fn link(
        &self,
        actor: &Party,
        account_id: &str,
        provider: &str,
        subject: &str,
    ) -> Result<LinkCard> {
        require_role(actor, Role::SystemAdministrator)?;
        let provider = self.provider(provider)?;
        let subject = subject.trim();
        if subject.is_empty() || subject.len() > SUBJECT_BYTES_MAX || subject.chars().any(char::is_control) {
            return Err(Error::invalid(
                "subject",
                format!("外部身份编号须为 1 至 {SUBJECT_BYTES_MAX} 字节。"),
                format!("The subject has 1 to {SUBJECT_BYTES_MAX} bytes."),
            ));
        }
        let found = account::find(self.0.store.db(), account_id).await?;
        let person = found.filter(|row| row.kind == crate::AccountKind::Person.name());
        let person = person.ok_or_else(|| Error::not_found("account", account_id))?;
        allowed(&provider.options, party_of(&person)?.role)?;
        let link = self.new_link(&person.id, &provider.options, subject, &actor.account, None);
        self.insert_link(&actor.account, link).await
    }

    /// Let a link that an administrator made be used. Security administrators only, never for their own account.
    pub async fn approve_link(&self, actor: &Party, id: &str) -> Result<()> {
        require_role(actor, Role::SecurityAdministrator)?;
        let transaction = self.0.store.transaction().await?;
        let found = federated_link::find_by_id(&transaction, id).await?;
        let waiting = found.filter(|link| link.approved_at.is_none());
        let waiting = waiting.ok_or_else(|| Error::not_found("link awaiting approval", id))?;
        if waiting.account_id == actor.account {
            return Err(Error::OwnAccount);
        }
        federated_link::approve(&transaction, &waiting.id, self.0.store.now()).await?;
        let body = json!({ "link": waiting.id, "provider": waiting.provider });
        let entry = entry("federation.approve", &actor.account, &waiting.account_id, body);
        self.0.evidence.record_in(&transaction, entry).await?;
        Ok(transaction.commit().await?)
    }

    /// Remove one of the caller's own links. The one that made the account stays: nothing else opens it.
    pub async fn unlink_own(&self, party: &Party, id: &str) -> Result<()> {
        let own = |link: &FederatedLink| link.account_id == party.account && link.made_by != BY_PROVIDER;
        self.unlink(&party.account, id, own).await
    }

    /// Remove a link of any account. System administrators only.
    pub async fn unlink_any(&self, actor: &Party, id: &str) -> Result<()> {
        require_role(actor, Role::SystemAdministrator)?;
        self.unlink(&actor.account, id, |_| true).await
    }

    async fn unlink(&self, actor: &str, id: &str, fits: impl Fn(&FederatedLink) -> bool) -> Result<()> {
        let transaction = self.0.store.transaction().await?;
        let found = federated_link::find_by_id(&transaction, id).await?.filter(fits);
        let link = found.ok_or_else(|| Error::not_found("link", id))?;
        federated_link::delete(&transaction, &link.id).await?;
        let body = json!({ "link": link.id, "provider": link.provider });
        let entry = entry("federation.unlink", actor, &link.account_id, body);
        self.0.evidence.record_in(&transaction, entry).await?;
        Ok(transaction.commit().await?)
    }

    fn new_link(
        &self,
        account_id: &str,
        options: &ProviderOptions,
        subject: &str,
        made_by: &str,
        approved_at: Option<DateTime<Utc>>,
    ) -> FederatedLink {
        FederatedLink {
            id: self.0.store.new_id(),
            account_id: account_id.to_owned(),
            provider: options.id.clone(),
            issuer: options.issuer.clone(),
            subject: subject.to_owned(),
            made_by: made_by.to_owned(),
            created_at: self.0.store.now(),
            approved_at,
            last_used_at: None,
        }
    }

    async fn insert_link(&self, actor: &str, link: FederatedLink) -> Result<LinkCard> {
        let transaction = self.0.store.transaction().await?;
        let provider = link.provider.clone();
        let link = match federated_link::insert(&transaction, link).await {
            // Whose it is already, is nobody's business.
            Err(brain_store::Error::AlreadyExists(_)) => return Err(Error::LinkTaken { provider }),
            other => other?,
        };
        let body =
            json!({ "link": link.id, "provider": link.provider, "approved": link.approved_at.is_some() });
        let entry = entry("federation.link", actor, &link.account_id, body);
        self.0.evidence.record_in(&transaction, entry).await?;
        transaction.commit().await?;
        Ok(card(link))
    }
}

/// A provider vouches only for roles that the operator gave it.
pub(super) fn allowed(options: &ProviderOptions, role: Role) -> Result<()> {
    if options.roles.contains(&role) {
        return Ok(());
    }
    Err(Error::VouchingRefused {
        provider: options.id.clone(),
        reason: format!("it may not vouch for the role {}", role.name()),
    })
}

fn card(row: FederatedLink) -> LinkCard {
    LinkCard {
        id: row.id,
        account: row.account_id,
        provider: row.provider,
        subject: row.subject,
        made_account: row.made_by == BY_PROVIDER,
        created_at: row.created_at,
        approved: row.approved_at.is_some(),
        last_used_at: row.last_used_at,
    }
}
