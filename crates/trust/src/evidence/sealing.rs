//! Heads: at each checkpoint the tiles are brought up to it, the root is computed from what the entries say now, and
//! only a log that continues what was last signed is signed again.
//!
//! The last signed checkpoint is kept in a file beside the keys, outside the database. A database that was put back or
//! rewritten does not continue it; then nothing more is signed until an operator accepts the break on the record.

use std::path::PathBuf;

use brain_store::Store;
use brain_store::evidence::{self as rows, checkpoint::CheckpointRow};
use brain_verifier::merkle::Frontier;
use brain_verifier::{Checkpoint, Hash, HashAlgorithm, SignedCheckpoint, VerifierKey};

use super::entry::hash_of;
use super::legacy_head::LegacyHead;
use super::signing::EvidenceKeys;
use super::tiles::{TileEdge, TileFolder};
use crate::{Error, Result};

/// File beside the keys with the last signed checkpoint.
pub(crate) const KEPT_FILE: &str = "evidence-checkpoint.txt";
/// What version 0.1 kept there.
const LEGACY_KEPT_FILE: &str = "evidence-head.json";
/// Entries read at a time.
const BATCH: u64 = 1_000;

/// What was last signed, as the file outside the database says.
#[derive(Debug, Clone)]
pub(crate) enum Kept {
    /// A checkpoint.
    Note(Box<SignedCheckpoint>),
    /// A head of version 0.1.
    Legacy(LegacyHead),
}

impl Kept {
    pub(crate) fn size(&self) -> u64 {
        match self {
            Self::Note(note) => note.checkpoint.size,
            Self::Legacy(head) => head.size,
        }
    }

    pub(crate) fn root(&self) -> Hash {
        match self {
            Self::Note(note) => note.checkpoint.root,
            Self::Legacy(head) => head.root,
        }
    }

    pub(crate) fn is_signed_by(&self, keys: &[VerifierKey]) -> bool {
        match self {
            Self::Note(note) => note.is_signed_by(keys),
            Self::Legacy(head) => head.is_signed_by(keys),
        }
    }
}

/// Signs heads of one log; one at a time.
pub(crate) struct Sealer {
    store: Store,
    origin: String,
    algorithm: HashAlgorithm,
    tiles: TileFolder,
    keys_dir: PathBuf,
    state: Option<State>,
}

struct State {
    edge: TileEdge,
    signed: Option<SignedCheckpoint>,
    contradicted: Option<u64>,
}

impl Sealer {
    pub(crate) fn new(
        store: Store,
        origin: String,
        algorithm: HashAlgorithm,
        tiles: TileFolder,
        keys_dir: PathBuf,
    ) -> Self {
        Self { store, origin, algorithm, tiles, keys_dir, state: None }
    }

    /// Size of what was last signed by this process.
    pub(crate) fn signed_size(&self) -> Option<u64> {
        self.state.as_ref()?.signed.as_ref().map(|note| note.checkpoint.size)
    }

    /// The signed checkpoint of the log as it is now.
    pub(crate) async fn seal(
        &mut self,
        keys: &EvidenceKeys,
        known: &[VerifierKey],
    ) -> Result<SignedCheckpoint> {
        let sealed = self.seal_now(keys, known).await;
        // A write that failed may have left the edge ahead of the files; begin again from what is kept.
        if sealed.as_ref().is_err_and(|error| !matches!(error, Error::EvidenceContradicted { .. })) {
            self.state = None;
        }
        sealed
    }

