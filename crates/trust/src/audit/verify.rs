//! Whether the records still are what was anchored, and which one is not.

use std::collections::{BTreeSet, HashMap, VecDeque};

use brain_kernel::language::Text;
use brain_kernel::party::{Party, Role};
use brain_store::PageRequest;
use brain_store::audit::{self as rows, ExpiryRow, RecordRow};
use brain_store::page::PAGE_SIZE_MAX;
use brain_verifier::hash::hex;
use brain_verifier::{Hash, HashAlgorithm};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::record::{datasets_of, digest_of};
use super::writer::{End, root_of};
use super::{Audit, MARK_BYTES, RECORDS};
use crate::identity::require_role;
use crate::{Result, Verification};

/// Records read at once.
const READ_AT_ONCE: u64 = 1_000;

/// What is wrong with a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AuditProblem {
    /// It is not what was written.
    Altered,
    /// It is gone.
    Missing,
    /// It was put in.
    Inserted,
    /// The entry that anchors it does not fit the ones before.
    BadAnchor,
    /// The index of datasets does not fit the record.
    BadIndex,
    /// It is marked as expired, and nothing in the evidence log says so.
    BadExpiry,
}

/// The first record that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BadRecord {
    /// Its position.
    pub seq: i64,
    /// What is wrong.
    pub problem: AuditProblem,
    /// The same in words.
    pub detail: Text,
}

/// What a check of everything found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuditVerification {
    /// Whether records, anchors and the evidence log they lie in are whole.
    pub ok: bool,
    /// Records compared with their anchors.
    pub anchored: u64,
    /// Batches that anchor them.
    pub batches: u64,
    /// Batches that expired.
    pub expired: u64,
    /// Records of the last seconds, not anchored yet; compared with what the running process remembers.
    pub unanchored: u64,
    /// The first record that is not as it should be.
    pub first_bad: Option<BadRecord>,
    /// The evidence log, without which the anchors prove nothing.
    pub evidence: Verification,
}

/// A batch as the evidence log says.
struct Anchor {
    number: i64,
    first: i64,
    last: i64,
    root: String,
    previous: Option<String>,
    marks: String,
}

impl Anchor {
    fn parse(body: &Value) -> Option<Self> {
        Some(Self {
            number: body["batch"].as_i64()?,
            first: body["first"].as_i64()?,
            last: body["last"].as_i64()?,
            root: body["root"].as_str()?.to_owned(),
            previous: body["previous"].as_str().map(str::to_owned),
            marks: body["marks"].as_str()?.to_owned(),
        })
    }

    fn mark(&self, seq: i64) -> Option<&str> {
        let at = usize::try_from(seq - self.first).ok()? * MARK_BYTES * 2;
        self.marks.get(at..at + MARK_BYTES * 2)
    }
}

/// How far the walk through the records has come.
struct Walk<'a> {
    audit: &'a Audit,
    algorithm: HashAlgorithm,
    buffer: VecDeque<RecordRow>,
    read_to: i64,
    expired: HashMap<i64, ExpiryRow>,
    expiry_recorded: BTreeSet<i64>,
    next_seq: i64,
    next_batch: i64,
    previous: Option<String>,
    anchored: u64,
}

type Found = std::result::Result<(), BadRecord>;

