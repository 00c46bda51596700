//! Recompute the whole log and name the first place where it is not what it was.
//!
//! Every entry is hashed again and compared with its leaf, every signed head with the root at its size, every tile and
//! every reference with what the entries give, and the end of the log with what was signed outside the database: the
//! file beside the keys and what witnesses saw. Only signatures that an earlier verification checked are not checked
//! again ([`remembered`]).

mod anchors;
mod remembered;

use brain_kernel::language::Text;
use brain_store::evidence::{self as rows, LeafRow, personal, reference};
use brain_store::setting;
use brain_verifier::bundle::salted;
use brain_verifier::tile::TileAddress;
use brain_verifier::{Hash, VerifierKey};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Evidence;
use super::append::{entry_salt, references_of};
use super::entry::hash_of;
use super::tiles::TileEdge;
use crate::Result;
use crate::status::{VERIFIED, VerificationRecord};
use anchors::{Anchor, Anchors};
use remembered::Remembered;

/// Entries read at a time.
const BATCH: u64 = 1_000;
/// Most damaged tiles that are named.
const TILES_NAMED_MAX: usize = 20;

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Verification {
    /// Whether every entry, the tree, every signed head, tile and reference agree.
    pub ok: bool,
    /// Entries read and found good.
    pub entries: u64,
    /// Root over those entries.
    pub root: Hash,
    /// Signed heads found good.
    pub heads: u64,
    /// Of these, those that are to the byte heads whose signatures an earlier verification checked.
    pub heads_known: u64,
    /// Entries after the newest good head: not signed yet.
    pub unsigned: u64,
    /// The first thing found wrong.
    pub first_bad: Option<BadEntry>,
    /// Tiles that are missing or wrong, by path; at most twenty.
    pub bad_tiles: Vec<String>,
    /// Tiles that were written anew.
    pub repaired_tiles: u64,
    /// What each witness said.
    pub witnesses: Vec<WitnessWord>,
}

/// What a witness says about our log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WitnessWord {
    /// Name of the witness.
    pub name: String,
    /// Size it last signed.
    pub size: Option<u64>,
    /// Why it could not be asked.
    pub failure: Option<String>,
}

/// What to do besides reading the log.
#[derive(Debug, Clone, Copy, Default)]
pub struct VerifyOptions {
    /// Write damaged tiles anew from entries that were found good.
    pub repair_tiles: bool,
    /// Do not ask witnesses.
    pub offline: bool,
    /// Check every signature, whatever an earlier verification found.
    pub full: bool,
}

/// Where the log is not what it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BadEntry {
    /// Position of the first entry that cannot be trusted.
    pub seq: u64,
    /// What is wrong with it.
    pub problem: Problem,
    /// The same in words.
    pub detail: Text,
}

/// Ways in which a log can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "LogProblem")]
pub enum Problem {
    /// The entry is gone.
    Missing,
    /// The entry's content does not have the hash it was recorded with.
    Altered,
    /// The entries up to a signed head are not those that were signed.
    Rewritten,
    /// A signed head carries no good signature of a known key.
    BadSignature,
    /// There are entries that were never appended.
    Inserted,
    /// A tile is not that of the entries.
    BadTile,
    /// The index of references is not that of the entries.
    BadReference,
    /// A personal value is not the one that was recorded.
    BadPersonal,
}

impl BadEntry {
    fn new(seq: u64, problem: Problem) -> Self {
        let detail = match problem {
            Problem::Missing => Text::new(format!("第 {seq} 条缺失。"), format!("Entry {seq} is missing.")),
            Problem::Altered => {
                Text::new(format!("第 {seq} 条内容被改动。"), format!("Entry {seq} was altered."))
            }
            Problem::Rewritten => Text::new(
                format!("第 {seq} 条起与已签名的树头不符，内容被改写。"),
                format!("From entry {seq} on the log differs from a signed head: it was rewritten."),
            ),
            Problem::BadSignature => Text::new(
                format!("第 {seq} 条起的树头签名无效。"),
                format!("The signed head covering entry {seq} carries no valid signature."),
            ),
            Problem::Inserted => Text::new(
                format!("第 {seq} 条未经追加程序写入。"),
                format!("Entry {seq} was inserted behind the log's back."),
            ),
            Problem::BadTile => Text::new(
                format!("第 {seq} 条所在的瓦片与存证不符。"),
                format!("The tile that entry {seq} begins is not that of the entries."),
            ),
            Problem::BadReference => Text::new(
                format!("第 {seq} 条的追溯索引与存证不符。"),
                format!("The references of entry {seq} are not those the entry gives."),
            ),
            Problem::BadPersonal => Text::new(
                format!("第 {seq} 条的个人信息与存证不符。"),
                format!("A personal value of entry {seq} is not the one that was recorded."),
            ),
        };
        Self { seq, problem, detail }
    }
}

