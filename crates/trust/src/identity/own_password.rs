//! Changing one's own password (口令): the rules, the history, the age.

use brain_kernel::party::{Party, Role};
use brain_store::account::{self, Account};
use brain_store::password_history::{self, FormerPassword};
use brain_store::{Transaction, session};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::Identity;
use crate::{Error, Result, Secret, password};

impl Identity {
    /// Replace the caller's own password. All its sessions end except `keep_session`.
    pub async fn change_password(
        &self,
        party: &Party,
        old: &Secret,
        new: &Secret,
        keep_session: Option<&str>,
    ) -> Result<()> {
        let account = account::find(self.0.store.db(), &party.account)
            .await?
            .ok_or_else(|| Error::not_found("account", &party.account))?;
        if !self.0.hasher.verify(old, Some(&account.password_hash)).await? {
            return Err(Error::WrongPassword);
        }
        if old.expose() == new.expose() {
            return Err(Error::WeakPassword(password::Weakness::Unchanged));
        }
        password::check(new.expose(), &[&account.username, &account.display_name])
            .map_err(Error::WeakPassword)?;
        let keep = u64::from(self.0.options.password_history);
        for former in password_history::latest(self.0.store.db(), &account.id, keep).await? {
            if self.0.hasher.verify(new, Some(&former.password_hash)).await? {
                return Err(Error::WeakPassword(password::Weakness::UsedBefore));
            }
        }
        let hash = self.0.hasher.hash(new).await?;

        let transaction = self.0.store.transaction().await?;
        self.replace_password(&transaction, &account, &hash, false).await?;
        session::delete_of_account(&transaction, &account.id, keep_session).await?;
        self.commit_with(transaction, "account.password", &account.id, &account.id, json!({})).await
    }

    /// Store another password, keeping the one before in the history.
    pub(super) async fn replace_password(
        &self,
        transaction: &Transaction,
        account: &Account,
        hash: &str,
        must_change: bool,
    ) -> Result<()> {
        let now = self.0.store.now();
        let former = FormerPassword {
            id: self.0.store.new_id(),
            account_id: account.id.clone(),
            password_hash: account.password_hash.clone(),
            replaced_at: now,
        };
        password_history::insert(transaction, former, self.0.options.password_history.into()).await?;
        Ok(account::set_password(transaction, &account.id, hash, must_change, now).await?)
    }

    /// Whether nothing but a change of password is allowed: the first one, a reset one, or an administrator's old one.
    pub(super) fn must_change_password(&self, account: &Account, role: Role, now: DateTime<Utc>) -> bool {
        account.must_change_password || self.password_ends_at(account, role).is_some_and(|end| end <= now)
    }

    /// When an administrator's password grows too old; one whom only a provider vouches for has none.
    pub(super) fn password_ends_at(&self, account: &Account, role: Role) -> Option<DateTime<Utc>> {
        let days = TimeDelta::days(self.0.options.administrator_password_days_max.into());
        let ages = role.is_administrator() && !account.password_hash.is_empty();
        ages.then(|| account.password_changed_at + days)
    }
}