impl Audit {
    /// Recompute every record and compare it with what the evidence log says of it. Auditors only.
    pub async fn verify(&self, actor: &Party) -> Result<AuditVerification> {
        require_role(actor, Role::Auditor)?;
        self.flush().await?;
        let evidence = self.0.evidence.verify().await?;
        let expiries = rows::expiries(self.0.store.db()).await?;
        let mut walk = Walk {
            audit: self,
            algorithm: self.0.evidence.algorithm(),
            buffer: VecDeque::new(),
            read_to: i64::MIN,
            expired: expiries.into_iter().map(|row| (row.number, row)).collect(),
            expiry_recorded: BTreeSet::new(),
            next_seq: 0,
            next_batch: 0,
            previous: None,
            anchored: 0,
        };
        let mut entries = 0;
        let mut found = walk.anchors(&mut entries).await?;
        let mut unanchored = 0;
        if found.is_ok() {
            // Held from here on, so that what is there beyond the end was put there by somebody else.
            let end = self.0.end.lock().await;
            found = walk.anchors(&mut entries).await?;
            if found.is_ok() {
                unanchored = end.unanchored.len() as u64;
                found = walk.tail(&end).await?;
            }
        }
        let first_bad = found.err();
        Ok(AuditVerification {
            ok: first_bad.is_none() && evidence.ok,
            anchored: walk.anchored,
            batches: walk.next_batch.unsigned_abs(),
            expired: walk.expired.len() as u64,
            unanchored,
            first_bad,
            evidence,
        })
    }
}