/// A verification under way.
struct Run<'e> {
    evidence: &'e Evidence,
    edge: TileEdge,
    // Size of the newest checkpoint when we began: tiles must be there up to it.
    tiled: u64,
    repair: bool,
    heads: u64,
    heads_known: u64,
    // First entry not covered by a head found good.
    uncovered: u64,
    lesser: Option<BadEntry>,
    bad_tiles: Vec<TileAddress>,
    repaired: u64,
}

impl Evidence {
    /// Recompute everything from the store and name the first bad entry, if any. Memory does not grow with the log.
    pub async fn verify(&self) -> Result<Verification> {
        self.verify_with(VerifyOptions::default()).await
    }

    /// Like [`verify`](Self::verify), with a say in what is asked and mended.
    pub async fn verify_with(&self, options: VerifyOptions) -> Result<Verification> {
        let found = self.recompute(options).await?;
        let at = self.0.store.now();
        let record = VerificationRecord { at, ok: found.ok, entries: found.entries };
        setting::set(self.0.store.db(), VERIFIED, &record, at).await?;
        Ok(found)
    }

    async fn recompute(&self, options: VerifyOptions) -> Result<Verification> {
        let mut words = Vec::new();
        let mut outside = Vec::new();
        let seen = if options.offline { Vec::new() } else { self.seen_by_all().await };
        for (name, seen) in seen {
            let (note, failure) = match seen {
                Ok(note) => (note, None),
                Err(reason) => (None, Some(reason)),
            };
            words.push(WitnessWord { name, size: note.as_ref().map(|n| n.checkpoint.size), failure });
            outside.extend(note.map(|note| Anchor::of_note(&note, true)));
        }
        let keys = self.known_keys().await?;
        outside.extend(Anchor::kept(&self.0.keys_dir, &keys));
        let inner = &self.0;
        // Tiles that are made anew are counted once.
        let remembered = if options.full || options.repair_tiles {
            None
        } else {
            Remembered::read(&inner.keys_dir, &inner.origin, &inner.keys)
        };
        let (found, anchors) = self.pass(options, outside.clone(), keys.clone(), remembered.clone()).await?;
        let (mut found, anchors) = if anchors.was_mistaken() {
            self.pass(options, outside, keys, None).await?
        } else {
            (found, anchors)
        };
        found.witnesses = words;
        if found.ok {
            self.remember(&anchors.to_remember(), remembered.as_ref());
        }
        Ok(found)
    }

    /// Remember which heads are good. Where that cannot be written the next verification checks them again.
    fn remember(&self, now: &Remembered, before: Option<&Remembered>) {
        let inner = &self.0;
        if now.size > 0
            && before != Some(now)
            && let Err(error) = now.write(&inner.keys_dir, &inner.origin, &inner.keys)
        {
            tracing::warn!(%error, "which heads of the evidence log are good was not remembered");
        }
    }

