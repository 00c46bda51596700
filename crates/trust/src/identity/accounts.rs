//! Making, listing and closing accounts.

use brain_kernel::party::{Party, Role};
use brain_store::account::{self, Account};
use brain_store::{Page, PageRequest, Transaction, second_factor, session};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::account::{checked_display_name, checked_username, require_organisation};
use super::{AccountCard, AccountKind, Identity, NewAccount, party_of, require_administrator, require_role};
use crate::{Error, EvidenceEntry, Result, Secret, password};

/// Names tried for a first administrator when ordinary accounts hold the usual one.
const USERNAME_ATTEMPTS_MAX: u32 = 100;

/// How well the people's accounts of a node are protected.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccountProtection {
    /// Open accounts of people.
    pub open: u64,
    /// Of them, with a second factor.
    pub with_second_factor: u64,
    /// Open accounts whose role must show one.
    pub required: u64,
    /// Of them, without: they can do nothing before they set one up.
    pub required_without: u64,
    /// Closed accounts of people.
    pub closed: u64,
}

impl Identity {
    /// Counts for reports: no names.
    pub async fn protection(&self) -> Result<AccountProtection> {
        let db = self.0.store.db();
        let protected = second_factor::protected_accounts(db).await?;
        let mut counts = AccountProtection::default();
        for page in 1.. {
            let request = PageRequest::new(page, brain_store::page::PAGE_SIZE_MAX);
            let found = account::list_of_kind(db, AccountKind::Person.name(), request).await?;
            for row in &found.items {
                if row.disabled {
                    counts.closed += 1;
                    continue;
                }
                let has = protected.contains(&row.id);
                let must = Role::from_name(&row.role)
                    .is_some_and(|role| self.0.options.second_factor_required_roles.contains(&role));
                counts.open += 1;
                counts.with_second_factor += u64::from(has);
                counts.required += u64::from(must);
                counts.required_without += u64::from(must && !has);
            }
            if found.items.is_empty() {
                break;
            }
        }
        Ok(counts)
    }

    /// Make an account; one of an administrator or auditor stays closed until [`approve_account`](Self::approve_account),
    /// so that nobody makes himself a second administrator. System administrators only.
    pub async fn create_account(&self, actor: &Party, new: NewAccount) -> Result<AccountCard> {
        require_role(actor, Role::SystemAdministrator)?;
        if new.kind == AccountKind::Service && new.role.is_administrator() {
            return Err(Error::invalid(
                "role",
                "服务账号不能担任管理员或审计员。",
                "A service account is no administrator and no auditor.",
            ));
        }
        if new.kind == AccountKind::Person {
            password::check(new.password.expose(), &[&new.username, &new.display_name])
                .map_err(Error::WeakPassword)?;
        }
        let closed = new.role.is_administrator();
        self.insert_account(&actor.account, new, closed).await
    }

    /// Accounts by user name. The separated administrators only.
    pub async fn accounts(&self, actor: &Party, page: PageRequest) -> Result<Page<AccountCard>> {
        require_administrator(actor)?;
        let Page { items, total, page, page_size } = account::list(self.0.store.db(), page).await?;
        let items = items.into_iter().map(AccountCard::of).collect::<Result<_>>()?;
        Ok(Page { items, total, page, page_size })
    }

    /// One account: one's own, or any for an administrator or auditor.
    pub async fn account(&self, actor: &Party, id: &str) -> Result<AccountCard> {
        let found = if actor.account == id || actor.role.is_administrator() {
            account::find(self.0.store.db(), id).await?
        } else {
            None
        };
        AccountCard::of(found.ok_or_else(|| Error::not_found("account", id))?)
    }

    /// Whom an account acts as now, for what runs in its name while nobody is signed in; `None` where it is closed or gone.
    pub async fn acting_as(&self, id: &str) -> Result<Option<Party>> {
        let found = account::find(self.0.store.db(), id).await?.filter(|account| !account.disabled);
        found.as_ref().map(party_of).transpose()
    }

