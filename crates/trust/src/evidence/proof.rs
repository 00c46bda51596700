//! Proofs, read from tiles, and bundles of them for whoever has no node.

use std::collections::HashMap;

use brain_store::PageRequest;
use brain_store::evidence::{self as rows, LeafRow, personal, reference};
use brain_verifier::bundle::{BundledEntry, Earlier, FORMAT, LogIdentity, Opening};
use brain_verifier::hash::hex;
use brain_verifier::merkle::{verify_consistency, verify_inclusion};
use brain_verifier::tile::{TILE_WIDTH, TileAddress};
use brain_verifier::{Bundle, Hash, SignedCheckpoint, VerifierKey};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::append::entry_salt;
use super::entry::{self, leaf_text};
use super::tiles::{TileError, TileReader};
use super::{Evidence, LogHead};
use crate::{Error, Result};

/// Proof that an entry is in the log; check it with `merkle::verify_inclusion`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InclusionProof {
    /// Position of the entry.
    pub seq: u64,
    /// Its leaf hash.
    pub leaf: Hash,
    /// Sibling hashes from the leaf up.
    pub path: Vec<Hash>,
    /// The head it is proved against.
    pub head: LogHead,
}

/// Proof that a smaller log is the beginning of a larger one; check it with `merkle::verify_consistency`.
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

/// What a bundle shall hold.
#[derive(Debug, Clone, Default)]
pub struct BundleRequest {
    /// Follow this reference; or else
    pub about: Option<String>,
    /// one entry.
    pub seq: Option<u64>,
    /// Which part of the entries about the reference.
    pub page: PageRequest,
    /// Size of an older checkpoint the log shall be proved to continue; without one, the oldest we have.
    pub since: Option<u64>,
    /// Leave out personal values.
    pub without_personal: bool,
}

impl Evidence {
    /// Prove that entry `seq` is in the log. Reads a few tiles, whatever the size of the log.
    pub async fn prove(&self, seq: u64) -> Result<InclusionProof> {
        let unknown = || Error::not_found("evidence entry", &seq.to_string());
        let position = i64::try_from(seq).map_err(|_| unknown())?;
        let row = rows::leaf(self.0.store.db(), position).await?.ok_or_else(unknown)?;
        let head = self.head().await?;
        if seq >= head.size {
            return Err(unknown());
        }
        let (leaf, path) = self.inclusion(&row, &head)?;
        Ok(InclusionProof { seq, leaf, path, head })
    }

    fn inclusion(&self, row: &LeafRow, head: &LogHead) -> Result<(Hash, Vec<Hash>)> {
        let leaf = entry::hash_of(self.0.algorithm, row)?;
        let seq = row.seq as u64;
        let path = self.0.tiles.at(head.size).inclusion(seq, head.size)?;
        // A proof that does not hold is worse than none.
        if verify_inclusion(self.0.algorithm, &leaf, seq, head.size, &path, &head.root) {
            Ok((leaf, path))
        } else {
            Err(Error::EvidenceDamaged { what: format!("#{seq}") })
        }
    }

    /// Prove that the log of `old` entries is the beginning of the log of `new` entries.
    pub async fn consistency(&self, old: u64, new: u64) -> Result<ConsistencyProof> {
        let head = self.seal().await?.checkpoint;
        if old > new || new > head.size {
            return Err(Error::invalid(
                "size",
                format!("须满足 旧长度 ≤ 新长度 ≤ {}。", head.size),
                format!("It must hold that old ≤ new ≤ {}.", head.size),
            ));
        }
        let mut tiles = self.0.tiles.at(head.size);
        let (old_root, new_root) = (tiles.root(old)?, tiles.root(new)?);
        let path = tiles.consistency(old, new)?;
        // Roots and path must lead to what was signed, or a damaged tile would speak.
        let to_head = tiles.consistency(new, head.size)?;
        let algorithm = self.0.algorithm;
        let sound = verify_consistency(algorithm, old, new, &path, &old_root, &new_root)
            && verify_consistency(algorithm, new, head.size, &to_head, &new_root, &head.root);
        if !sound {
            return Err(Error::EvidenceDamaged { what: format!("{old} → {new}") });
        }
        Ok(ConsistencyProof { old_size: old, old_root, new_size: new, new_root, path })
    }