    /// Read everything once, held against these heads and those in the store.
    async fn pass(
        &self,
        options: VerifyOptions,
        outside: Vec<Anchor>,
        keys: Vec<VerifierKey>,
        remembered: Option<Remembered>,
    ) -> Result<(Verification, Anchors)> {
        // Heads before frontier: the log only grows, so a head we saw cannot be ahead of a frontier read later.
        let newest =
            rows::checkpoint::latest_checkpoint(self.0.store.db()).await?.map_or(0, |row| row.size as u64);
        let mut anchors = Anchors::new(outside, keys, newest, remembered);
        let recorded = rows::frontier(self.0.store.db()).await?;
        let legacy = rows::latest_head(self.0.store.db()).await?.map_or(0, |head| head.size.max(0) as u64);
        let expected = (recorded.size.max(0) as u64).max(legacy).max(anchors.largest());
        let mut run = Run {
            evidence: self,
            edge: TileEdge::new(self.0.algorithm),
            tiled: newest,
            repair: options.repair_tiles,
            heads: 0,
            heads_known: 0,
            uncovered: 0,
            lesser: None,
            bad_tiles: Vec::new(),
            repaired: 0,
        };
        let mut bad = run.log(&mut anchors, expected).await?;
        if bad.is_none() {
            bad = run.check_edge(&recorded).await?;
        }
        let bad = bad.or(run.lesser);
        let found = Verification {
            ok: bad.is_none(),
            entries: run.edge.size(),
            root: run.edge.root(),
            heads: run.heads,
            heads_known: run.heads_known,
            unsigned: run.edge.size() - run.uncovered.min(run.edge.size()),
            first_bad: bad,
            bad_tiles: run.bad_tiles.iter().take(TILES_NAMED_MAX).map(TileAddress::path).collect(),
            repaired_tiles: run.repaired,
            witnesses: Vec::new(),
        };
        Ok((found, anchors))
    }
}

