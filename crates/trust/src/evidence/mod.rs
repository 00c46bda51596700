//! The evidence log (存证): an append-only Merkle tree over everything that mattered.
//!
//! [`Evidence`] records and reads; `sealing` signs heads, `proof` proves, `verify` checks everything, `peers` asks
//! witnesses, `witness` is one.

mod append;
mod entry;
mod erasure;
mod legacy_head;
mod options;
mod peers;
mod proof;
mod reference;
mod sealing;
mod signing;
pub mod tiles;
mod verify;
mod witness;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use brain_store::evidence::checkpoint::LogRow;
use brain_store::evidence::{self as rows, FrontierRow, LeafFilter, reference as references};
use brain_store::{Page, PageRequest, Store, Transaction, setting};
use brain_verifier::merkle::Frontier;
use brain_verifier::{Hash, HashAlgorithm, KeyKind, SignedCheckpoint, VerifierKey};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, Notify};

use crate::{Error, PeerClient, Result};
use sealing::Sealer;
use signing::EvidenceKeys;
use tiles::TileFolder;

pub use brain_store::evidence::LeafFilter as EntryFilter;
pub use brain_verifier as verifier;
pub use brain_verifier::merkle;
pub(crate) use entry::time_text;
pub use entry::{BODY_BYTES_MAX, EvidenceEntry, NewEntry, PersonalValue, RecordedEntry};
pub use options::{EvidenceOptions, KnownLog, WitnessPeer};
pub use peers::{PeerState, PeerStatus};
pub use proof::{BundleRequest, ConsistencyProof, InclusionProof};
pub use verify::{BadEntry, Problem, Verification, VerifyOptions, WitnessWord};
pub use witness::{AlarmCard, WitnessAnswer, WitnessedLog};

/// Setting that holds every key our checkpoints were ever signed with, as verifier keys.
const KEYS: &str = "evidence.keys";
/// The same of version 0.1: Ed25519 keys, hexadecimal, by key id.
const LEGACY_KEYS: &str = "evidence.public_keys";
/// Setting that says that entries of older versions have their references.
const REFERENCED: &str = "evidence.referenced";

/// A cheap-clone handle to the node's evidence log.
#[derive(Clone)]
pub struct Evidence(Arc<Inner>);

struct Inner {
    store: Store,
    keys: EvidenceKeys,
    origin: String,
    algorithm: HashAlgorithm,
    tiles: TileFolder,
    keys_dir: std::path::PathBuf,
    options: EvidenceOptions,
    // One head is signed at a time.
    sealer: Mutex<Sealer>,
    waiting: append::Waiting,
    // Entries since the last head; a hint, so that a busy log is signed before the next tick.
    unsigned: AtomicU64,
    // Largest checkpoint that witnesses are shown.
    shown_max: AtomicU64,
    busy: Notify,
    peers: peers::Peers,
}

/// The log as its newest checkpoint says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LogHead {
    /// Identity of the log.
    pub origin: String,
    /// Digest of the log.
    pub hash: HashAlgorithm,
    /// Entries in the log.
    pub size: u64,
    /// Root of the Merkle tree.
    pub root: Hash,
    /// When it was signed, UTC.
    pub signed_at: DateTime<Utc>,
    /// The checkpoint as a C2SP signed note, with the lines of witnesses.
    pub note: String,
    /// Keys that signed it.
    pub keys: Vec<VerifierKey>,
    /// Witnesses that counter-signed it.
    pub witnesses: Vec<WitnessMark>,
}

/// That a witness counter-signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WitnessMark {
    /// Name of the witness.
    pub name: String,
    /// Signature algorithm.
    pub algorithm: String,
    /// When the witness signed, UTC.
    pub time: DateTime<Utc>,
}

impl Evidence {
    pub(crate) async fn open(
        store: Store,
        keys_dir: &Path,
        options: EvidenceOptions,
        client: PeerClient,
    ) -> Result<Self> {
        let existing = rows::checkpoint::log(store.db()).await?;
        let named = existing.as_ref().map(|log| log.origin.clone()).or_else(|| options.origin.clone());
        let keys = EvidenceKeys::open(keys_dir, |id| named.unwrap_or_else(|| format!("brain/{id}")))?;
        let log = settle(&store, &keys, existing, &options).await?;
        let algorithm =
            HashAlgorithm::parse(&log.hash).ok_or(Error::Corrupt { field: "evidence_log.hash" })?;
        // Beside the keys, for both belong to one data folder.
        let folder = keys_dir.parent().unwrap_or(keys_dir).join("evidence");
        let tiles = TileFolder::new(&folder, algorithm);
        let sealer =
            Sealer::new(store.clone(), log.origin.clone(), algorithm, tiles.clone(), keys_dir.to_owned());
        let evidence = Self(Arc::new(Inner {
            peers: peers::Peers::new(&options, client)?,
            store,
            keys,
            origin: log.origin,
            algorithm,
            tiles,
            keys_dir: keys_dir.to_owned(),
            options,
            sealer: Mutex::new(sealer),
            waiting: append::Waiting::default(),
            unsigned: AtomicU64::new(0),
            shown_max: AtomicU64::new(u64::MAX),
            busy: Notify::new(),
        }));
        evidence.register_keys().await?;
        evidence.reference_older_entries().await?;
        Ok(evidence)
    }

