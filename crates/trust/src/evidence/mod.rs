//! The evidence log (存证): an append-only Merkle tree over everything that mattered.

mod entry;
mod head;
pub mod merkle;
mod verify;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use brain_store::evidence::{self as rows, FrontierRow, LeafFilter};
use brain_store::{Page, PageRequest, Store, Transaction, setting};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use crate::keys::{self, NodeKey};
use crate::{Error, Result};
use merkle::{Frontier, Hash};

pub use brain_store::evidence::LeafFilter as EntryFilter;
pub use entry::{BODY_BYTES_MAX, EvidenceEntry, RecordedEntry};
pub use head::SignedHead;
pub use verify::{BadEntry, Problem, Verification};

/// Leaf hashes read at a time for a proof.
const BATCH: u64 = 10_000;
/// Setting that holds the public keys heads were ever signed with, by key id.
const PUBLIC_KEYS: &str = "evidence.public_keys";
/// File beside the key with the newest head: a database put back to an older state is noticed.
const WITNESS_FILE: &str = "evidence-head.json";

/// Proof that an entry is in the log; check it with [`merkle::verify_inclusion`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InclusionProof {
    /// Position of the entry.
    pub seq: u64,
    /// Its leaf hash.
    pub leaf: Hash,
    /// Sibling hashes from the leaf up.
    pub path: Vec<Hash>,
    /// The head it is proved against.
    pub head: SignedHead,
}

/// Proof that a smaller log is the beginning of a larger one; check it with [`merkle::verify_consistency`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConsistencyProof {
    /// Entries in the smaller log.
    pub old_size: u64,
    /// Its root.
    pub old_root: Hash,
    /// Entries in the larger log.
    pub new_size: u64,
    /// Its root.
    pub new_root: Hash,
    /// Hashes of the proof.
    pub path: Vec<Hash>,
}

/// A cheap-clone handle to the node's evidence log.
#[derive(Clone)]
pub struct Evidence(Arc<Inner>);

struct Inner {
    store: Store,
    key: NodeKey,
    witness: PathBuf,
    // One head is signed at a time.
    signed: Mutex<Signed>,
}

/// What this process has signed so far.
#[derive(Default)]
struct Signed {
    size: Option<u64>,
    witness: Witness,
}

/// Whether the head kept beside the key belongs to this log.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Witness {
    #[default]
    Unchecked,
    Good,
    /// The log was put back or rewritten: the file is evidence and must not be overwritten.
    Contradicted,
}

impl Evidence {
    pub(crate) async fn open(store: Store, keys_dir: &std::path::Path) -> Result<Self> {
        let key = NodeKey::open(keys_dir)?;
        let evidence = Self(Arc::new(Inner {
            store,
            key,
            witness: keys_dir.join(WITNESS_FILE),
            signed: Mutex::default(),
        }));
        evidence.register_key().await?;
        Ok(evidence)
    }

    /// Record an entry in a transaction of its own; its position.
    pub async fn record(&self, entry: EvidenceEntry) -> Result<u64> {
        let transaction = self.0.store.transaction().await?;
        let seq = self.record_in(&transaction, entry).await?;
        transaction.commit().await?;
        Ok(seq)
    }

    /// Record an entry in the transaction of the act itself: both happen or neither; its position.
    ///
    /// Appends are put in order by a lock on the tree's edge that lasts until the transaction ends; so record last and
    /// commit at once.
    pub async fn record_in(&self, transaction: &Transaction, entry: EvidenceEntry) -> Result<u64> {
        self.record_all_in(transaction, vec![entry]).await
    }

    /// Record several entries at once, in order; the position of the first.
    pub async fn record_all_in(&self, transaction: &Transaction, entries: Vec<EvidenceEntry>) -> Result<u64> {
        let now = self.0.store.now();
        let mut tree = restored(&rows::lock_frontier(transaction).await?)?;
        let first = tree.size();
        let mut leaves = Vec::with_capacity(entries.len());
        for entry in entries {
            let row = entry::to_row(entry, tree.size() as i64, now)?;
            tree.push(entry::hash_of(&row)?);
            leaves.push(row);
        }
        if !leaves.is_empty() {
            rows::append(transaction, leaves, stored(&tree)).await?;
        }
        Ok(first)
    }

