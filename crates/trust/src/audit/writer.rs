//! The one writer: records that wait together share a commit, and batches of them are anchored in the evidence log.
//!
//! A record that somebody waits for is refused when it cannot be written, and so is what it would have allowed. The
//! end of an access that nobody waits for is kept and tried again.

use std::collections::VecDeque;
use std::sync::PoisonError;
use std::time::Duration;

use brain_store::audit::{self as rows, BatchRow, RecordRow};
use brain_verifier::merkle::Frontier;
use brain_verifier::{Hash, HashAlgorithm};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use tokio::sync::oneshot;

use super::record::{datasets_of, digest_of};
use super::{Audit, MARK_BYTES, RECORDS, root_text};
use crate::evidence::time_text;
use crate::{Error, EvidenceEntry, Result};

/// Records of one shared commit.
const TOGETHER_MAX: usize = 500;
/// Records that may wait; beyond it, accesses are refused.
const WAITING_MAX: usize = 20_000;
/// Records read at once when the tail is taken up again.
const READ_AT_ONCE: u64 = 1_000;
/// Pause before records that could not be written are tried again.
const RETRY: Duration = Duration::from_secs(1);

/// What became of a record.
pub(crate) type Written = Result<()>;

struct Waiting {
    row: RecordRow,
    done: Option<oneshot::Sender<Written>>,
}

/// Records on their way.
#[derive(Default)]
pub(crate) struct Queue(std::sync::Mutex<VecDeque<Waiting>>);

impl Queue {
    fn locked(&self) -> std::sync::MutexGuard<'_, VecDeque<Waiting>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> Vec<Waiting> {
        let mut queue = self.locked();
        let together = queue.len().min(TOGETHER_MAX);
        queue.drain(..together).collect()
    }

    /// Those nobody waits for go back to the front, in order.
    fn put_back(&self, left: Vec<Waiting>) {
        let mut queue = self.locked();
        left.into_iter().rev().for_each(|waiting| queue.push_front(waiting));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.locked().is_empty()
    }
}

/// A record that is written and not anchored.
#[derive(Debug, Clone)]
pub(crate) struct Unanchored {
    pub(crate) seq: i64,
    pub(crate) digest: Hash,
    at: DateTime<Utc>,
    exchange: bool,
}

/// Where the log of records ends.
#[derive(Debug, Default)]
pub(crate) struct End {
    pub(crate) next_seq: i64,
    pub(crate) unanchored: Vec<Unanchored>,
    next_batch: i64,
    previous: Option<String>,
    /// A commit failed: what the database holds is read again before anything is written.
    uncertain: bool,
}

impl End {
    pub(crate) async fn load(store: &brain_store::Store, algorithm: HashAlgorithm) -> Result<Self> {
        let batch = rows::last_batch(store.db()).await?;
        let mut end = Self {
            next_seq: batch.as_ref().map_or(0, |batch| batch.last_seq + 1),
            next_batch: batch.as_ref().map_or(0, |batch| batch.number + 1),
            previous: batch.map(|batch| batch.root),
            ..Self::default()
        };
        loop {
            let found = rows::records_from(store.db(), end.next_seq, READ_AT_ONCE).await?;
            for row in &found {
                end.take(row, digest_of(algorithm, row)?);
            }
            if (found.len() as u64) < READ_AT_ONCE {
                return Ok(end);
            }
        }
    }

    fn take(&mut self, row: &RecordRow, digest: Hash) {
        self.next_seq = row.seq + 1;
        self.unanchored.push(Unanchored {
            seq: row.seq,
            digest,
            at: row.recorded_at,
            exchange: row.exchange,
        });
    }
}

impl Audit {
    /// Hand a record to the writer; the receiver learns when it is on disk, or that it is not.
    pub(crate) fn submit(&self, row: RecordRow) -> Result<oneshot::Receiver<Written>> {
        let (done, waiting) = oneshot::channel();
        {
            let mut queue = self.0.queue.locked();
            if queue.len() >= WAITING_MAX {
                return Err(Error::audit_unavailable("too many records wait"));
            }
            queue.push_back(Waiting { row, done: Some(done) });
        }
        self.0.wake.notify_one();
        Ok(waiting)
    }

    /// Hand a record to the writer that nobody waits for. It is kept until it is written.
    pub(crate) fn submit_later(&self, row: RecordRow) {
        {
            let mut queue = self.0.queue.locked();
            if queue.len() >= WAITING_MAX {
                // Only refusals can pile up like this while nothing can be written: nothing was handed out.
                tracing::error!(
                    access = row.access,
                    outcome = row.outcome,
                    "too many audit records wait; one is lost"
                );
                return;
            }
            queue.push_back(Waiting { row, done: None });
        }
        self.0.wake.notify_one();
    }

    /// Write everything that waits now. A failure leaves what nobody waits for waiting.
    pub(crate) async fn flush(&self) -> Result<()> {
        let mut end = self.0.end.lock().await;
        while !self.0.queue.is_empty() {
            self.write_some(&mut end).await?;
        }
        Ok(())
    }

    async fn write_some(&self, end: &mut End) -> Result<()> {
        let batch = self.0.queue.take();
        let (rows, waiting): (Vec<RecordRow>, Vec<_>) =
            batch.into_iter().map(|waiting| (waiting.row, waiting.done)).unzip();
        let written = self.commit(end, rows.clone()).await;
        let Err(error) = written else {
            for done in waiting.into_iter().flatten() {
                // Whoever stopped waiting does not want to know.
                drop(done.send(Ok(())));
            }
            return Ok(());
        };
        tracing::error!(%error, records = rows.len(), "audit records could not be written; accesses are refused");
        end.uncertain = true;
        let said = error.to_string();
        let mut left = Vec::new();
        for (row, done) in rows.into_iter().zip(waiting) {
            match done {
                Some(done) => drop(done.send(Err(Error::audit_unavailable(&said)))),
                None => left.push(Waiting { row, done: None }),
            }
        }
        self.0.queue.put_back(left);
        Err(Error::audit_unavailable(&said))
    }

