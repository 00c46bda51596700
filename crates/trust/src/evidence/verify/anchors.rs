//! Signed heads a log is held against: those in the store, smallest first, and those kept outside of it.

use std::collections::VecDeque;
use std::path::Path;

use brain_store::Store;
use brain_store::evidence::{self as rows, checkpoint::CheckpointRow};
use brain_verifier::{Hash, SignedCheckpoint, VerifierKey};

use super::Problem;
use super::remembered::{HeadsDigest, Remembered};
use crate::Result;
use crate::evidence::legacy_head::LegacyHead;
use crate::evidence::sealing::read_kept;

/// Heads read at a time.
const BATCH: u64 = 1_000;

/// A signed head.
#[derive(Clone)]
pub(super) struct Anchor {
    size: u64,
    root: Option<Hash>,
    signed: bool,
    /// Whether it comes from the store.
    pub(super) stored: bool,
    /// Whether it is taken to be one whose signatures were good before.
    pub(super) known: bool,
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
        Self { size: said.size, root: Some(said.root), signed, stored: false, known: false }
    }

    /// The checkpoint kept beside the keys. One that cannot be understood is one that cannot be believed.
    pub(super) fn kept(keys_dir: &Path, keys: &[VerifierKey]) -> Option<Self> {
        match read_kept(keys_dir) {
            Ok(kept) => kept.map(|kept| Self {
                size: kept.size(),
                root: Some(kept.root()),
                signed: kept.is_signed_by(keys),
                stored: false,
                known: false,
            }),
            Err(_) => Some(Self { size: 0, root: None, signed: false, stored: false, known: false }),
        }
    }

    fn of_row(row: &CheckpointRow, keys: &[VerifierKey], known: bool) -> Self {
        let note = SignedCheckpoint::parse(&row.note);
        let note = note.filter(|note| note.checkpoint.size as i64 == row.size);
        let root = note.as_ref().map(|note| note.checkpoint.root).filter(|root| root.to_string() == row.root);
        let signed = note.is_some_and(|note| known || note.is_signed_by(keys));
        Self { size: row.size.max(0) as u64, root, signed, stored: true, known }
    }

    fn of_legacy(head: &LegacyHead, keys: &[VerifierKey]) -> Self {
        let signed = head.is_signed_by(keys);
        Self { size: head.size, root: Some(head.root), signed, stored: true, known: false }
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
    digest: HeadsDigest,
    // Heads taken to be good already; whether they turned out to be those.
    remembered: Option<Remembered>,
    agreed: bool,
}

impl Anchors {
    pub(super) fn new(
        mut outside: Vec<Anchor>,
        keys: Vec<VerifierKey>,
        until: u64,
        remembered: Option<Remembered>,
    ) -> Self {
        outside.sort_by_key(|anchor| std::cmp::Reverse(anchor.size));
        let digest = HeadsDigest::new(&keys);
        let waiting = VecDeque::new();
        Self { waiting, outside, keys, read_up_to: 0, until, digest, remembered, agreed: false }
    }

    /// Whether heads were taken to be good that are not those that were: then nothing that was found counts.
    pub(super) fn was_mistaken(&self) -> bool {
        self.remembered.is_some() && !self.agreed
    }

    /// What is known of these heads now that all of them were found good.
    pub(super) fn to_remember(&self) -> Remembered {
        Remembered { size: self.until, digest: self.digest.so_far() }
    }

    /// One head of the store. Those of entries that came after we began are for the next time.
    fn of_row(&mut self, row: &CheckpointRow) -> Anchor {
        let size = row.size.max(0) as u64;
        if size <= self.until {
            self.digest.take(row);
        }
        let remembered = self.remembered.as_ref();
        if remembered.is_some_and(|before| before.size == size) {
            self.agreed = remembered.is_some_and(|before| before.digest == self.digest.so_far());
        }
        Anchor::of_row(row, &self.keys, remembered.is_some_and(|before| size <= before.size))
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
            notes.iter().filter(|row| row.size <= end).map(|row| self.of_row(row)).collect();
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