    /// Hashes of a tile or the entries of a bundle may be read up to this size.
    pub(crate) fn reader(&self, size: u64) -> TileReader<'_> {
        self.0.tiles.at(size)
    }

    /// Everything a third party needs to check some entries.
    pub async fn bundle(&self, request: &BundleRequest) -> Result<Bundle> {
        let db = self.0.store.db();
        let leaves = match (&request.about, request.seq) {
            (Some(about), _) => reference::entries(db, about, request.page).await?.items,
            (None, Some(seq)) => {
                let unknown = || Error::not_found("evidence entry", &seq.to_string());
                let position = i64::try_from(seq).map_err(|_| unknown())?;
                vec![rows::leaf(db, position).await?.ok_or_else(unknown)?]
            }
            (None, None) => {
                return Err(Error::invalid(
                    "about",
                    "请给出要追溯的对象（about）或存证序号（seq）。",
                    "Say what to follow (about) or which entry (seq).",
                ));
            }
        };
        let signed = self.best_checkpoint(leaves.last().map_or(0, |row| row.seq as u64 + 1)).await?;
        let head = self.head_of(signed).await?;
        let mut openings =
            if request.without_personal { HashMap::new() } else { self.openings(&leaves).await? };
        let mut entries = Vec::with_capacity(leaves.len());
        for row in &leaves {
            let (_, path) = self.inclusion(row, &head)?;
            let openings = openings.remove(&row.seq).unwrap_or_default();
            entries.push(BundledEntry { seq: row.seq as u64, leaf: leaf_text(row)?, path, openings });
        }
        Ok(Bundle {
            format: FORMAT.to_owned(),
            about: request.about.clone().unwrap_or_default(),
            made_at: entry::time_text(self.0.store.now()),
            log: LogIdentity {
                origin: self.0.origin.clone(),
                hash: self.0.algorithm,
                keys: self.known_keys().await?,
            },
            witnesses: self.0.options.witnesses.iter().flat_map(|peer| peer.keys.clone()).collect(),
            earlier: self.earlier(request.since, &head).await?,
            checkpoint: head.note,
            entries,
        })
    }

    /// The newest checkpoint that covers `size` entries and that witnesses signed; the newest of all where none is.
    async fn best_checkpoint(&self, size: u64) -> Result<SignedCheckpoint> {
        let newest = self.seal().await?;
        let Some(cosigned) = self.latest_cosigned().await? else { return Ok(newest) };
        Ok(if cosigned.checkpoint.size >= size { cosigned } else { newest })
    }

    /// The newest of our checkpoints that a witness signed.
    pub(crate) async fn latest_cosigned(&self) -> Result<Option<SignedCheckpoint>> {
        let db = self.0.store.db();
        let mut newest = None;
        for peer in &self.0.options.witnesses {
            let signed = rows::checkpoint::latest_cosignature(db, peer.name()).await?;
            newest = newest.max(signed.map(|row| row.size));
        }
        let Some(size) = newest else { return Ok(None) };
        let row = rows::checkpoint::checkpoint(db, size).await?;
        Ok(row.and_then(|row| SignedCheckpoint::parse(&row.note)))
    }

    async fn earlier(&self, since: Option<u64>, head: &LogHead) -> Result<Option<Earlier>> {
        let from = i64::try_from(since.unwrap_or(1)).unwrap_or(i64::MAX);
        let found = rows::checkpoint::checkpoints_from(self.0.store.db(), from, 1).await?;
        let Some(row) = found.into_iter().find(|row| (row.size as u64) < head.size) else { return Ok(None) };
        if since.is_some_and(|since| since != row.size as u64) {
            return Err(Error::not_found("checkpoint of size", &since.unwrap_or_default().to_string()));
        }
        let old = row.size as u64;
        let path = self.0.tiles.at(head.size).consistency(old, head.size)?;
        let root = SignedCheckpoint::parse(&row.note).map(|note| note.checkpoint.root);
        let sound = root.is_some_and(|root| {
            verify_consistency(self.0.algorithm, old, head.size, &path, &root, &head.root)
        });
        if !sound {
            return Err(Error::EvidenceDamaged { what: format!("{old} → {}", head.size) });
        }
        Ok(Some(Earlier { checkpoint: row.note, path }))
    }

    async fn openings(&self, leaves: &[LeafRow]) -> Result<HashMap<i64, Vec<Opening>>> {
        let db = self.0.store.db();
        let positions = leaves.iter().map(|row| row.seq).collect();
        let values = personal::of_entries(db, positions).await?;
        let salts = personal::salts(db, values.iter().map(|row| row.subject.clone()).collect()).await?;
        let mut openings: HashMap<i64, Vec<Opening>> = HashMap::new();
        for row in values {
            let Some(salt) = salts.get(&row.subject) else { continue };
            let salt = entry_salt(self.0.algorithm, salt, row.seq);
            let opening = Opening { field: row.field, salt: hex(salt.as_bytes()), value: row.value };
            openings.entry(row.seq).or_default().push(opening);
        }
        Ok(openings)
    }

    /// The bytes of a tile of the newest checkpoint; `None` where the log has none there (C2SP tlog-tiles).
    pub async fn tile(&self, address: TileAddress) -> Result<Option<Vec<u8>>> {
        let row = rows::checkpoint::latest_checkpoint(self.0.store.db()).await?;
        let size = row.map_or(0, |row| row.size.max(0) as u64);
        let level = 8 * u32::from(address.level);
        let first = address.index.checked_mul(u64::from(TILE_WIDTH));
        let last = first.and_then(|first| first.checked_add(u64::from(address.width)));
        if last.is_none_or(|last| size.checked_shr(level).unwrap_or_default() < last) {
            return Ok(None);
        }
        match self.0.tiles.read(address) {
            Ok(hashes) => Ok(Some(hashes.iter().flat_map(|hash| *hash.as_bytes()).collect())),
            // Partial tiles are kept for sizes that were signed, and nobody may ask for others.
            Err(TileError::Missing(_)) if address.width < TILE_WIDTH => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Entries of a tile of level 0, each after its length in two bytes (C2SP tlog-tiles, entry bundles).
    pub async fn entry_bundle(&self, index: u64, width: u16) -> Result<Option<Vec<u8>>> {
        if self.tile(TileAddress { level: 0, index, width }).await?.is_none() {
            return Ok(None);
        }
        let first = i64::try_from(index * u64::from(TILE_WIDTH)).unwrap_or(i64::MAX);
        let mut bytes = Vec::new();
        for row in rows::leaves_from(self.0.store.db(), first, u64::from(width)).await? {
            let text = leaf_text(&row)?;
            let length =
                u16::try_from(text.len()).map_err(|_| Error::Corrupt { field: "evidence_leaf.body" })?;
            bytes.extend_from_slice(&length.to_be_bytes());
            bytes.extend_from_slice(text.as_bytes());
        }
        Ok(Some(bytes))
    }

    /// Keys a third party needs to check this log.
    #[must_use]
    pub fn published_keys(&self) -> (Vec<VerifierKey>, Vec<VerifierKey>) {
        (self.0.keys.log(), self.0.keys.witness())
    }
}
