//! Appending: in the transaction of the act, or on its own; those on their own that come together share one commit.

use std::collections::HashMap;
use std::sync::atomic::Ordering;

use brain_store::evidence::personal::{self, PersonalRow, SaltRow};
use brain_store::evidence::{self as rows, LeafRow, reference};
use brain_store::{Transaction, setting};
use brain_verifier::bundle::salted;
use brain_verifier::{Hash, HashAlgorithm};
use tokio::sync::oneshot;

use super::entry::{self, NewEntry};
use super::reference as derived;
use super::{Evidence, REFERENCED, stored};
use crate::{Error, Result, keys};

/// Entries of one shared commit.
const TOGETHER_MAX: usize = 1_000;
/// Entries that are given their references in one go.
const BATCH: u64 = 1_000;

/// Entries that wait for the next shared commit.
#[derive(Default)]
pub(crate) struct Waiting {
    queue: std::sync::Mutex<Vec<(NewEntry, oneshot::Sender<Result<u64>>)>>,
    // Whoever holds this commits for everybody who waits.
    turn: tokio::sync::Mutex<()>,
}

impl Waiting {
    fn push(&self, entry: NewEntry) -> oneshot::Receiver<Result<u64>> {
        let (done, waiting) = oneshot::channel();
        self.queue.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((entry, done));
        waiting
    }

    fn take(&self) -> Vec<(NewEntry, oneshot::Sender<Result<u64>>)> {
        let mut queue = self.queue.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let together = queue.len().min(TOGETHER_MAX);
        let rest = queue.split_off(together);
        std::mem::replace(&mut *queue, rest)
    }
}

impl Evidence {
    /// Record an entry on its own; its position. It is on disk when this returns. Entries recorded at the same time
    /// share a commit, so that many callers are not slower than one.
    pub async fn record(&self, entry: impl Into<NewEntry>) -> Result<u64> {
        let entry = entry.into();
        // A bad entry is refused here, before it could spoil the commit of others.
        entry.check()?;
        let mut waiting = self.0.waiting.push(entry);
        loop {
            let turn = self.0.waiting.turn.lock().await;
            if let Ok(done) = waiting.try_recv() {
                return done;
            }
            let batch = self.0.waiting.take();
            if batch.is_empty() {
                // Taken by somebody whose commit has ended: the answer is on its way.
                drop(turn);
                return waiting.await.map_err(|_| Error::Corrupt { field: "evidence queue" })?;
            }
            // A caller that goes away must not take the entries of others with it.
            let evidence = self.clone();
            let work = tokio::spawn(async move { evidence.commit_together(batch).await });
            drop(work.await);
        }
    }

    async fn commit_together(&self, batch: Vec<(NewEntry, oneshot::Sender<Result<u64>>)>) {
        let (entries, waiting): (Vec<NewEntry>, Vec<_>) = batch.into_iter().unzip();
        let alone = entries.len() == 1;
        let outcome = async {
            let transaction = self.0.store.transaction().await?;
            let first = self.record_all_in(&transaction, entries.clone()).await?;
            transaction.commit().await?;
            Ok(first)
        };
        match outcome.await {
            Ok(first) => {
                for (seq, done) in (first..).zip(waiting) {
                    // Whoever stopped waiting does not want to know.
                    drop(done.send(Ok(seq)));
                }
            }
            Err(error) if alone => {
                let done = waiting.into_iter().next();
                drop(done.map(|done| done.send(Err(error))));
            }
            Err(error) => {
                // One entry the store refuses must not refuse the others: each once more, alone.
                tracing::warn!(%error, "a shared commit of evidence failed; committing one by one");
                for (entry, done) in entries.into_iter().zip(waiting) {
                    drop(done.send(self.record_alone(entry).await));
                }
            }
        }
    }

    async fn record_alone(&self, entry: NewEntry) -> Result<u64> {
        let transaction = self.0.store.transaction().await?;
        let seq = self.record_in(&transaction, entry).await?;
        transaction.commit().await?;
        Ok(seq)
    }

    /// Record an entry in the transaction of the act itself: both happen or neither; its position.
    ///
    /// Appends are put in order by a lock on the tree's edge that lasts until the transaction ends; so record last and
    /// commit at once.
    pub async fn record_in(&self, transaction: &Transaction, entry: impl Into<NewEntry>) -> Result<u64> {
        self.record_all_in(transaction, vec![entry.into()]).await
    }

