//! Letting go (保存期限): whole anchored batches whose time is over, and nothing else.

use brain_store::audit::{self as rows, BatchRow, ExpiryRow};
use chrono::TimeDelta;
use serde_json::json;

use super::record::digest_of;
use super::writer::root_of;
use super::{Audit, RECORDS};
use crate::{EvidenceEntry, Result};

/// Batches looked at in one go.
const BATCHES_AT_ONCE: u64 = 500;

impl Audit {
    /// Remove every batch whose time is over; how many records went. A batch that is not what was anchored stays: it is
    /// evidence of what was done to it.
    pub async fn expire(&self) -> Result<u64> {
        let (now, options) = (self.0.store.now(), &self.0.options);
        let before = now - TimeDelta::days(options.days.into());
        let exchange_before = now - TimeDelta::days(options.exchange_days.into());
        let mut gone = 0;
        for batch in rows::batches_before(self.0.store.db(), before, BATCHES_AT_ONCE).await? {
            if batch.exchange && batch.last_at > exchange_before {
                continue;
            }
            if !self.is_as_anchored(&batch).await? {
                tracing::error!(
                    batch = batch.number,
                    "audit records are not what was anchored; they are kept"
                );
                continue;
            }
            gone += self.let_go(batch).await?;
        }
        Ok(gone)
    }

    async fn is_as_anchored(&self, batch: &BatchRow) -> Result<bool> {
        let algorithm = self.0.evidence.algorithm();
        let most = u64::try_from(batch.last_seq - batch.first_seq + 1).unwrap_or_default();
        let records = rows::records_from(self.0.store.db(), batch.first_seq, most).await?;
        let digests = records.iter().map(|row| digest_of(algorithm, row)).collect::<Result<Vec<_>>>()?;
        let root = root_of(algorithm, digests.into_iter()).to_string();
        let anchored = self.0.evidence.entry(batch.evidence_seq.unsigned_abs()).await?;
        Ok(anchored.body.get("root").and_then(serde_json::Value::as_str) == Some(root.as_str())
            && batch.root == root)
    }

    async fn let_go(&self, batch: BatchRow) -> Result<u64> {
        let expiry = ExpiryRow {
            number: batch.number,
            first_seq: batch.first_seq,
            last_seq: batch.last_seq,
            expired_at: self.0.store.now(),
        };
        let entry = EvidenceEntry {
            kind: "audit.expire".to_owned(),
            actor: "system".to_owned(),
            subject: RECORDS.to_owned(),
            body: json!({
                "batch": batch.number, "first": batch.first_seq, "last": batch.last_seq, "root": batch.root,
                "days": self.0.options.days, "exchange": batch.exchange,
            }),
        };
        let transaction = self.0.store.transaction().await?;
        let gone = rows::expire(&transaction, expiry).await?;
        self.0.evidence.record_in(&transaction, entry).await?;
        transaction.commit().await?;
        Ok(gone)
    }
}