    async fn seal_now(&mut self, keys: &EvidenceKeys, known: &[VerifierKey]) -> Result<SignedCheckpoint> {
        if self.state.is_none() {
            self.state = Some(self.load(known).await?);
        }
        let frontier = rows::frontier(self.store.db()).await?;
        let Some(state) = &mut self.state else { return Err(Error::Corrupt { field: "evidence" }) };
        if let Some(seq) = state.contradicted {
            return Err(Error::EvidenceContradicted { seq });
        }
        let target =
            u64::try_from(frontier.size).map_err(|_| Error::Corrupt { field: "evidence_frontier" })?;
        if let Some(signed) = state.signed.as_ref().filter(|note| note.checkpoint.size == target) {
            return Ok(signed.clone());
        }
        if let Err(seq) =
            advance(&self.store, self.algorithm, &self.tiles, &mut state.edge, target, true).await?
        {
            tracing::error!(seq, "an evidence entry is not what was recorded; no head is signed");
            state.contradicted = Some(seq);
            return Err(Error::EvidenceContradicted { seq });
        }
        if super::stored(&state.edge.frontier()) != frontier {
            tracing::error!(
                size = target,
                "the evidence frontier is not that of the entries; no head is signed"
            );
            state.contradicted = Some(target);
            return Err(Error::EvidenceContradicted { seq: target });
        }
        let now = self.store.now();
        let signed = keys.sign(Checkpoint {
            origin: self.origin.clone(),
            size: target,
            root: state.edge.root(),
            algorithm: self.algorithm,
            time: u64::try_from(now.timestamp_micros()).ok(),
        })?;
        self.write_edge()?;
        let row = CheckpointRow {
            size: frontier.size,
            root: signed.checkpoint.root.to_string(),
            note: signed.note(),
            signed_at: now,
        };
        rows::checkpoint::insert_checkpoint(self.store.db(), row).await?;
        self.keep(&signed)?;
        if let Some(state) = &mut self.state {
            state.signed = Some(signed.clone());
        }
        Ok(signed)
    }

    /// Put the kept checkpoint aside, so that the log as it is now is signed from here on; the note put aside.
    pub(crate) fn accept(&mut self) -> Result<Option<String>> {
        let path = self.keys_dir.join(KEPT_FILE);
        let failed = |cause| Error::EvidenceFile { path: path.display().to_string(), cause };
        let note = match std::fs::read_to_string(&path) {
            Ok(note) => Some(note),
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => None,
            Err(cause) => return Err(failed(cause)),
        };
        if note.is_some() {
            let aside = format!("evidence-checkpoint.contradicted-{}.txt", self.store.now().timestamp());
            std::fs::rename(&path, self.keys_dir.join(aside)).map_err(failed)?;
        }
        self.state = None;
        Ok(note)
    }

    fn write_edge(&self) -> Result<()> {
        let Some(state) = &self.state else { return Ok(()) };
        for (address, hashes) in state.edge.partial() {
            let failed =
                |cause| Error::EvidenceFile { path: self.tiles.path(address).display().to_string(), cause };
            self.tiles.write(address, hashes, true).map_err(failed)?;
        }
        Ok(())
    }

    fn keep(&self, signed: &SignedCheckpoint) -> Result<()> {
        let path = self.keys_dir.join(KEPT_FILE);
        let failed = |cause| Error::EvidenceFile { path: path.display().to_string(), cause };
        brain_crypto::replace_private_file(&path, signed.note().as_bytes()).map_err(failed)?;
        let legacy = self.keys_dir.join(LEGACY_KEPT_FILE);
        if legacy.exists() {
            std::fs::remove_file(&legacy)
                .and_then(|()| brain_durable::sync_folder(&self.keys_dir))
                .map_err(failed)?;
        }
        Ok(())
    }

