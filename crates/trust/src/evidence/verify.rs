//! Recompute the whole log and name the first place where it is not what it was.

use std::collections::BTreeMap;

use brain_kernel::language::Text;
use brain_store::{Store, evidence as rows};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::entry::hash_of;
use super::head::SignedHead;
use super::merkle::{Frontier, Hash};
use crate::Result;

/// Entries read at a time.
const BATCH: u64 = 1_000;

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Verification {
    /// Whether every entry, the tree and every signed head agree.
    pub ok: bool,
    /// Entries read and found good.
    pub entries: u64,
    /// Root over those entries.
    pub root: Hash,
    /// Signed heads found good.
    pub heads: u64,
    /// The first thing found wrong.
    pub first_bad: Option<BadEntry>,
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
        };
        Self { seq, problem, detail }
    }
}

/// Heads to check against, smallest first, read in batches while the entries stream by.
struct Heads {
    waiting: std::collections::VecDeque<SignedHead>,
    read_up_to: u64,
    // The tree size beyond which heads are of entries appended after we began.
    until: u64,
}

impl Heads {
    async fn next_at(&mut self, store: &Store, size: u64) -> Result<Option<SignedHead>> {
        if self.waiting.is_empty() && self.read_up_to <= self.until {
            let batch = rows::heads_from(store.db(), self.read_up_to as i64, BATCH).await?;
            self.read_up_to = batch.last().map_or(self.until + 1, |head| head.size as u64 + 1);
            for row in batch {
                self.waiting.push_back(SignedHead::from_row(row)?);
            }
        }
        Ok(if self.waiting.front().is_some_and(|head| head.size == size) {
            self.waiting.pop_front()
        } else {
            None
        })
    }
}

/// Stream the log once. `keys` are public keys by id; `witness` is the newest head kept outside the database.
pub(crate) async fn run(
    store: &Store,
    keys: &BTreeMap<String, String>,
    witness: Option<&SignedHead>,
) -> Result<Verification> {
    // Heads before frontier: the log only grows, so a head we saw cannot be ahead of a frontier read later.
    let newest_head = rows::latest_head(store.db()).await?.map_or(0, |head| head.size as u64);
    let recorded = rows::frontier(store.db()).await?;
    let size = recorded.size.max(0) as u64;
    let expected = size.max(newest_head).max(witness.map_or(0, |head| head.size));
    let mut heads = Heads { waiting: std::collections::VecDeque::new(), read_up_to: 0, until: expected };
    let mut tree = Frontier::default();
    let mut good_heads = 0;
    // First entry not covered by a head found good.
    let mut uncovered = 0;
    let mut bad = None;
    'log: loop {
        while let Some(head) = heads.next_at(store, tree.size()).await? {
            if let Some(problem) = judge(&head, &tree, keys) {
                bad = Some(BadEntry::new(uncovered, problem));
                break 'log;
            }
            good_heads += 1;
            uncovered = tree.size();
        }
        if let Some(problem) =
            witness.filter(|head| head.size == tree.size()).and_then(|head| judge(head, &tree, keys))
        {
            bad = Some(BadEntry::new(uncovered, problem));
            break;
        }
        if tree.size() == expected {
            break;
        }
        bad = advance(store, &mut tree, &heads, witness, expected).await?;
        if bad.is_some() {
            break;
        }
    }
    if bad.is_none() {
        bad = check_edge(store, &tree, &recorded).await?;
    }
    Ok(Verification {
        ok: bad.is_none(),
        entries: tree.size(),
        root: tree.root(),
        heads: good_heads,
        first_bad: bad,
    })
}

/// Read on to the next head or the end of a batch, whichever comes first.
async fn advance(
    store: &Store,
    tree: &mut Frontier,
    heads: &Heads,
    witness: Option<&SignedHead>,
    expected: u64,
) -> Result<Option<BadEntry>> {
    let stop = heads
        .waiting
        .front()
        .into_iter()
        .chain(witness)
        .map(|head| head.size)
        .filter(|size| *size > tree.size())
        .fold(expected.min(tree.size() + BATCH), u64::min);
    let batch = rows::leaves_from(store.db(), tree.size() as i64, stop - tree.size()).await?;
    for row in &batch {
        if row.seq as u64 != tree.size() {
            return Ok(Some(BadEntry::new(tree.size(), Problem::Missing)));
        }
        match hash_of(row) {
            Ok(hash) if hash.as_bytes()[..] == row.leaf_hash[..] => tree.push(hash),
            _ => return Ok(Some(BadEntry::new(tree.size(), Problem::Altered))),
        }
    }
    Ok((tree.size() < stop).then(|| BadEntry::new(tree.size(), Problem::Missing)))
}

fn judge(head: &SignedHead, tree: &Frontier, keys: &BTreeMap<String, String>) -> Option<Problem> {
    if !keys.get(&head.key_id).is_some_and(|public| head.is_signed_by(public)) {
        Some(Problem::BadSignature)
    } else if head.root != tree.root() {
        Some(Problem::Rewritten)
    } else {
        None
    }
}

/// The recorded right edge must be that of the entries, and nothing may lie beyond it.
async fn check_edge(
    store: &Store,
    tree: &Frontier,
    recorded: &rows::FrontierRow,
) -> Result<Option<BadEntry>> {
    let peaks: Vec<u8> = tree.peaks().iter().flat_map(|peak| *peak.as_bytes()).collect();
    if recorded.size as u64 != tree.size() || recorded.peaks != peaks {
        return Ok(Some(BadEntry::new(tree.size().min(recorded.size.max(0) as u64), Problem::Rewritten)));
    }
    let beyond = rows::leaves_from(store.db(), recorded.size, 1).await?;
    let Some(row) = beyond.first() else { return Ok(None) };
    // An append may have happened meanwhile; then the frontier has moved past the row.
    let moved = rows::frontier(store.db()).await?.size > row.seq;
    Ok((!moved).then(|| BadEntry::new(row.seq.max(0) as u64, Problem::Inserted)))
}
