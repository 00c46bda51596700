//! Audit (审计): every access with who, what, under which grant, how many rows, from where, and how it ended.
//!
//! Invariants: a record is on disk before what it records leaves the node, and where it cannot be written nothing
//! leaves; no function changes a record; a batch of records is anchored in the evidence log within seconds, so that
//! [`Audit::verify`] names the first record that was altered, removed or put in since; records go only when the law's
//! time is over, a whole batch at a time.
//! Deliberately absent: deciding (`policy`), and alerts, which read this log (`alerts`).
//! Start at [`Audit::begin`]; `access` is one access, `writer` writes, `verify` checks, `retention` lets go.

mod access;
mod options;
mod record;
mod retention;
mod verify;
mod writer;

use std::sync::Arc;

use brain_kernel::party::{Party, Role};
use brain_store::audit as rows;
use brain_store::{Page, PageRequest, Store};
use brain_verifier::Hash;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use crate::identity::require_role;
use crate::{Error, Evidence, Result};
use writer::{End, Queue};

pub use access::{Access, AccessOrigin};
pub use brain_store::audit::RecordFilter;
pub use options::{AuditOptions, DAYS_MIN, EXCHANGE_DAYS_MIN};
pub use record::{AuditInput, AuditRecord, Channel, Outcome};
pub use verify::{AuditProblem, AuditVerification, BadRecord};

pub(crate) use record::{from_row, inputs_of};

/// What the entries that anchor batches are about.
const RECORDS: &str = "audit:records";
/// Bytes of each digest that an anchor keeps, so that one altered record of a batch can be named.
const MARK_BYTES: usize = 8;
/// Records of an export that are read at once.
const EXPORT_AT_ONCE: u64 = 1_000;

/// A cheap-clone handle to the node's audit records.
#[derive(Clone)]
pub struct Audit(Arc<Inner>);

struct Inner {
    store: Store,
    evidence: Evidence,
    options: AuditOptions,
    queue: Queue,
    // Who holds this writes; there is one end of the log.
    end: tokio::sync::Mutex<End>,
    wake: Notify,
    // Rung after each commit, for who watches.
    news: Notify,
}

/// How the audit stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuditStatus {
    /// Days records are kept.
    pub days: u32,
    /// Days batches with exchange records are kept.
    pub exchange_days: u32,
    /// Records there are.
    pub records: u64,
    /// When the oldest was made.
    pub oldest_at: Option<DateTime<Utc>>,
    /// Batches anchored, those that expired included.
    pub batches: u64,
    /// Records not yet anchored.
    pub unanchored: u64,
}

/// Where a record is anchored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuditAnchor {
    /// Number of the batch.
    pub batch: u64,
    /// First record of the batch.
    pub first: u64,
    /// Last record of the batch.
    pub last: u64,
    /// Merkle root over the digests of the batch.
    pub root: Hash,
    /// Position of the entry in the evidence log.
    pub evidence: u64,
}

/// One access with everything recorded of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuditDetail {
    /// Its records in order: beginning and end, or one for both.
    pub records: Vec<AuditRecord>,
    /// Where the last of them is anchored; not yet within seconds.
    pub anchor: Option<AuditAnchor>,
}

impl Audit {
    pub(crate) async fn open(store: Store, evidence: Evidence, options: AuditOptions) -> Result<Self> {
        options.check().map_err(Error::Configuration)?;
        let end = End::load(&store, evidence.algorithm()).await?;
        Ok(Self(Arc::new(Inner {
            store,
            evidence,
            options,
            queue: Queue::default(),
            end: tokio::sync::Mutex::new(end),
            wake: Notify::new(),
            news: Notify::new(),
        })))
    }

    /// What was set.
    #[must_use]
    pub fn options(&self) -> &AuditOptions {
        &self.0.options
    }

    /// Resolves when records were written since it last resolved.
    pub(crate) async fn news(&self) {
        self.0.news.notified().await;
    }

    /// Accesses, newest first; one line each. Auditors only.
    pub async fn list(
        &self,
        actor: &Party,
        filter: &RecordFilter,
        page: PageRequest,
    ) -> Result<Page<AuditRecord>> {
        require_role(actor, Role::Auditor)?;
        self.flush().await?;
        let Page { items, total, page, page_size } = rows::list(self.0.store.db(), filter, page).await?;
        let items = items.into_iter().map(from_row).collect::<Result<_>>()?;
        Ok(Page { items, total, page, page_size })
    }

