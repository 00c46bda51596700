//! Who decides: the owner, whom the owner asked to stand in, and the security administrator where no firm owns it.

use brain_kernel::party::{Party, Role};
use brain_kernel::uscc::Uscc;
use brain_store::access_request::{AccessRequestFilter, AccessRequestRow};
use brain_store::delegation::{self as delegations, DelegationRow};
use brain_store::{Page, PageRequest, account};
use chrono::{DateTime, SubsecRound as _, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::state::State;
use super::{RequestCard, Requests};
use crate::identity::is_security_administrator;
use crate::{Error, EvidenceEntry, Result};

/// Longest delegation, days.
const DELEGATION_DAYS_MAX: i64 = 366;
/// Owner of what no firm owns, as requests for it are delegated.
const NODE: &str = "node";

/// A delegation to be given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDelegation {
    /// User name of who decides in the owner's place.
    pub delegate: String,
    /// Last instant it holds.
    pub until: DateTime<Utc>,
}

/// A delegation as people see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DelegationCard {
    /// Stable id.
    pub id: String,
    /// Owner whose requests are decided.
    pub owner: String,
    /// Account that decides.
    pub delegate: String,
    /// Its name.
    pub delegate_name: String,
    /// Account that delegated.
    pub given_by: String,
    /// When.
    pub given_at: DateTime<Utc>,
    /// Last instant it holds.
    pub until: DateTime<Utc>,
    /// When it was taken back.
    pub revoked_at: Option<DateTime<Utc>>,
}

/// The one whose requests `owner`'s are: a firm by its code, otherwise the node.
pub(super) fn deciding(owner: &str) -> &str {
    if Uscc::parse(owner).is_ok() { owner } else { NODE }
}

/// The three administrators do not do each other's work: the security administrator's stays among those of its role,
/// and a firm's goes to nobody who runs or audits the node.
fn check_delegate(owner: &str, role: &str) -> Result<()> {
    let role = Role::from_name(role).ok_or(Error::Corrupt { field: "account.role" })?;
    let fits = if owner == NODE {
        role == Role::SecurityAdministrator
    } else {
        !Role::ADMINISTRATORS.contains(&role)
    };
    if fits {
        return Ok(());
    }
    Err(Error::invalid(
        "delegate",
        "安全管理员只能委托另一名安全管理员；企业只能委托业务账号。",
        "A security administrator delegates to another one only; a firm delegates to working accounts only.",
    ))
}

/// The owner for which an account decides by itself.
fn own_authority(actor: &Party) -> Option<String> {
    if is_security_administrator(actor) {
        return Some(NODE.to_owned());
    }
    actor.organisation.as_ref().map(|code| code.as_str().to_owned())
}

impl Requests {
    /// Whether an account may decide a request. Never its own.
    pub(super) async fn may_decide(&self, actor: &Party, row: &AccessRequestRow) -> Result<bool> {
        if row.requester == actor.account {
            return Ok(false);
        }
        Ok(self.authorities(actor).await?.contains(&row.owner))
    }

    pub(super) async fn require_authority(&self, actor: &Party, row: &AccessRequestRow) -> Result<()> {
        if self.may_decide(actor, row).await? {
            return Ok(());
        }
        if row.requester == actor.account || is_security_administrator(actor) {
            return Err(Error::NotOwner { owner: row.owner.clone() });
        }
        // Whoever may not see it does not learn that it exists.
        Err(Error::not_found("request", &row.id))
    }

    /// Owners in whose name an account decides now.
    async fn authorities(&self, actor: &Party) -> Result<Vec<String>> {
        let now = self.0.store.now();
        let held = delegations::held_by(self.0.store.db(), &actor.account, now).await?;
        Ok(own_authority(actor).into_iter().chain(held.into_iter().map(|row| row.owner)).collect())
    }