    async fn commit(&self, end: &mut End, mut records: Vec<RecordRow>) -> Result<()> {
        let algorithm = self.0.evidence.algorithm();
        if end.uncertain {
            *end = End::load(&self.0.store, algorithm).await?;
            records = self.not_there_yet(records).await?;
        }
        let mut digests = Vec::with_capacity(records.len());
        let mut datasets = Vec::new();
        for (seq, row) in (end.next_seq..).zip(&mut records) {
            row.seq = seq;
            let digest = digest_of(algorithm, row)?;
            row.digest = digest.as_bytes().to_vec();
            datasets.extend(datasets_of(row)?);
            digests.push(digest);
        }
        let transaction = self.0.store.transaction().await?;
        rows::append(&transaction, records.clone(), datasets).await?;
        transaction.commit().await?;
        for (row, digest) in records.iter().zip(digests) {
            end.take(row, digest);
        }
        self.0.news.notify_one();
        Ok(())
    }

    /// After a commit whose outcome is unknown: what arrived after all is not written twice.
    async fn not_there_yet(&self, records: Vec<RecordRow>) -> Result<Vec<RecordRow>> {
        let mut left = Vec::with_capacity(records.len());
        for row in records {
            let there = rows::of_access(self.0.store.db(), &row.access).await?;
            if !there.iter().any(|other| other.phase == row.phase) {
                left.push(row);
            }
        }
        Ok(left)
    }

    /// Anchor every record that is written, in batches.
    pub async fn anchor(&self) -> Result<()> {
        self.flush().await?;
        let mut end = self.0.end.lock().await;
        while !end.unanchored.is_empty() {
            self.anchor_batch(&mut end).await?;
        }
        Ok(())
    }

    async fn anchor_batch(&self, end: &mut End) -> Result<()> {
        if end.uncertain {
            *end = End::load(&self.0.store, self.0.evidence.algorithm()).await?;
        }
        let together = end.unanchored.len().min(self.0.options.batch_records as usize);
        let (Some(first), Some(last)) =
            (end.unanchored.first(), end.unanchored.get(together.saturating_sub(1)))
        else {
            return Ok(());
        };
        let (first_seq, last_seq) = (first.seq, last.seq);
        let records = end.unanchored.get(..together).unwrap_or_default();
        let root = root_of(self.0.evidence.algorithm(), records.iter().map(|record| record.digest));
        let times = || records.iter().map(|record| record.at);
        let (first_at, last_at) = (times().min().unwrap_or_default(), times().max().unwrap_or_default());
        let marks: String = records
            .iter()
            .map(|record| {
                let bytes = record.digest.as_bytes();
                brain_verifier::hash::hex(bytes.get(..MARK_BYTES).unwrap_or_default())
            })
            .collect();
        let body = json!({
            "batch": end.next_batch, "first": first_seq, "last": last_seq,
            "from": time_text(first_at), "to": time_text(last_at),
            "root": root_text(&root), "previous": end.previous, "marks": marks,
        });
        let entry = EvidenceEntry {
            kind: "audit.batch".to_owned(),
            actor: "system".to_owned(),
            subject: RECORDS.to_owned(),
            body,
        };
        let exchange = records.iter().any(|record| record.exchange);
        let transaction = self.0.store.transaction().await?;
        let evidence_seq = self.0.evidence.record_in(&transaction, entry).await?;
        let batch = BatchRow {
            number: end.next_batch,
            first_seq,
            last_seq,
            first_at,
            last_at,
            exchange,
            root: root_text(&root),
            evidence_seq: i64::try_from(evidence_seq).unwrap_or(i64::MAX),
        };
        let written = async {
            rows::insert_batch(&transaction, batch).await?;
            transaction.commit().await
        };
        if let Err(error) = written.await {
            end.uncertain = true;
            return Err(error.into());
        }
        end.unanchored.drain(..together);
        end.next_batch += 1;
        end.previous = Some(root_text(&root));
        Ok(())
    }

    /// Whether a batch is full or old enough.
    fn is_due(&self, end: &End) -> bool {
        let Some(oldest) = end.unanchored.first() else { return false };
        let age = TimeDelta::seconds(self.0.options.batch_seconds.into());
        end.unanchored.len() >= self.0.options.batch_records as usize || self.0.store.now() - oldest.at >= age
    }

    /// Write and anchor for as long as the node runs.
    pub(crate) async fn keep_writing(self) {
        let interval = Duration::from_secs(self.0.options.batch_seconds.into());
        loop {
            // Anchored in time also when nothing new comes.
            drop(tokio::time::timeout(interval, self.0.wake.notified()).await);
            if self.flush().await.is_err() {
                tokio::time::sleep(RETRY).await;
                // What was kept is tried again even when nothing new comes.
                self.0.wake.notify_one();
                continue;
            }
            let due = self.is_due(&*self.0.end.lock().await);
            if due && let Err(error) = self.anchor().await {
                tracing::warn!(%error, "audit records could not be anchored; trying again");
            }
        }
    }
}

/// Merkle root over digests (RFC 9162, 2.1.1).
pub(crate) fn root_of(algorithm: HashAlgorithm, digests: impl Iterator<Item = Hash>) -> Hash {
    let mut tree = Frontier::new(algorithm);
    digests.for_each(|digest| tree.push(digest));
    tree.root()
}