    /// Begin where the kept checkpoint ends, if the log still leads there.
    async fn load(&self, known: &[VerifierKey]) -> Result<State> {
        let fresh = |edge| State { edge, signed: None, contradicted: None };
        let stopped = |seq| State { contradicted: Some(seq), ..fresh(TileEdge::new(self.algorithm)) };
        let kept = match self.kept() {
            Ok(None) => return Ok(fresh(TileEdge::new(self.algorithm))),
            Ok(Some(kept)) if kept.is_signed_by(known) => kept,
            _ => {
                tracing::error!(
                    file = KEPT_FILE,
                    "the kept checkpoint is damaged or not ours; no head is signed"
                );
                return Ok(stopped(0));
            }
        };
        let found = rows::frontier(self.store.db()).await?.size.max(0) as u64;
        if found < kept.size() {
            tracing::error!(kept = kept.size(), found, "the evidence log is shorter than what was signed");
            return Ok(stopped(found));
        }
        let signed = match &kept {
            Kept::Note(note) => Some((**note).clone()),
            Kept::Legacy(_) => None,
        };
        if let Some(edge) = self.tiles.edge(kept.size()).ok().filter(|edge| edge.root() == kept.root()) {
            return Ok(State { signed, ..fresh(edge) });
        }
        tracing::info!(size = kept.size(), "making the tiles of the evidence log anew");
        let mut edge = TileEdge::new(self.algorithm);
        let read = advance(&self.store, self.algorithm, &self.tiles, &mut edge, kept.size(), false).await?;
        if read.is_err() || edge.root() != kept.root() {
            let seq = read.err().unwrap_or_default();
            tracing::error!(kept = kept.size(), "the evidence log does not continue what was signed");
            return Ok(stopped(seq));
        }
        Ok(State { signed, ..fresh(edge) })
    }

    /// What the file beside the keys says; an error when it cannot be understood.
    pub(crate) fn kept(&self) -> Result<Option<Kept>> {
        read_kept(&self.keys_dir)
    }
}

/// What the file beside the keys says.
pub(crate) fn read_kept(keys_dir: &std::path::Path) -> Result<Option<Kept>> {
    let unreadable = || Error::Corrupt { field: KEPT_FILE };
    let read = |name: &str| match std::fs::read_to_string(keys_dir.join(name)) {
        Ok(text) => Ok(Some(text)),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(_) => Err(unreadable()),
    };
    if let Some(note) = read(KEPT_FILE)? {
        let note = SignedCheckpoint::parse(&note).ok_or_else(unreadable)?;
        return Ok(Some(Kept::Note(Box::new(note))));
    }
    let Some(json) = read(LEGACY_KEPT_FILE)? else { return Ok(None) };
    Ok(Some(Kept::Legacy(serde_json::from_str(&json).map_err(|_| unreadable())?)))
}

/// Read entries from the store onto `edge` until it has `target` leaves, writing full tiles. The inner error is the
/// first entry that is missing or is not what its hash says.
async fn advance(
    store: &Store,
    algorithm: HashAlgorithm,
    tiles: &TileFolder,
    edge: &mut TileEdge,
    target: u64,
    durable: bool,
) -> Result<std::result::Result<(), u64>> {
    if edge.size() > target {
        return Ok(Err(target));
    }
    while edge.size() < target {
        let wanted = BATCH.min(target - edge.size());
        let batch = rows::leaves_from(store.db(), edge.size() as i64, wanted).await?;
        for row in &batch {
            let good = row.seq as u64 == edge.size();
            let hash =
                hash_of(algorithm, row).ok().filter(|hash| good && hash.as_bytes()[..] == row.leaf_hash[..]);
            let Some(hash) = hash else { return Ok(Err(edge.size())) };
            let mut written = Ok(());
            edge.push(hash, |address, hashes| {
                let failed =
                    |cause| Error::EvidenceFile { path: tiles.path(address).display().to_string(), cause };
                if written.is_ok() {
                    written = tiles.write(address, &hashes, durable).map_err(failed);
                }
            });
            written?;
        }
        if (batch.len() as u64) < wanted {
            return Ok(Err(edge.size()));
        }
    }
    Ok(Ok(()))
}

/// The edge a frontier has, for comparing what is stored with what is computed.
pub(crate) fn restored(algorithm: HashAlgorithm, row: &rows::FrontierRow) -> Result<Frontier> {
    let peaks: Option<Vec<Hash>> = row.peaks.chunks(32).map(Hash::from_slice).collect();
    let size = u64::try_from(row.size).ok();
    size.zip(peaks)
        .and_then(|(size, peaks)| Frontier::restore(algorithm, size, peaks))
        .ok_or(Error::Corrupt { field: "evidence_frontier" })
}
