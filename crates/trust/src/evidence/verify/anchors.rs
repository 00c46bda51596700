//! Signed heads a log is held against: those in the store, smallest first, and those kept outside of it.

use std::collections::VecDeque;
use std::path::Path;

use brain_store::Store;
use brain_store::evidence::{self as rows, checkpoint::CheckpointRow};
use brain_verifier::{Hash, SignedCheckpoint, VerifierKey};

use super::Problem;
use crate::Result;
use crate::evidence::legacy_head::LegacyHead;
use crate::evidence::sealing::read_kept;

/// Heads read at a time.
const BATCH: u64 = 1_000;

/// A signed head.
pub(super) struct Anchor {
    size: u64,
    root: Option<Hash>,
    signed: bool,
    /// Whether it comes from the store.
    pub(super) stored: bool,
}

impl Anchor {
    /// What is wrong with it or with the log that has `root` at its size.
    pub(super) fn judge(&self, root: Hash) -> Option<Problem> {
        if !self.signed || self.root.is_none() {
            Some(Problem::BadSignature)
        } else if self.root != Some(root) {
            Some(Problem::Rewritten)
        } else {
            None
        }
    }

    pub(super) fn of_note(note: &SignedCheckpoint, signed: bool) -> Self {
        let said = &note.checkpoint;
        Self { size: said.size, root: Some(said.root), signed, stored: false }
    }

    /// The checkpoint kept beside the keys. One that cannot be understood is one that cannot be believed.
    pub(super) fn kept(keys_dir: &Path, keys: &[VerifierKey]) -> Option<Self> {
        match read_kept(keys_dir) {
            Ok(kept) => kept.map(|kept| Self {
                size: kept.size(),
                root: Some(kept.root()),
                signed: kept.is_signed_by(keys),
                stored: false,
            }),
            Err(_) => Some(Self { size: 0, root: None, signed: false, stored: false }),
        }
    }

    fn of_row(row: &CheckpointRow, keys: &[VerifierKey]) -> Self {
        let note = SignedCheckpoint::parse(&row.note);
        let note = note.filter(|note| note.checkpoint.size as i64 == row.size);
        let root = note.as_ref().map(|note| note.checkpoint.root).filter(|root| root.to_string() == row.root);
        let signed = note.is_some_and(|note| note.is_signed_by(keys));
        Self { size: row.size.max(0) as u64, root, signed, stored: true }
    }

    fn of_legacy(head: &LegacyHead, keys: &[VerifierKey]) -> Self {
        Self { size: head.size, root: Some(head.root), signed: head.is_signed_by(keys), stored: true }
    }
}

/// Heads in order of size, read in batches while the entries stream by.
pub(super) struct Anchors {
    waiting: VecDeque<Anchor>,
    outside: Vec<Anchor>,
    keys: Vec<VerifierKey>,
    read_up_to: u64,
    // The tree size beyond which heads are of entries appended after we began.
    until: u64,
}

impl Anchors {
    pub(super) fn new(mut outside: Vec<Anchor>, keys: Vec<VerifierKey>, until: u64) -> Self {
        outside.sort_by_key(|anchor| std::cmp::Reverse(anchor.size));
        Self { waiting: VecDeque::new(), outside, keys, read_up_to: 0, until }
    }

    /// Size of the largest head there is.
    pub(super) fn largest(&self) -> u64 {
        self.outside.first().map_or(0, |anchor| anchor.size).max(self.until)
    }

    /// The next head of a tree of exactly this size.
    pub(super) async fn next_at(&mut self, store: &Store, size: u64) -> Result<Option<Anchor>> {
        if self.outside.last().is_some_and(|anchor| anchor.size == size) {
            return Ok(self.outside.pop());
        }
        if self.waiting.is_empty() && self.read_up_to <= self.until {
            self.read(store).await?;
        }
        Ok(if self.waiting.front().is_some_and(|anchor| anchor.size == size) {
            self.waiting.pop_front()
        } else {
            None
        })
    }

    async fn read(&mut self, store: &Store) -> Result<()> {
        let from = self.read_up_to as i64;
        let notes = rows::checkpoint::checkpoints_from(store.db(), from, BATCH).await?;
        let legacy = rows::heads_from(store.db(), from, BATCH).await?;
        // Where one of the two was cut off, the other must not run ahead of it.
        let cut = |full: bool, last: Option<i64>| if full { last.unwrap_or(i64::MAX) } else { i64::MAX };
        let end = cut(notes.len() as u64 == BATCH, notes.last().map(|row| row.size))
            .min(cut(legacy.len() as u64 == BATCH, legacy.last().map(|row| row.size)));
        let mut found: Vec<Anchor> =
            notes.iter().filter(|row| row.size <= end).map(|row| Anchor::of_row(row, &self.keys)).collect();
        for row in legacy.into_iter().filter(|row| row.size <= end) {
            found.push(Anchor::of_legacy(&LegacyHead::from_row(row)?, &self.keys));
        }
        found.sort_by_key(|anchor| anchor.size);
        let drained = end == i64::MAX;
        self.read_up_to = if drained { self.until.saturating_add(1) } else { end as u64 + 1 };
        self.waiting.extend(found);
        Ok(())
    }
}
