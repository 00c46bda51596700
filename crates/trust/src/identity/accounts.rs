//! Making, listing and closing accounts.

use brain_kernel::party::{Party, Role};
use brain_kernel::region::RegionCode;
use brain_kernel::uscc::Uscc;
use brain_store::account::{self, Account};
use brain_store::{Page, PageRequest, Transaction, session};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Identity, party_of, require_role};
use crate::{Error, EvidenceEntry, Result, Secret, password};

/// Names tried for a first administrator when ordinary accounts hold the usual one.
const USERNAME_ATTEMPTS_MAX: u32 = 100;
/// Longest user name and display name, in characters.
const NAME_CHARACTERS_MAX: usize = 64;

/// An account to be made.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// Name to sign in with: letters, digits, `.`, `_`, `-`, `@`; case does not matter.
    pub username: String,
    /// Name to show.
    pub display_name: String,
    /// What it may be.
    pub role: Role,
    /// Organisation it acts for; required for [`Role::Enterprise`].
    pub organisation: Option<Uscc>,
    /// Region it answers for.
    pub region: Option<RegionCode>,
    /// First password.
    pub password: Secret,
    /// Whether the first password must be changed at first sign-in.
    pub must_change_password: bool,
}

/// An account as administrators see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccountCard {
    /// Stable id.
    pub id: String,
    /// Name to sign in with.
    pub username: String,
    /// Name to show.
    pub display_name: String,
    /// What it may be.
    pub role: Role,
    /// Organisation it acts for.
    pub organisation: Option<Uscc>,
    /// Region it answers for.
    pub region: Option<RegionCode>,
    /// Whether it may sign in.
    pub disabled: bool,
    /// Whether its password must be changed.
    pub must_change_password: bool,
    /// No sign-in before this instant.
    pub locked_until: Option<DateTime<Utc>>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Last good sign-in.
    pub last_sign_in_at: Option<DateTime<Utc>>,
}

impl AccountCard {
    fn of(account: Account) -> Result<Self> {
        let party = party_of(&account)?;
        Ok(Self {
            id: account.id,
            username: account.username,
            display_name: account.display_name,
            role: party.role,
            organisation: party.organisation,
            region: party.region,
            disabled: account.disabled,
            must_change_password: account.must_change_password,
            locked_until: account.locked_until,
            created_at: account.created_at,
            last_sign_in_at: account.last_sign_in_at,
        })
    }
}

impl Identity {
    /// Make an account; one of an administrator or auditor stays closed until [`approve_account`](Self::approve_account),
    /// so that nobody makes himself a second administrator. System administrators only.
    pub async fn create_account(&self, actor: &Party, new: NewAccount) -> Result<AccountCard> {
        require_role(actor, Role::SystemAdministrator)?;
        password::check(new.password.expose(), &new.username).map_err(Error::WeakPassword)?;
        let closed = new.role.is_administrator();
        self.insert_account(&actor.account, new, closed).await
    }

    /// Accounts by user name. The separated administrators only.
    pub async fn accounts(&self, actor: &Party, page: PageRequest) -> Result<Page<AccountCard>> {
        if !actor.role.is_administrator() {
            require_role(actor, Role::SystemAdministrator)?;
        }
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
            session::delete_of_account(&transaction, id).await?;
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

    /// Replace a forgotten password by one for one use, ending the account's sessions. System administrators only.
    pub async fn reset_password(&self, actor: &Party, id: &str) -> Result<Secret> {
        require_role(actor, Role::SystemAdministrator)?;
        let once = password::one_time()?;
        let hash = self.0.hasher.hash(&once).await?;
        let transaction = self.0.store.transaction().await?;
        account::find(&transaction, id).await?.ok_or_else(|| Error::not_found("account", id))?;
        account::set_password(&transaction, id, &hash, true, self.0.store.now()).await?;
        session::delete_of_account(&transaction, id).await?;
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

    async fn insert_account(&self, actor: &str, new: NewAccount, disabled: bool) -> Result<AccountCard> {
        let username = checked_username(&new.username)?;
        let display_name = checked_display_name(&new.display_name)?;
        if new.role == Role::Enterprise && new.organisation.is_none() {
            return Err(Error::invalid(
                "organisation",
                "企业用户须填写所属企业的统一社会信用代码。",
                "An enterprise account needs the credit code (USCC) of its organisation.",
            ));
        }
        let password_hash = self.0.hasher.hash(&new.password).await?;
        let transaction = self.0.store.transaction().await?;
        if account::find_by_username(&transaction, &username).await?.is_some() {
            return Err(Error::UsernameTaken(username));
        }
        let now = self.0.store.now();
        let account = Account {
            id: self.0.store.new_id(),
            username: username.clone(),
            display_name,
            role: new.role.name().to_owned(),
            organisation: new.organisation.map(|code| code.to_string()),
            region: new.region.map(|code| code.to_string()),
            password_hash,
            must_change_password: new.must_change_password,
            disabled,
            failed_sign_ins: 0,
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
            "role": account.role,
            "organisation": account.organisation,
            "region": account.region,
            "awaits_approval": account.disabled,
        });
        self.commit_with(transaction, "account.create", actor, &account.id, body).await?;
        AccountCard::of(account)
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
        let entry = EvidenceEntry {
            kind: kind.to_owned(),
            actor: actor.to_owned(),
            subject: subject.to_owned(),
            body,
        };
        self.0.evidence.record_in(&transaction, entry).await?;
        Ok(transaction.commit().await?)
    }
}

fn checked_username(name: &str) -> Result<String> {
    let name = name.trim().to_lowercase();
    let length = name.chars().count();
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '@');
    if (2..=NAME_CHARACTERS_MAX).contains(&length) && name.chars().all(allowed) {
        return Ok(name);
    }
    Err(Error::invalid(
        "username",
        format!("用户名须为 2 至 {NAME_CHARACTERS_MAX} 个字符，只含文字、数字和 . _ - @。"),
        format!("A user name has 2 to {NAME_CHARACTERS_MAX} characters: letters, digits and . _ - @."),
    ))
}

fn checked_display_name(name: &str) -> Result<String> {
    let name = name.trim();
    if (1..=NAME_CHARACTERS_MAX).contains(&name.chars().count()) && !name.chars().any(char::is_control) {
        return Ok(name.to_owned());
    }
    Err(Error::invalid(
        "display_name",
        format!("显示名称须为 1 至 {NAME_CHARACTERS_MAX} 个字符。"),
        format!("A display name has 1 to {NAME_CHARACTERS_MAX} characters."),
    ))
}