impl Run<'_> {
    /// Read everything up to `expected` entries; the first thing found wrong with an entry or a head.
    async fn log(&mut self, anchors: &mut Anchors, expected: u64) -> Result<Option<BadEntry>> {
        let store = &self.evidence.0.store;
        loop {
            if let Some(bad) = self.heads_here(anchors).await? {
                return Ok(Some(bad));
            }
            let size = self.edge.size();
            if size >= expected {
                return Ok(None);
            }
            let batch = rows::leaves_from(store.db(), size as i64, BATCH.min(expected - size)).await?;
            if batch.is_empty() {
                return Ok(Some(BadEntry::new(size, Problem::Missing)));
            }
            for row in &batch {
                if let Some(bad) = self.leaf(row)? {
                    return Ok(Some(bad));
                }
                if let Some(bad) = self.heads_here(anchors).await? {
                    return Ok(Some(bad));
                }
            }
            self.companions(&batch).await?;
        }
    }

    fn leaf(&mut self, row: &LeafRow) -> Result<Option<BadEntry>> {
        let size = self.edge.size();
        if row.seq as u64 != size {
            return Ok(Some(BadEntry::new(size, Problem::Missing)));
        }
        let hash = hash_of(self.evidence.0.algorithm, row).ok();
        let Some(hash) = hash.filter(|hash| hash.as_bytes()[..] == row.leaf_hash[..]) else {
            return Ok(Some(BadEntry::new(size, Problem::Altered)));
        };
        let mut full = Vec::new();
        self.edge.push(hash, |address, hashes| full.push((address, hashes)));
        for (address, hashes) in full {
            let end = u128::from(address.index + 1) << (8 * (u32::from(address.level) + 1));
            if end <= u128::from(self.tiled) {
                self.tile(address, &hashes)?;
            }
        }
        if self.edge.size() == self.tiled {
            let partial: Vec<(TileAddress, Vec<Hash>)> =
                self.edge.partial().map(|(address, hashes)| (address, hashes.to_vec())).collect();
            for (address, hashes) in partial {
                self.tile(address, &hashes)?;
            }
        }
        Ok(None)
    }

    /// A tile on disk must hold these hashes.
    fn tile(&mut self, address: TileAddress, hashes: &[Hash]) -> Result<()> {
        let tiles = &self.evidence.0.tiles;
        if tiles.read(address).is_ok_and(|found| found == hashes) {
            return Ok(());
        }
        if self.repair {
            let failed =
                |cause| crate::Error::EvidenceFile { path: tiles.path(address).display().to_string(), cause };
            tiles.write(address, hashes, true).map_err(failed)?;
            self.repaired += 1;
            return Ok(());
        }
        let first = address.index << (8 * (u32::from(address.level) + 1));
        self.lesser.get_or_insert(BadEntry::new(first, Problem::BadTile));
        self.bad_tiles.push(address);
        self.bad_tiles.truncate(TILES_NAMED_MAX);
        Ok(())
    }

    async fn heads_here(&mut self, anchors: &mut Anchors) -> Result<Option<BadEntry>> {
        while let Some(anchor) = anchors.next_at(&self.evidence.0.store, self.edge.size()).await? {
            let root = self.edge.root();
            if let Some(problem) = anchor.judge(root) {
                return Ok(Some(BadEntry::new(self.uncovered, problem)));
            }
            self.heads += u64::from(anchor.stored);
            self.heads_known += u64::from(anchor.known);
            self.uncovered = self.edge.size();
        }
        Ok(None)
    }

    /// References and personal values of these entries.
    async fn companions(&mut self, batch: &[LeafRow]) -> Result<()> {
        let (Some(first), Some(last)) = (batch.first(), batch.last()) else { return Ok(()) };
        let db = self.evidence.0.store.db();
        let mut expected = Vec::new();
        for row in batch {
            expected.extend(references_of(row)?.into_iter().map(|row| (row.seq, row.reference)));
        }
        let mut found: Vec<(i64, String)> = reference::between(db, first.seq, last.seq + 1)
            .await?
            .into_iter()
            .map(|row| (row.seq, row.reference))
            .collect();
        expected.sort();
        found.sort();
        let differ = expected.iter().zip(&found).find(|(expected, found)| expected != found);
        let differ = differ.map(|(expected, found)| expected.0.min(found.0));
        let beyond = expected.get(found.len()).or_else(|| found.get(expected.len())).map(|row| row.0);
        if let Some(seq) = differ.or(beyond) {
            self.lesser.get_or_insert(BadEntry::new(seq as u64, Problem::BadReference));
        }
        self.personal(batch).await
    }

    async fn personal(&mut self, batch: &[LeafRow]) -> Result<()> {
        let db = self.evidence.0.store.db();
        let positions =
            batch.iter().filter(|row| row.body.contains("\"personal\"")).map(|row| row.seq).collect();
        let values = personal::of_entries(db, positions).await?;
        let salts = personal::salts(db, values.iter().map(|value| value.subject.clone()).collect()).await?;
        let algorithm = self.evidence.0.algorithm;
        for value in values {
            let body = batch.iter().find(|row| row.seq == value.seq).map(|row| row.body.as_str());
            let body: serde_json::Value = serde_json::from_str(body.unwrap_or_default()).unwrap_or_default();
            let recorded =
                body.pointer(&format!("/personal/{}/hash", value.field)).and_then(|hash| hash.as_str());
            let expected = salts.get(&value.subject).map(|salt| {
                let salt = entry_salt(algorithm, salt, value.seq);
                salted(algorithm, salt.as_bytes(), &value.field, &value.value).to_string()
            });
            if expected.is_none() || recorded != expected.as_deref() {
                self.lesser.get_or_insert(BadEntry::new(value.seq as u64, Problem::BadPersonal));
            }
        }
        Ok(())
    }

    /// The recorded right edge must be that of the entries, and nothing may lie beyond it.
    async fn check_edge(&self, recorded: &rows::FrontierRow) -> Result<Option<BadEntry>> {
        let store = &self.evidence.0.store;
        if super::stored(&self.edge.frontier()) != *recorded {
            let seq = self.edge.size().min(recorded.size.max(0) as u64);
            return Ok(Some(BadEntry::new(seq, Problem::Rewritten)));
        }
        let beyond = rows::leaves_from(store.db(), recorded.size, 1).await?;
        let Some(row) = beyond.first() else { return Ok(None) };
        // An append may have happened meanwhile; then the frontier has moved past the row.
        let moved = rows::frontier(store.db()).await?.size > row.seq;
        Ok((!moved).then(|| BadEntry::new(row.seq.max(0) as u64, Problem::Inserted)))
    }
}