    /// The access that a record belongs to. Auditors only.
    pub async fn show(&self, actor: &Party, seq: u64) -> Result<AuditDetail> {
        require_role(actor, Role::Auditor)?;
        self.flush().await?;
        let unknown = || Error::not_found("audit record", &seq.to_string());
        let position = i64::try_from(seq).map_err(|_| unknown())?;
        let row = rows::find(self.0.store.db(), position).await?.ok_or_else(unknown)?;
        let all = rows::of_access(self.0.store.db(), &row.access).await?;
        let last = all.last().map_or(position, |row| row.seq);
        let anchor = rows::batch_of(self.0.store.db(), last).await?.map(anchor_of).transpose()?;
        Ok(AuditDetail { records: all.into_iter().map(from_row).collect::<Result<_>>()?, anchor })
    }

    /// How the audit stands. Auditors only.
    pub async fn status(&self, actor: &Party) -> Result<AuditStatus> {
        require_role(actor, Role::Auditor)?;
        self.flush().await?;
        let db = self.0.store.db();
        let batches = rows::last_batch(db).await?.map_or(0, |batch| batch.number.unsigned_abs() + 1);
        Ok(AuditStatus {
            days: self.0.options.days,
            exchange_days: self.0.options.exchange_days,
            records: rows::count(db).await?,
            oldest_at: rows::oldest(db).await?,
            batches,
            unanchored: self.0.end.lock().await.unanchored.len() as u64,
        })
    }

    /// Begin an export of what [`list`](Self::list) lists, oldest first. Auditors only; the export is an access
    /// itself, and its beginning is on disk before the first record is handed out.
    pub async fn export(
        &self,
        actor: &Party,
        filter: RecordFilter,
        origin: AccessOrigin,
    ) -> Result<AuditExport> {
        require_role(actor, Role::Auditor)?;
        self.flush().await?;
        let before = rows::next_seq(self.0.store.db()).await?;
        let access = self.begin(actor, "audit", "audit.export", origin);
        access.admit().await?;
        Ok(AuditExport { audit: self.clone(), filter, after: -1, before, access, over: false })
    }
}

/// An export under way. Dropping it before the end records that it broke off.
pub struct AuditExport {
    audit: Audit,
    filter: RecordFilter,
    after: i64,
    // What comes while the export runs is the next one's.
    before: i64,
    access: Access,
    over: bool,
}

impl AuditExport {
    /// The next records, oldest first; `None` when all were handed out and the end of the export is on disk.
    pub async fn next(&mut self) -> Result<Option<Vec<AuditRecord>>> {
        if self.over {
            return Ok(None);
        }
        self.access.broke_off();
        let store = &self.audit.0.store;
        let found = rows::list_after(store.db(), &self.filter, self.after, EXPORT_AT_ONCE).await;
        let found = found.inspect_err(|error| self.access.failed(error.code()))?;
        let found: Vec<_> = found.into_iter().filter(|row| row.seq < self.before).collect();
        let Some(last) = found.last() else {
            self.over = true;
            self.access.finish(None).await?;
            return Ok(None);
        };
        self.after = last.seq;
        self.access.handed_out(found.len() as u64);
        found.into_iter().map(from_row).collect::<Result<_>>().map(Some)
    }

    /// Bytes were sent.
    pub fn sent(&self, bytes: u64) {
        self.access.sent(bytes);
    }
}

fn anchor_of(row: rows::BatchRow) -> Result<AuditAnchor> {
    let number = |n: i64| u64::try_from(n).map_err(|_| Error::Corrupt { field: "audit_batch.number" });
    Ok(AuditAnchor {
        batch: number(row.number)?,
        first: number(row.first_seq)?,
        last: number(row.last_seq)?,
        root: Hash::try_from(row.root).map_err(|_| Error::Corrupt { field: "audit_batch.root" })?,
        evidence: number(row.evidence_seq)?,
    })
}

fn root_text(root: &Hash) -> String {
    root.to_string()
}