    /// Identity of the log.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.0.origin
    }

    /// Digest of the log.
    #[must_use]
    pub fn algorithm(&self) -> HashAlgorithm {
        self.0.algorithm
    }

    /// Keys this node signs its checkpoints with.
    #[must_use]
    pub fn log_keys(&self) -> Vec<VerifierKey> {
        self.0.keys.log()
    }

    /// Keys this node signs checkpoints of others with.
    #[must_use]
    pub fn witness_keys(&self) -> Vec<VerifierKey> {
        self.0.keys.witness()
    }

    /// The signed head of the log as it is now; signed and stored when it is new.
    pub async fn head(&self) -> Result<LogHead> {
        let signed = self.seal().await?;
        self.head_of(signed).await
    }

    /// The head that is already signed, without signing a new one; `None` before the first.
    pub async fn latest_head(&self) -> Result<Option<LogHead>> {
        let Some(row) = rows::checkpoint::latest_checkpoint(self.0.store.db()).await? else {
            return Ok(None);
        };
        let note = SignedCheckpoint::parse(&row.note);
        Ok(Some(self.head_of(note.ok_or(Error::Corrupt { field: "evidence_checkpoint.note" })?).await?))
    }

    /// The signed checkpoint of the log as it is now, without cosignatures.
    pub(crate) async fn seal(&self) -> Result<SignedCheckpoint> {
        let known = self.known_keys().await?;
        let mut sealer = self.0.sealer.lock().await;
        let signed = sealer.seal(&self.0.keys, &known).await?;
        self.0.unsigned.store(0, Ordering::Relaxed);
        Ok(signed)
    }

    /// Sign a head if the log has grown since the last one; the loop that calls this lives in `Trust`.
    pub(crate) async fn sign_if_grown(&self) -> Result<()> {
        let size = rows::frontier(self.0.store.db()).await?.size as u64;
        let up_to_date = self.0.sealer.lock().await.signed_size() == Some(size);
        if !up_to_date {
            self.seal().await?;
        }
        Ok(())
    }

    /// Resolves when so many entries came since the last head that it should not wait for the next tick.
    pub(crate) async fn busy(&self) {
        self.0.busy.notified().await;
    }

    async fn head_of(&self, signed: SignedCheckpoint) -> Result<LogHead> {
        let signed = self.with_cosignatures(signed).await?;
        let own = self.known_keys().await?;
        let asked: Vec<VerifierKey> = self.0.options.witnesses.iter().flat_map(|w| w.keys.clone()).collect();
        let time = |micros: u64| DateTime::from_timestamp_micros(i64::try_from(micros).ok()?);
        let marks = signed.lines.iter().filter_map(|line| {
            let key = asked.iter().find(|key| line.is_good(key, &signed.text))?;
            let time = DateTime::from_timestamp(i64::try_from(line.cosigned_at()?).ok()?, 0)?;
            Some(WitnessMark { name: line.name.clone(), algorithm: key.kind().name().to_owned(), time })
        });
        let checkpoint = &signed.checkpoint;
        Ok(LogHead {
            origin: checkpoint.origin.clone(),
            hash: checkpoint.algorithm,
            size: checkpoint.size,
            root: checkpoint.root,
            signed_at: checkpoint.time.and_then(time).unwrap_or_default(),
            keys: signed.good(&own).into_iter().cloned().collect(),
            witnesses: marks.collect(),
            note: signed.note(),
        })
    }

    /// Add what witnesses signed of this checkpoint.
    pub(crate) async fn with_cosignatures(&self, mut signed: SignedCheckpoint) -> Result<SignedCheckpoint> {
        let size = i64::try_from(signed.checkpoint.size).unwrap_or(i64::MAX);
        for row in rows::checkpoint::cosignatures(self.0.store.db(), size).await? {
            let lines = row.lines.lines().filter_map(brain_verifier::note::SignatureLine::parse);
            signed.lines.extend(lines);
        }
        Ok(signed)
    }

    /// Entries, newest first.
    pub async fn entries(&self, filter: &LeafFilter, page: PageRequest) -> Result<Page<RecordedEntry>> {
        let found = rows::list(self.0.store.db(), filter, page).await?;
        self.readable(found).await
    }

    /// Entries about `reference` (`dataset:raw.registry`, `account:…`, `organisation:…`, `contract:…`), oldest first.
    pub async fn trace(&self, reference: &str, page: PageRequest) -> Result<Page<RecordedEntry>> {
        let found = references::entries(self.0.store.db(), reference, page).await?;
        self.readable(found).await
    }

    /// One entry.
    pub async fn entry(&self, seq: u64) -> Result<RecordedEntry> {
        let unknown = || Error::not_found("evidence entry", &seq.to_string());
        let row = rows::leaf(self.0.store.db(), i64::try_from(seq).map_err(|_| unknown())?).await?;
        let mut entry = entry::from_row(row.ok_or_else(unknown)?)?;
        self.add_personal(std::slice::from_mut(&mut entry)).await?;
        Ok(entry)
    }

    async fn readable(&self, found: Page<rows::LeafRow>) -> Result<Page<RecordedEntry>> {
        let Page { items, total, page, page_size } = found;
        let mut items: Vec<RecordedEntry> = items.into_iter().map(entry::from_row).collect::<Result<_>>()?;
        self.add_personal(&mut items).await?;
        Ok(Page { items, total, page, page_size })
    }

    /// Every key our checkpoints were ever signed with. The keys in the files count, whatever the database says.
    pub async fn known_keys(&self) -> Result<Vec<VerifierKey>> {
        let mut keys = self.0.keys.log();
        let stored: Vec<VerifierKey> = setting::get(self.0.store.db(), KEYS).await?.unwrap_or_default();
        keys.extend(stored.into_iter().filter(|key| !key.kind().is_cosignature()));
        let legacy: std::collections::BTreeMap<String, String> =
            setting::get(self.0.store.db(), LEGACY_KEYS).await?.unwrap_or_default();
        let ed25519 = |hex: &String| {
            VerifierKey::new(&self.0.origin, KeyKind::Ed25519, &brain_verifier::hash::unhex(hex)?)
        };
        keys.extend(legacy.values().filter_map(ed25519));
        keys.sort();
        keys.dedup();
        Ok(keys)
    }

    async fn register_keys(&self) -> Result<()> {
        let transaction = self.0.store.transaction().await?;
        let mut known: Vec<VerifierKey> = setting::get(&transaction, KEYS).await?.unwrap_or_default();
        let own: Vec<VerifierKey> = self.0.keys.log().into_iter().chain(self.0.keys.witness()).collect();
        let fresh: Vec<&VerifierKey> = own.iter().filter(|key| !known.contains(key)).collect();
        if fresh.is_empty() {
            return Ok(transaction.rollback().await?);
        }
        let entry = EvidenceEntry {
            kind: "key.create".to_owned(),
            actor: "system".to_owned(),
            subject: self.0.keys.id().to_owned(),
            body: serde_json::json!({
                "origin": self.0.origin, "hash": self.0.algorithm.name(), "keys": fresh,
            }),
        };
        known.extend(fresh.into_iter().cloned().collect::<Vec<_>>());
        setting::set(&transaction, KEYS, &known, self.0.store.now()).await?;
        self.record_in(&transaction, entry).await?;
        Ok(transaction.commit().await?)
    }

    /// Go on signing a log that does not continue what was last signed, for example after a restore: the break and
    /// the checkpoint that was put aside are recorded.
    pub async fn accept_break(&self, actor: &str, reason: &str) -> Result<()> {
        let put_aside = self.0.sealer.lock().await.accept()?;
        let entry = EvidenceEntry {
            kind: "evidence.accept_break".to_owned(),
            actor: actor.to_owned(),
            subject: self.0.origin.clone(),
            body: serde_json::json!({ "reason": reason, "put_aside": put_aside }),
        };
        self.record(entry).await?;
        self.seal().await.map(drop)
    }

    async fn tree(&self, transaction: &Transaction) -> Result<Frontier> {
        sealing::restored(self.0.algorithm, &rows::lock_frontier(transaction).await?)
    }
}