    /// The signed head of the log as it is now; signed and stored when it is new.
    pub async fn head(&self) -> Result<SignedHead> {
        let mut signed = self.0.signed.lock().await;
        let tree = self.tree().await?;
        if let Some(row) = rows::latest_head(self.0.store.db()).await? {
            let head = SignedHead::from_row(row)?;
            // A stored head that disagrees is left alone for `verify` to name; we vouch for what we see.
            if head.size == tree.size() && head.root == tree.root() {
                if signed.size != Some(head.size) {
                    self.keep_witness(&mut signed, &head).await?;
                }
                return Ok(head);
            }
        }
        let head = SignedHead::sign(&self.0.key, tree.size(), tree.root(), self.0.store.now())?;
        rows::insert_head(self.0.store.db(), head.to_row()).await?;
        self.keep_witness(&mut signed, &head).await?;
        Ok(head)
    }

    /// Sign a head if the log has grown since the last one; the loop that calls this lives in `Trust`.
    pub(crate) async fn sign_if_grown(&self) -> Result<()> {
        let size = rows::frontier(self.0.store.db()).await?.size as u64;
        let up_to_date = self.0.signed.lock().await.size == Some(size);
        if !up_to_date {
            self.head().await?;
        }
        Ok(())
    }

    /// Recompute everything from the store and name the first bad entry, if any. Memory does not grow with the log.
    pub async fn verify(&self) -> Result<Verification> {
        let witness = self.read_witness().await;
        self.verify_against(witness.as_ref()).await
    }

    /// Like [`verify`](Self::verify), against a head that somebody else kept.
    pub async fn verify_against(&self, witness: Option<&SignedHead>) -> Result<Verification> {
        let mut public_keys = self.public_keys().await?;
        // The key in the file counts, whatever the database says about it.
        public_keys.insert(self.0.key.id().to_owned(), self.0.key.public());
        verify::run(&self.0.store, &public_keys, witness).await
    }

    /// Prove that entry `seq` is in the log. Reads every leaf hash once.
    pub async fn prove(&self, seq: u64) -> Result<InclusionProof> {
        let head = self.head().await?;
        let unknown = || Error::not_found("evidence entry", &seq.to_string());
        if seq >= head.size {
            return Err(unknown());
        }
        let row = rows::leaf(self.0.store.db(), seq as i64).await?.ok_or_else(unknown)?;
        let leaf = entry::hash_of(&row)?;
        let path = self.roots(merkle::inclusion_ranges(seq, head.size)).await?;
        Ok(InclusionProof { seq, leaf, path, head })
    }

    /// Prove that the log of `old` entries is the beginning of the log of `new` entries.
    pub async fn consistency(&self, old: u64, new: u64) -> Result<ConsistencyProof> {
        let size = self.tree().await?.size();
        if old > new || new > size {
            return Err(Error::invalid(
                "size",
                format!("须满足 旧长度 ≤ 新长度 ≤ {size}。"),
                format!("It must hold that old ≤ new ≤ {size}."),
            ));
        }
        let (old_root, new_root) = (self.root_of(0..old).await?, self.root_of(0..new).await?);
        let path = self.roots(merkle::consistency_ranges(old, new)).await?;
        Ok(ConsistencyProof { old_size: old, old_root, new_size: new, new_root, path })
    }

    /// Entries, newest first.
    pub async fn entries(&self, filter: &LeafFilter, page: PageRequest) -> Result<Page<RecordedEntry>> {
        let Page { items, total, page, page_size } = rows::list(self.0.store.db(), filter, page).await?;
        let items = items.into_iter().map(entry::from_row).collect::<Result<_>>()?;
        Ok(Page { items, total, page, page_size })
    }

    /// One entry.
    pub async fn entry(&self, seq: u64) -> Result<RecordedEntry> {
        let row = rows::leaf(self.0.store.db(), seq as i64).await?;
        entry::from_row(row.ok_or_else(|| Error::not_found("evidence entry", &seq.to_string()))?)
    }

    /// Public keys that heads were signed with, hexadecimal, by key id.
    pub async fn public_keys(&self) -> Result<BTreeMap<String, String>> {
        Ok(setting::get(self.0.store.db(), PUBLIC_KEYS).await?.unwrap_or_default())
    }