    /// Close an account, ending its sessions and keys at once, or open it again. System administrators only.
    pub async fn set_disabled(&self, actor: &Party, id: &str, disabled: bool) -> Result<()> {
        require_role(actor, Role::SystemAdministrator)?;
        let transaction = self.0.store.transaction().await?;
        let found = account::find(&transaction, id).await?.ok_or_else(|| Error::not_found("account", id))?;
        let role = party_of(&found)?.role;
        if disabled && !found.disabled && role.is_administrator() {
            // Counted after the change below would be simpler, but then two administrators could close each other.
            if account::count_enabled_with_role(&transaction, role.name()).await? <= 1 {
                return Err(Error::LastAdministrator(role));
            }
        }
        if !disabled && found.disabled && role.is_administrator() {
            return Err(Error::ApprovalNeeded { account: found.id });
        }
        account::set_disabled(&transaction, id, disabled).await?;
        if disabled {
            session::delete_of_account(&transaction, id, None).await?;
        }
        let kind = if disabled { "account.disable" } else { "account.enable" };
        self.commit_with(transaction, kind, &actor.account, id, json!({})).await
    }

    /// Open the closed account of an administrator or auditor: the second pair of eyes on who holds such a role.
    /// Security administrators only.
    pub async fn approve_account(&self, actor: &Party, id: &str) -> Result<()> {
        require_role(actor, Role::SecurityAdministrator)?;
        let transaction = self.0.store.transaction().await?;
        let found = account::find(&transaction, id).await?;
        let waiting = |account: &Account| {
            account.disabled && Role::from_name(&account.role).is_some_and(Role::is_administrator)
        };
        let found = found.filter(waiting).ok_or_else(|| Error::not_found("account awaiting approval", id))?;
        account::set_disabled(&transaction, &found.id, false).await?;
        let body = json!({ "role": found.role });
        self.commit_with(transaction, "account.approve", &actor.account, &found.id, body).await
    }

    /// Open a locked account before its time. Security administrators only.
    pub async fn unlock_account(&self, actor: &Party, id: &str) -> Result<()> {
        require_role(actor, Role::SecurityAdministrator)?;
        let transaction = self.0.store.transaction().await?;
        account::unlock(&transaction, id).await.map_err(|_| Error::not_found("account", id))?;
        self.commit_with(transaction, "account.unlock", &actor.account, id, json!({})).await
    }

    /// Give an account another role, ending its sessions. Security administrators only, never on their own account;
    /// the separated administrators neither become something else nor does anybody become one: no account ever holds
    /// two of these roles, not even one after the other.
    pub async fn set_role(&self, actor: &Party, id: &str, role: Role) -> Result<()> {
        require_role(actor, Role::SecurityAdministrator)?;
        if actor.account == id {
            return Err(Error::OwnAccount);
        }
        let transaction = self.0.store.transaction().await?;
        let found = account::find(&transaction, id).await?.ok_or_else(|| Error::not_found("account", id))?;
        let before = party_of(&found)?;
        if before.role.is_administrator() || role.is_administrator() {
            return Err(Error::invalid(
                "role",
                "管理员与审计员角色不能与其他角色互换：请另建账号。",
                "The roles of administrators and auditors are never exchanged: make another account.",
            ));
        }
        require_organisation(role, before.organisation.as_ref())?;
        account::set_role(&transaction, id, role.name()).await?;
        session::delete_of_account(&transaction, id, None).await?;
        let body = json!({ "from": before.role, "to": role });
        self.commit_with(transaction, "account.role", &actor.account, id, body).await
    }

    /// Replace a forgotten password by one for one use, ending the account's sessions. System administrators only.
    pub async fn reset_password(&self, actor: &Party, id: &str) -> Result<Secret> {
        require_role(actor, Role::SystemAdministrator)?;
        let once = password::one_time()?;
        let hash = self.0.hasher.hash(&once).await?;
        let transaction = self.0.store.transaction().await?;
        let found =
            account::find(&transaction, id).await?.filter(|row| row.kind == AccountKind::Person.name());
        let found = found.ok_or_else(|| Error::not_found("account with a password", id))?;
        self.replace_password(&transaction, &found, &hash, true).await?;
        session::delete_of_account(&transaction, id, None).await?;
        self.commit_with(transaction, "account.password_reset", &actor.account, id, json!({})).await?;
        Ok(once)
    }

    /// The separated administrators of whom there is no account yet: all three at the first start, the two that v0.1
    /// did not know at the first start after the upgrade.
    pub(crate) async fn first_administrators(&self) -> Result<Vec<(AccountCard, Secret)>> {
        let mut made = Vec::new();
        for (role, username) in [
            (Role::SystemAdministrator, "admin"),
            (Role::SecurityAdministrator, "security"),
            (Role::Auditor, "auditor"),
        ] {
            if account::count_with_role(self.0.store.db(), role.name()).await? == 0 {
                made.extend(self.first_administrator(role, username).await?);
            }
        }
        Ok(made)
    }