    /// Requests an account may decide, newest first.
    pub async fn inbox(
        &self,
        actor: &Party,
        state: Option<State>,
        page: PageRequest,
    ) -> Result<Page<RequestCard>> {
        let filter = AccessRequestFilter {
            owners: Some(self.authorities(actor).await?),
            not_requester: Some(actor.account.clone()),
            state: state.map(|state| state.name().to_owned()),
            ..AccessRequestFilter::default()
        };
        self.listed(actor, &filter, page).await
    }

    /// Let another account decide for one's owner until a day.
    pub async fn delegate(&self, actor: &Party, new: NewDelegation) -> Result<DelegationCard> {
        let owner = own_authority(actor).ok_or_else(|| Error::NotOwner { owner: NODE.to_owned() })?;
        let now = self.0.store.now();
        let until = new.until.trunc_subsecs(6);
        if until <= now || until > now + TimeDelta::days(DELEGATION_DAYS_MAX) {
            return Err(Error::invalid(
                "until",
                format!("委托期限须在今后 {DELEGATION_DAYS_MAX} 天以内。"),
                format!("A delegation must end within {DELEGATION_DAYS_MAX} days from now."),
            ));
        }
        let transaction = self.0.store.transaction().await?;
        let username = new.delegate.trim().to_lowercase();
        let delegate = account::find_by_username(&transaction, &username)
            .await?
            .filter(|found| !found.disabled && found.id != actor.account)
            .ok_or_else(|| Error::not_found("account", &username))?;
        check_delegate(&owner, &delegate.role)?;
        let row = DelegationRow {
            id: self.0.store.new_id(),
            owner,
            delegate: delegate.id,
            given_by: actor.account.clone(),
            given_at: now,
            valid_until: until,
            revoked_at: None,
        };
        delegations::insert(&transaction, row.clone()).await?;
        let entry = EvidenceEntry {
            kind: "request.delegate".to_owned(),
            actor: actor.account.clone(),
            subject: row.id.clone(),
            body: json!({ "owner": row.owner, "delegate": row.delegate, "until": until }),
        };
        self.0.evidence.record_in(&transaction, entry).await?;
        transaction.commit().await?;
        self.delegation_card(row).await
    }

    /// Delegations one's owner gave, newest first.
    pub async fn delegations(&self, actor: &Party, page: PageRequest) -> Result<Page<DelegationCard>> {
        let owner = own_authority(actor).ok_or_else(|| Error::NotOwner { owner: NODE.to_owned() })?;
        let Page { items, total, page, page_size } =
            delegations::list(self.0.store.db(), Some(&owner), page).await?;
        let mut cards = Vec::with_capacity(items.len());
        for row in items {
            cards.push(self.delegation_card(row).await?);
        }
        Ok(Page { items: cards, total, page, page_size })
    }

    /// Take a delegation back.
    pub async fn end_delegation(&self, actor: &Party, id: &str) -> Result<()> {
        let transaction = self.0.store.transaction().await?;
        delegations::find(&transaction, id)
            .await?
            .filter(|row| own_authority(actor).as_ref() == Some(&row.owner))
            .ok_or_else(|| Error::not_found("delegation", id))?;
        delegations::revoke(&transaction, id, self.0.store.now()).await?;
        let entry = EvidenceEntry {
            kind: "request.undelegate".to_owned(),
            actor: actor.account.clone(),
            subject: id.to_owned(),
            body: json!({}),
        };
        self.0.evidence.record_in(&transaction, entry).await?;
        Ok(transaction.commit().await?)
    }

    async fn delegation_card(&self, row: DelegationRow) -> Result<DelegationCard> {
        let found = account::find(self.0.store.db(), &row.delegate).await?;
        Ok(DelegationCard {
            delegate_name: found.map_or_else(|| row.delegate.clone(), |account| account.display_name),
            id: row.id,
            owner: row.owner,
            delegate: row.delegate,
            given_by: row.given_by,
            given_at: row.given_at,
            until: row.valid_until,
            revoked_at: row.revoked_at,
        })
    }
}