    async fn register_key(&self) -> Result<()> {
        let transaction = self.0.store.transaction().await?;
        let mut known: BTreeMap<String, String> =
            setting::get(&transaction, PUBLIC_KEYS).await?.unwrap_or_default();
        let (id, public) = (self.0.key.id().to_owned(), self.0.key.public());
        if known.insert(id.clone(), public.clone()).as_ref() == Some(&public) {
            return Ok(transaction.rollback().await?);
        }
        setting::set(&transaction, PUBLIC_KEYS, &known, self.0.store.now()).await?;
        let entry = EvidenceEntry {
            kind: "key.create".to_owned(),
            actor: "system".to_owned(),
            subject: id,
            body: serde_json::json!({ "algorithm": "ed25519", "public_key": public }),
        };
        self.record_in(&transaction, entry).await?;
        Ok(transaction.commit().await?)
    }

    async fn tree(&self) -> Result<Frontier> {
        restored(&rows::frontier(self.0.store.db()).await?)
    }

    async fn roots(&self, ranges: Vec<std::ops::Range<u64>>) -> Result<Vec<Hash>> {
        let mut roots = Vec::with_capacity(ranges.len());
        for range in ranges {
            roots.push(self.root_of(range).await?);
        }
        Ok(roots)
    }

    async fn root_of(&self, range: std::ops::Range<u64>) -> Result<Hash> {
        let mut tree = Frontier::default();
        let mut at = range.start;
        while at < range.end {
            let batch = rows::hashes_from(self.0.store.db(), at as i64, range.end as i64, BATCH).await?;
            if batch.is_empty() {
                return Err(Error::Corrupt { field: "evidence_leaf" });
            }
            for (seq, hash) in batch {
                let hash = Hash::from_slice(&hash).filter(|_| seq as u64 == at);
                tree.push(hash.ok_or(Error::Corrupt { field: "evidence_leaf" })?);
                at += 1;
            }
        }
        Ok(tree.root())
    }

    async fn keep_witness(&self, signed: &mut Signed, head: &SignedHead) -> Result<()> {
        signed.size = Some(head.size);
        if signed.witness == Witness::Unchecked {
            signed.witness = self.check_witness(head).await?;
        }
        if signed.witness == Witness::Contradicted {
            return Ok(());
        }
        let path = self.0.witness.clone();
        let text = serde_json::to_vec_pretty(head).map_err(|cause| Error::Cryptography(cause.to_string()))?;
        let written = tokio::task::spawn_blocking(move || keys::replace_private_file(&path, &text)).await;
        // A witness that cannot be written weakens a later check but not the log, so it is not fatal.
        if let Err(cause) = written.map_err(std::io::Error::other).and_then(|result| result) {
            tracing::warn!(path = %self.0.witness.display(), %cause, "could not keep the newest evidence head");
        }
        Ok(())
    }

    async fn check_witness(&self, head: &SignedHead) -> Result<Witness> {
        let Some(kept) = self.read_witness().await else { return Ok(Witness::Good) };
        if kept.size <= head.size && self.root_of(0..kept.size).await? == kept.root {
            return Ok(Witness::Good);
        }
        tracing::error!(
            kept = kept.size,
            found = head.size,
            "the evidence log does not continue the head kept beside the key; run `brain evidence verify`"
        );
        Ok(Witness::Contradicted)
    }

    async fn read_witness(&self) -> Option<SignedHead> {
        let text = tokio::fs::read(&self.0.witness).await.ok()?;
        serde_json::from_slice(&text).ok()
    }
}

fn restored(row: &FrontierRow) -> Result<Frontier> {
    let peaks: Option<Vec<Hash>> = row.peaks.chunks(32).map(Hash::from_slice).collect();
    let size = u64::try_from(row.size).ok();
    size.zip(peaks)
        .and_then(|(size, peaks)| Frontier::restore(size, peaks))
        .ok_or(Error::Corrupt { field: "evidence_frontier" })
}

fn stored(tree: &Frontier) -> FrontierRow {
    FrontierRow {
        size: tree.size() as i64,
        peaks: tree.peaks().iter().flat_map(|peak| *peak.as_bytes()).collect(),
    }
}
