//! How often datasets are used (热度), counted from the audit records.

use crate::Result;
use crate::handle::Inner;
use brain_store::audit;
use chrono::Days;
use std::collections::BTreeMap;

/// Days over which uses are counted.
const DAYS: u64 = 90;
/// Most records of accesses that are counted, newest first.
const RECORDS_MAX: i64 = 1_000_000;

impl Inner {
    /// Accesses of each dataset in the last [`DAYS`] days; those that were refused count as well, for they were wanted.
    pub(crate) async fn uses(&self) -> Result<BTreeMap<String, u64>> {
        let Some(first) = self.first_counted().await? else { return Ok(BTreeMap::new()) };
        let counted = audit::uses_from(self.store.db(), first).await?;
        Ok(counted.into_iter().map(|(name, uses)| (name, u64::try_from(uses).unwrap_or_default())).collect())
    }

    /// The same of one dataset.
    pub(crate) async fn uses_of(&self, name: &str) -> Result<u64> {
        match self.first_counted().await? {
            Some(first) => Ok(audit::uses_of(self.store.db(), name, first).await?),
            None => Ok(0),
        }
    }

    async fn first_counted(&self) -> Result<Option<i64>> {
        let db = self.store.db();
        let since = self.clock.now().checked_sub_days(Days::new(DAYS)).unwrap_or_default();
        let Some(first) = audit::first_since(db, since).await? else { return Ok(None) };
        Ok(Some(first.max(audit::next_seq(db).await? - RECORDS_MAX)))
    }
}