    /// Record several entries at once, in order; the position of the first.
    pub async fn record_all_in<E: Into<NewEntry>>(
        &self,
        transaction: &Transaction,
        entries: Vec<E>,
    ) -> Result<u64> {
        let now = self.0.store.now();
        let mut tree = self.tree(transaction).await?;
        let first = tree.size();
        let mut leaves = Vec::with_capacity(entries.len());
        let mut references = Vec::new();
        let mut values = Vec::new();
        let mut salts = HashMap::new();
        for entry in entries {
            let entry: NewEntry = entry.into();
            entry.check()?;
            let seq = tree.size() as i64;
            let mut digests: Vec<Hash> = Vec::with_capacity(entry.personal.len());
            for value in &entry.personal {
                let salt = self.salt(transaction, &mut salts, &value.of).await?;
                let salt = entry_salt(self.0.algorithm, &salt, seq);
                digests.push(salted(self.0.algorithm, salt.as_bytes(), &value.field, &value.value));
                values.push(PersonalRow {
                    seq,
                    field: value.field.clone(),
                    subject: value.of.clone(),
                    value: value.value.clone(),
                });
            }
            let about_people: Vec<String> = entry.personal.iter().map(|value| value.of.clone()).collect();
            let entry = about_people.into_iter().fold(entry, NewEntry::about).compose(digests);
            let found = derived::of(&entry.kind, &entry.actor, &entry.subject, &entry.body);
            references.extend(found.into_iter().map(|reference| reference::ReferenceRow { reference, seq }));
            let row = entry::to_row(self.0.algorithm, entry, seq, now)?;
            tree.push(
                Hash::from_slice(&row.leaf_hash)
                    .ok_or(Error::Corrupt { field: "evidence_leaf.leaf_hash" })?,
            );
            leaves.push(row);
        }
        self.note_grown(leaves.len() as u64);
        if !leaves.is_empty() {
            rows::append(transaction, leaves, stored(&tree)).await?;
            reference::add(transaction, references).await?;
            personal::add(transaction, values).await?;
        }
        Ok(first)
    }

    async fn salt(
        &self,
        transaction: &Transaction,
        known: &mut HashMap<String, Vec<u8>>,
        subject: &str,
    ) -> Result<Vec<u8>> {
        if let Some(salt) = known.get(subject) {
            return Ok(salt.clone());
        }
        let fresh = SaltRow {
            subject: subject.to_owned(),
            salt: keys::random::<32>()?.to_vec(),
            created_at: self.0.store.now(),
        };
        let salt = personal::salt(transaction, fresh).await?.salt;
        known.insert(subject.to_owned(), salt.clone());
        Ok(salt)
    }

    fn note_grown(&self, count: u64) {
        let before = self.0.unsigned.fetch_add(count, Ordering::Relaxed);
        if before + count >= u64::from(self.0.options.sign_every) {
            self.0.busy.notify_one();
        }
    }

    /// Give entries of older versions their references, once.
    pub(crate) async fn reference_older_entries(&self) -> Result<()> {
        if setting::get::<bool>(self.0.store.db(), REFERENCED).await?.unwrap_or(false) {
            return Ok(());
        }
        let transaction = self.0.store.transaction().await?;
        let mut from = 0;
        loop {
            let batch = rows::leaves_from(&transaction, from, BATCH).await?;
            let Some(last) = batch.last() else { break };
            from = last.seq + 1;
            let references = batch.iter().map(references_of).collect::<Result<Vec<_>>>()?;
            reference::add(&transaction, references.into_iter().flatten().collect()).await?;
        }
        setting::set(&transaction, REFERENCED, &true, self.0.store.now()).await?;
        Ok(transaction.commit().await?)
    }
}

/// Salt of one entry, made of the person's: showing it opens this entry and no other.
pub(crate) fn entry_salt(algorithm: HashAlgorithm, salt: &[u8], seq: i64) -> Hash {
    algorithm.digest(&[&[0x03], salt, &seq.to_be_bytes()])
}

/// The references a stored entry must have.
pub(crate) fn references_of(row: &LeafRow) -> Result<Vec<reference::ReferenceRow>> {
    let body = serde_json::from_str(&row.body).map_err(|_| Error::Corrupt { field: "evidence_leaf.body" })?;
    let found = derived::of(&row.kind, &row.actor, &row.subject, &body);
    let row_of = |reference| reference::ReferenceRow { reference, seq: row.seq };
    Ok(found.into_iter().map(row_of).collect())
}