impl Walk<'_> {
    /// Go through the anchors from the `done`-th entry on.
    async fn anchors(&mut self, done: &mut u64) -> Result<Found> {
        loop {
            let page = PageRequest::new(*done / PAGE_SIZE_MAX + 1, PAGE_SIZE_MAX);
            let entries = self.audit.0.evidence.trace(RECORDS, page).await?;
            let skip = usize::try_from(*done - page.offset()).unwrap_or_default();
            let fresh = entries.items.len().saturating_sub(skip);
            for entry in entries.items.into_iter().skip(skip) {
                *done += 1;
                let found = match entry.kind.as_str() {
                    "audit.expire" => {
                        self.expiry(&entry.body);
                        Ok(())
                    }
                    "audit.batch" => match Anchor::parse(&entry.body) {
                        Some(anchor) => self.batch(&anchor).await?,
                        None => Err(bad(self.next_seq, AuditProblem::BadAnchor)),
                    },
                    _ => Ok(()),
                };
                if found.is_err() {
                    return Ok(found);
                }
            }
            if fresh == 0 || *done >= entries.total {
                return Ok(Ok(()));
            }
        }
    }

    fn expiry(&mut self, body: &Value) {
        if let Some(number) = body["batch"].as_i64() {
            self.expiry_recorded.insert(number);
        }
    }

    async fn batch(&mut self, anchor: &Anchor) -> Result<Found> {
        let fits = anchor.number == self.next_batch
            && anchor.first == self.next_seq
            && anchor.last >= anchor.first
            && anchor.previous == self.previous;
        if !fits {
            return Ok(Err(bad(anchor.first, AuditProblem::BadAnchor)));
        }
        (self.next_batch, self.next_seq) = (anchor.number + 1, anchor.last + 1);
        self.previous = Some(anchor.root.clone());
        if let Some(expiry) = self.expired.get(&anchor.number) {
            if (expiry.first_seq, expiry.last_seq) != (anchor.first, anchor.last) {
                return Ok(Err(bad(anchor.first, AuditProblem::BadExpiry)));
            }
            // Gone, and nothing may stand in their place.
            return self.nothing_before(anchor.last + 1).await;
        }
        if let Err(bad) = self.nothing_before(anchor.first).await? {
            return Ok(Err(bad));
        }
        let mut digests = Vec::new();
        let mut datasets = Vec::new();
        for seq in anchor.first..=anchor.last {
            let row = match self.expect(seq).await? {
                Ok(row) => row,
                Err(bad) => return Ok(Err(bad)),
            };
            let Some(digest) = as_written(self.algorithm, &row) else {
                return Ok(Err(bad(seq, AuditProblem::Altered)));
            };
            let mark = digest.as_bytes().get(..MARK_BYTES).map(hex);
            if mark.as_deref() != anchor.mark(seq) {
                return Ok(Err(bad(seq, AuditProblem::Altered)));
            }
            digests.push(digest);
            datasets.extend(datasets_of(&row).unwrap_or_default());
            self.anchored += 1;
        }
        if root_of(self.algorithm, digests.into_iter()).to_string() != anchor.root {
            return Ok(Err(bad(anchor.first, AuditProblem::Altered)));
        }
        let index = rows::datasets_between(self.audit.0.store.db(), anchor.first, anchor.last).await?;
        let differs = index.iter().zip(&datasets).find(|(is, should)| is != should);
        let first = differs.map(|(is, should)| is.seq.min(should.seq));
        let longer = index.get(datasets.len()).or_else(|| datasets.get(index.len())).map(|row| row.seq);
        Ok(match first.or(longer) {
            Some(seq) => Err(bad(seq, AuditProblem::BadIndex)),
            None => Ok(()),
        })
    }

    /// The records that are not anchored yet, against what the writer remembers of them.
    async fn tail(&mut self, end: &End) -> Result<Found> {
        let unsaid = self.expired.keys().find(|number| !self.expiry_recorded.contains(number));
        if let Some(row) = unsaid.and_then(|number| self.expired.get(number)) {
            return Ok(Err(bad(row.first_seq, AuditProblem::BadExpiry)));
        }
        if let Err(bad) = self.nothing_before(self.next_seq).await? {
            return Ok(Err(bad));
        }
        for remembered in &end.unanchored {
            let row = match self.expect(remembered.seq).await? {
                Ok(row) => row,
                Err(bad) => return Ok(Err(bad)),
            };
            if as_written(self.algorithm, &row) != Some(remembered.digest) {
                return Ok(Err(bad(row.seq, AuditProblem::Altered)));
            }
        }
        Ok(match self.peek().await? {
            Some(row) => Err(bad(row.seq, AuditProblem::Inserted)),
            None => Ok(()),
        })
    }

    async fn nothing_before(&mut self, seq: i64) -> Result<Found> {
        Ok(match self.peek().await? {
            Some(row) if row.seq < seq => Err(bad(row.seq, AuditProblem::Inserted)),
            _ => Ok(()),
        })
    }

    async fn expect(&mut self, seq: i64) -> Result<std::result::Result<RecordRow, BadRecord>> {
        Ok(match self.peek().await? {
            Some(row) if row.seq == seq => {
                self.buffer.pop_front().ok_or_else(|| bad(seq, AuditProblem::Missing))
            }
            _ => Err(bad(seq, AuditProblem::Missing)),
        })
    }

    async fn peek(&mut self) -> Result<Option<&RecordRow>> {
        if self.buffer.is_empty() {
            let store = &self.audit.0.store;
            let found = rows::records_from(store.db(), self.read_to, READ_AT_ONCE).await?;
            if let Some(last) = found.last() {
                self.read_to = last.seq + 1;
            }
            self.buffer = found.into();
        }
        Ok(self.buffer.front())
    }
}

/// The digest of a row that says of itself what it is.
fn as_written(algorithm: HashAlgorithm, row: &RecordRow) -> Option<Hash> {
    let digest = digest_of(algorithm, row).ok()?;
    (row.digest == digest.as_bytes()).then_some(digest)
}

fn bad(seq: i64, problem: AuditProblem) -> BadRecord {
    let (zh, en) = match problem {
        AuditProblem::Altered => ("被改动", "was altered"),
        AuditProblem::Missing => ("缺失", "is missing"),
        AuditProblem::Inserted => ("是事后插入的", "was put in afterwards"),
        AuditProblem::BadAnchor => {
            ("的锚定与前文不符", "is anchored in a way that does not fit the entries before")
        }
        AuditProblem::BadIndex => ("的数据集索引被改动", "has an index of datasets that was altered"),
        AuditProblem::BadExpiry => {
            ("被标为到期，但存证中没有记载", "is marked as expired, and no evidence says so")
        }
    };
    let detail = Text::new(format!("审计记录 {seq} {zh}。"), format!("Audit record {seq} {en}."));
    BadRecord { seq, problem, detail }
}
