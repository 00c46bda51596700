//! What time ends: sessions, and accounts that nobody uses.

use brain_store::{account, session};
use chrono::TimeDelta;
use serde_json::json;

use super::{Identity, party_of};
use crate::Result;

impl Identity {
    /// Forget sessions that have ended by themselves; how many there were.
    pub async fn sweep(&self) -> Result<u64> {
        let now = self.0.store.now();
        let longest = self.0.options.session_idle_minutes.max(self.0.options.administrator_idle_minutes);
        let idle_before = now - TimeDelta::minutes(longest.into());
        let transaction = self.0.store.transaction().await?;
        let ended = session::delete_expired(&transaction, now, idle_before).await?;
        transaction.commit().await?;
        Ok(ended)
    }

    /// Close accounts of people who have not signed in for the time the options name; how many there were. The last
    /// open account of each kind of administrator stays: a node that nobody can run is worse than a stale account.
    pub async fn close_stale_accounts(&self) -> Result<u64> {
        let days = self.0.options.stale_account_days;
        let before = self.0.store.now() - TimeDelta::days(days.into());
        let mut closed = 0;
        for stale in account::unused_since(self.0.store.db(), before).await? {
            let transaction = self.0.store.transaction().await?;
            let role = party_of(&stale)?.role;
            let last = role.is_administrator()
                && account::count_enabled_with_role(&transaction, role.name()).await? <= 1;
            if last {
                transaction.rollback().await?;
                tracing::warn!(account = %stale.id, days, "the last account of its kind is stale and stays open");
                continue;
            }
            account::set_disabled(&transaction, &stale.id, true).await?;
            session::delete_of_account(&transaction, &stale.id, None).await?;
            let body = json!({ "days": days, "last_sign_in_at": stale.last_sign_in_at });
            self.commit_with(transaction, "account.stale", "system", &stale.id, body).await?;
            closed += 1;
        }
        Ok(closed)
    }
}