/// Which log this is: said once, when it is made; a log of version 0.1 is one of SHA-256.
async fn settle(
    store: &Store,
    keys: &EvidenceKeys,
    existing: Option<LogRow>,
    options: &EvidenceOptions,
) -> Result<LogRow> {
    let log = match existing {
        Some(log) => log,
        None => {
            let transaction = store.transaction().await?;
            let began_before = rows::lock_frontier(&transaction).await?.size > 0;
            let hash = if began_before {
                HashAlgorithm::Sha256
            } else {
                options.hash.unwrap_or(options.hash_when_new)
            };
            let origin = keys.log().first().map(|key| key.name().to_owned()).unwrap_or_default();
            let row = LogRow { id: 1, origin, hash: hash.name().to_owned(), created_at: store.now() };
            rows::checkpoint::insert_log(&transaction, row).await?;
            let log = rows::checkpoint::log(&transaction).await?;
            transaction.commit().await?;
            log.ok_or(Error::Corrupt { field: "evidence_log" })?
        }
    };
    match options.hash {
        Some(wanted) if wanted.name() != log.hash => {
            Err(Error::EvidenceHashFixed { recorded: log.hash, wanted: wanted.name() })
        }
        _ => Ok(log),
    }
}

pub(crate) fn stored(tree: &Frontier) -> FrontierRow {
    FrontierRow {
        size: tree.size() as i64,
        peaks: tree.peaks().iter().flat_map(|peak| *peak.as_bytes()).collect(),
    }
}