    async fn first_administrator(&self, role: Role, username: &str) -> Result<Option<(AccountCard, Secret)>> {
        for attempt in 1..=USERNAME_ATTEMPTS_MAX {
            let password = password::one_time()?;
            let username = if attempt == 1 { username.to_owned() } else { format!("{username}{attempt}") };
            let new = NewAccount {
                kind: AccountKind::Person,
                username,
                display_name: role.title().zh,
                role,
                organisation: None,
                region: None,
                password: password.clone(),
                must_change_password: true,
            };
            match self.insert_account("system", new, false).await {
                Ok(card) => return Ok(Some((card, password))),
                // Somebody else has the name, or another process was quicker.
                Err(Error::UsernameTaken(_)) => {}
                Err(error) => return Err(error),
            }
            if account::count_with_role(self.0.store.db(), role.name()).await? > 0 {
                return Ok(None);
            }
        }
        Err(Error::UsernameTaken(username.to_owned()))
    }

    /// Store the account of somebody whom a provider vouches for: without a password, and an administrator's closed
    /// until it is approved, like every other.
    pub(crate) async fn prepare_vouched(
        &self,
        actor: &str,
        new: NewAccount,
    ) -> Result<(Transaction, Account)> {
        let closed = new.role.is_administrator();
        self.prepare_account(actor, new, closed).await
    }

    async fn insert_account(&self, actor: &str, new: NewAccount, disabled: bool) -> Result<AccountCard> {
        let (transaction, account) = self.prepare_account(actor, new, disabled).await?;
        transaction.commit().await?;
        AccountCard::of(account)
    }

    /// Store an account and its evidence in a transaction still open.
    pub(super) async fn prepare_account(
        &self,
        actor: &str,
        new: NewAccount,
        disabled: bool,
    ) -> Result<(Transaction, Account)> {
        let username = checked_username(&new.username)?;
        let display_name = checked_display_name(&new.display_name)?;
        require_organisation(new.role, new.organisation.as_ref())?;
        let password_hash = match new.kind {
            // Somebody whom a provider vouches for has no password either.
            AccountKind::Person if new.password.expose().is_empty() => String::new(),
            AccountKind::Person => self.0.hasher.hash(&new.password).await?,
            // Nothing hashes to nothing: no password opens it.
            AccountKind::Service | AccountKind::Node => String::new(),
        };
        let transaction = self.0.store.transaction().await?;
        if account::find_by_username(&transaction, &username).await?.is_some() {
            return Err(Error::UsernameTaken(username));
        }
        let now = self.0.store.now();
        let account = Account {
            id: self.0.store.new_id(),
            username: username.clone(),
            kind: new.kind.name().to_owned(),
            display_name,
            role: new.role.name().to_owned(),
            organisation: new.organisation.map(|code| code.to_string()),
            region: new.region.map(|code| code.to_string()),
            password_hash,
            must_change_password: new.must_change_password,
            disabled,
            failed_sign_ins: 0,
            lockouts: 0,
            locked_until: None,
            password_changed_at: now,
            created_at: now,
            last_sign_in_at: None,
        };
        let account = match account::insert(&transaction, account).await {
            Err(brain_store::Error::AlreadyExists(_)) => return Err(Error::UsernameTaken(username)),
            other => other?,
        };
        let body = json!({
            "username": account.username,
            "kind": account.kind,
            "role": account.role,
            "organisation": account.organisation,
            "region": account.region,
            "awaits_approval": account.disabled,
        });
        self.record(&transaction, "account.create", actor, &account.id, body).await?;
        Ok((transaction, account))
    }

    async fn record(
        &self,
        transaction: &Transaction,
        kind: &str,
        actor: &str,
        subject: &str,
        body: serde_json::Value,
    ) -> Result<()> {
        let entry = EvidenceEntry {
            kind: kind.to_owned(),
            actor: actor.to_owned(),
            subject: subject.to_owned(),
            body,
        };
        self.0.evidence.record_in(transaction, entry).await.map(drop)
    }

    /// Record the evidence of an act and make both durable.
    pub(super) async fn commit_with(
        &self,
        transaction: Transaction,
        kind: &str,
        actor: &str,
        subject: &str,
        body: serde_json::Value,
    ) -> Result<()> {
        self.record(&transaction, kind, actor, subject, body).await?;
        Ok(transaction.commit().await?)
    }
}
