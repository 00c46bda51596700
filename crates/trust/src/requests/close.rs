//! What closes by itself: requests nobody decided, and grants whose period is over.

use brain_store::access_request::{self as rows};
use serde_json::json;

use super::state::{State, Step};
use super::{Requests, stepped};
use crate::{Error, Result};

/// Requests closed in one transaction at most.
const BATCH: u64 = 100;

impl Requests {
    /// Close what is overdue; how many. Reads do not wait for it: a grant refuses from its last instant on.
    pub async fn close_overdue(&self) -> Result<u64> {
        let mut closed = 0;
        loop {
            let batch = self.close_some().await?;
            closed += batch;
            if batch < BATCH {
                return Ok(closed);
            }
        }
    }

    async fn close_some(&self) -> Result<u64> {
        let now = self.0.store.now();
        // Looked at before the write lock is taken: most of the time there is nothing to do.
        if rows::overdue(self.0.store.db(), now, 1).await?.is_empty() {
            return Ok(0);
        }
        let transaction = self.0.store.transaction().await?;
        let overdue = rows::overdue(&transaction, now, BATCH).await?;
        let closed = overdue.len() as u64;
        let mut entries = Vec::with_capacity(overdue.len());
        for row in overdue {
            let step = match State::from_name(&row.state) {
                Some(State::Pending) => Step::Expire,
                Some(State::Granted) => Step::End,
                _ => return Err(Error::Corrupt { field: "access_request.state" }),
            };
            let seen = row.revision;
            let (row, entry) = stepped(&self.0.store, row, step, "system", json!({}))?;
            rows::update(&transaction, row, seen).await?;
            entries.push(entry);
        }
        self.0.evidence.record_all_in(&transaction, entries).await?;
        transaction.commit().await?;
        Ok(closed)
    }
}
