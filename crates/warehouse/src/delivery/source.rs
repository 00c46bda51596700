//! The provider's side: which rows a version range holds for one grant, cut into batches on disk.
//!
//! Batches are written before the first one leaves, because only then is it known what the delivery holds, and because
//! a delivery that goes on after a crash must go on with the same bytes.

use super::batch::{BATCH_BYTES_MAX, digest, encoded};
use super::field::{DeliveryField, FieldKind, schema};
use super::refuse;
use super::rows::RowSet;
use crate::catalogue::entry::Entry;
use crate::lake::read::{TableAt, as_plain};
use crate::lake::rearrange::is_rearrangement;
use crate::query::view;
use crate::{Error, QueryStream, Result, Session, Warehouse};
use brain_kernel::error::ErrorKind;
use brain_kernel::grade::Grade;
use brain_kernel::language::Text;
use brain_kernel::party::Party;
use brain_kernel::predicate::{Mask, Predicate};
use brain_kernel::progress::Cancel;
use brain_kernel::side::DataSide;
use brain_store::PageRequest;
use brain_store::dataset;
use brain_trust::{AccessOrigin, Action, Grant};
use chrono::{DateTime, Utc};
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Bytes in memory at which a batch is closed earlier.
const MEMORY_BYTES: usize = 12 << 20;
/// Batches of one delivery at most.
const BATCHES_MAX: usize = 6_000;
/// Versions looked through for the oldest that has not arrived.
const VERSIONS_LOOKED_AT: u64 = 1_000;

/// What a delivery brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryMode {
    /// 全量: the whole version.
    Full,
    /// 增量: rows added since the version before.
    Changes,
}

impl DeliveryMode {
    /// Stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Changes => "changes",
        }
    }
}

/// What the receiver has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Had {
    /// Source version that arrived last.
    pub version: u64,
    /// View of the dataset it was made under, see [`Prepared::view`].
    pub view: String,
}

/// What is to be delivered, to whom, under which grant.
#[derive(Debug, Clone)]
pub struct DeliveryAsk {
    /// Account of the receiving node.
    pub party: Party,
    /// Purpose of the grant.
    pub purpose: String,
    /// The grant.
    pub grant: String,
    /// Dataset.
    pub dataset: String,
    /// Columns wanted; all that may be seen when empty.
    pub columns: Vec<String>,
    /// Rows wanted.
    pub rows: Predicate,
    /// Whether increments will do.
    pub mode: DeliveryMode,
    /// Rows of one batch; the last one has what is left.
    pub batch_rows: usize,
    /// What the receiver has.
    pub had: Option<Had>,
    /// Where the access comes from, for its audit record.
    pub origin: AccessOrigin,
}

/// One batch as it lies ready.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BatchFact {
    /// Rows.
    pub rows: u64,
    /// Bytes.
    pub bytes: u64,
    /// SHA-256, hexadecimal.
    pub sha256: String,
}

/// A delivery that lies ready.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared {
    /// Version the receiver had.
    pub from: Option<u64>,
    /// Version it gets.
    pub to: u64,
    /// Whole or increment.
    pub mode: DeliveryMode,
    /// Why it is whole where increments would have done.
    pub why_full: Option<Text>,
    /// Columns.
    pub fields: Vec<DeliveryField>,
    /// Columns that were asked for and stay here, because the grant hides them.
    pub withheld: Vec<String>,
    /// Batches in order.
    pub batches: Vec<BatchFact>,
    /// Number and hash of all rows.
    pub rows: RowSet,
    /// Rows of the whole version that the subscription reaches.
    pub table_rows: u64,
    /// Stands for row filter, masks and columns; another one makes increments meaningless.
    pub view: String,
    /// Title of the dataset.
    pub title: Text,
    /// Description of the dataset.
    pub description: Text,
    /// Grade of the dataset.
    pub grade: Grade,
    /// Whose side the data is on.
    pub side: DataSide,
    /// Column that says whose a row is.
    pub restricted_by: Option<String>,
    /// Under which terms.
    pub licence: String,
}

/// How the source stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceState {
    /// Newest version.
    pub version: Option<u64>,
    /// When it was committed.
    pub committed_at: Option<DateTime<Utc>>,
    /// When the oldest version after the one asked about was committed; `None` where there is none.
    pub behind_since: Option<DateTime<Utc>>,
}

/// What is read, and as what.
struct Chosen {
    part: TableAt,
    mode: DeliveryMode,
    why_full: Option<Text>,
}

impl Warehouse {
    /// Cut what the receiver lacks into batches in `folder`, or `None` where it has everything. Its audit record is on
    /// disk when this returns.
    pub async fn prepare_delivery(
        &self,
        ask: &DeliveryAsk,
        folder: &Path,
        cancel: &Cancel,
    ) -> Result<Option<Prepared>> {
        let entry = self.entry_of(&ask.dataset).await?;
        let Some(version) = entry.version else { return Ok(None) };
        let session = self.delivery_session(ask).held();
        let prepared = self.prepare(ask, &entry, version, &session, folder, cancel).await;
        let failure = prepared.as_ref().err().map(Error::code);
        session.finish_with(failure).await?;
        prepared
    }

    /// Whether the grant still opens the dataset as it did when `view` was made; the next batch leaves only then.
    pub async fn check_delivery(&self, ask: &DeliveryAsk, view: &str) -> Result<()> {
        let entry = self.entry_of(&ask.dataset).await?;
        let grant = self.delivery_grant(ask, &entry)?;
        let (fields, _) = columns(&entry, &grant, ask)?;
        if fingerprint(&grant, &ask.rows, &fields)? == view {
            return Ok(());
        }
        Err(refuse(
            ErrorKind::Precondition,
            "warehouse/delivery-view-changed",
            "授权、脱敏或字段自交付开始后已改变，本次交付作废，下次重新开始。",
            "The grant, its masks or the columns changed since the delivery began; it is void, the next run begins anew.",
        ))
    }

    /// How the dataset stands for somebody who has `had`.
    pub async fn source_state(&self, name: &str, had: Option<u64>) -> Result<SourceState> {
        let entry = self.entry_of(name).await?;
        let page = PageRequest::new(1, VERSIONS_LOOKED_AT);
        let mut versions = dataset::versions(self.inner.store.db(), name, page).await?.items;
        // The same rows in other files are nothing to deliver.
        versions.retain(|row| !row.run_id.as_deref().is_some_and(is_rearrangement));
        let newer = |version: i64| had.is_none_or(|had| u64::try_from(version).is_ok_and(|it| it > had));
        let oldest = versions.iter().take_while(|row| newer(row.version)).last();
        Ok(SourceState {
            version: entry.version.map(|_| entry.unchanged_since),
            committed_at: versions.first().map(|row| row.committed_at),
            behind_since: oldest.map(|row| row.committed_at),
        })
    }

    async fn entry_of(&self, name: &str) -> Result<Arc<Entry>> {
        // A de-grading that ran out raises grades again, at the next read.
        if self.inner.catalogue.is_due(self.inner.clock.now()) {
            self.inner.reload_catalogue().await?;
        }
        let found = self.inner.catalogue.snapshot().get(name).cloned();
        found.ok_or_else(|| Error::UnknownDataset { name: name.to_owned(), nearest: Vec::new() })
    }

    fn delivery_session(&self, ask: &DeliveryAsk) -> Session {
        let session = self.session(&ask.party, &ask.purpose).acting(Action::Move);
        session.coming_from(ask.origin.clone()).under(&ask.grant)
    }

    /// The grant as it stands, without an access of its own.
    fn delivery_grant(&self, ask: &DeliveryAsk, entry: &Entry) -> Result<Grant> {
        let asked = brain_trust::Ask { action: Action::Move, purpose: &ask.purpose, channel: None };
        let policy = self.inner.trust.policy();
        Ok(policy.admit_under(&ask.grant, &ask.party, &entry.facts(), &asked)?)
    }

    async fn prepare(
        &self,
        ask: &DeliveryAsk,
        entry: &Entry,
        version: u64,
        session: &Session,
        folder: &Path,
        cancel: &Cancel,
    ) -> Result<Option<Prepared>> {
        let grant = session.granted(&entry.name)?;
        let (fields, withheld) = columns(entry, &grant, ask)?;
        let view = fingerprint(&grant, &ask.rows, &fields)?;
        let Some(chosen) = self.choose(ask, entry, version, &view).await? else { return Ok(None) };
        let whole = self.inner.lake.open(&entry.name, version).await?;
        let table_rows = session.count(&self.wanted(ask, &whole)?, cancel.clone()).await?;
        let stream = session.deliver(&self.wanted(ask, &chosen.part)?, cancel.clone()).await?;
        let (batches, rows) = cut(stream, (schema(&fields)?, ask.batch_rows), folder, cancel).await?;
        Ok(Some(Prepared {
            from: ask.had.as_ref().map(|had| had.version),
            to: version,
            mode: chosen.mode,
            why_full: chosen.why_full,
            fields,
            withheld,
            batches,
            rows,
            table_rows,
            view,
            title: entry.title.clone(),
            description: entry.description.clone(),
            grade: entry.grade,
            side: entry.side,
            restricted_by: entry.restricted_by.clone(),
            licence: entry.licence.clone(),
        }))
    }

    /// Increments where they were asked for and are possible, the whole version otherwise, with the reason.
    async fn choose(
        &self,
        ask: &DeliveryAsk,
        entry: &Entry,
        version: u64,
        view: &str,
    ) -> Result<Option<Chosen>> {
        let name = entry.name.as_str();
        let whole = async |why: Option<(&str, &str)>| -> Result<Option<Chosen>> {
            let table = self.inner.lake.open(name, version).await?;
            let why_full = why.map(|(zh, en)| Text::new(zh, en));
            Ok(Some(Chosen { part: copied(&table), mode: DeliveryMode::Full, why_full }))
        };
        let Some(had) = &ask.had else { return whole(None).await };
        if had.view != view {
            return whole(Some((
                "授权、脱敏、行过滤或字段已改变，增量无从对齐，故全量交付。",
                "Grant, masks, row filter or columns changed; increments would not fit what was delivered before.",
            )))
            .await;
        }
        if had.version >= version || entry.is_as_now(had.version) {
            return Ok(None);
        }
        if ask.mode == DeliveryMode::Full {
            return whole(None).await;
        }
        if had.version < self.inner.catalogue.first_kept(name) {
            return whole(Some((
                "上次交付的版本已按留存规则删除，无从比较，故全量交付。",
                "The version delivered last was deleted under a retention rule; there is nothing to compare with.",
            )))
            .await;
        }
        match self.inner.lake.added(name, had.version, version).await? {
            Some(part) => Ok(Some(Chosen { part, mode: DeliveryMode::Changes, why_full: None })),
            None => {
                whole(Some((
                    "两个版本之间数据被改写（不只是追加），故全量交付。",
                    "Between the two versions rows were rewritten, not only added.",
                )))
                .await
            }
        }
    }

    /// The rows the subscription asks for, before the grant's own filter and masks.
    fn wanted(&self, ask: &DeliveryAsk, part: &TableAt) -> Result<TableAt> {
        let salt = self.inner.trust.policy().salt(&ask.party);
        let nothing_masked = std::collections::BTreeMap::new();
        let provider = view::provider(part, &ask.rows, &nothing_masked, &ask.party, &salt)?;
        Ok(TableAt { provider, ..copied(part) })
    }
}

fn copied(table: &TableAt) -> TableAt {
    TableAt {
        dataset: table.dataset.clone(),
        version: table.version,
        schema: SchemaRef::clone(&table.schema),
        rows: table.rows,
        bytes: table.bytes,
        provider: Arc::clone(&table.provider),
    }
}

/// The columns that go, and those that were wanted and stay: what the grant hides altogether never leaves.
fn columns(entry: &Entry, grant: &Grant, ask: &DeliveryAsk) -> Result<(Vec<DeliveryField>, Vec<String>)> {
    let wanted = |name: &String| ask.columns.is_empty() || ask.columns.contains(name);
    let hidden = |name: &String| grant.masks.get(name) == Some(&Mask::Redact);
    let (mut fields, mut withheld) = (Vec::new(), Vec::new());
    for column in entry.columns.iter().filter(|column| wanted(&column.name)) {
        if hidden(&column.name) {
            withheld.push(column.name.clone());
            continue;
        }
        let kind = column.data_type.parse().ok().and_then(|kind| FieldKind::of(&kind));
        let kind = kind.ok_or_else(|| {
            refuse(
                ErrorKind::Precondition,
                "warehouse/delivery-columns",
                format!("字段 {} 的类型 {} 不能交换，请在订阅中不选此字段。", column.name, column.data_type),
                format!(
                    "Column {} of type {} cannot be exchanged; subscribe without it.",
                    column.name, column.data_type
                ),
            )
        })?;
        fields.push(DeliveryField {
            name: column.name.clone(),
            kind,
            title: column.title.clone(),
            unit: column.unit.clone(),
            grade: column.grade,
        });
    }
    if let Some(owner) = &entry.restricted_by
        && !fields.iter().any(|field| field.name == *owner)
    {
        return Err(refuse(
            ErrorKind::Precondition,
            "warehouse/delivery-owner",
            format!("字段 {owner} 标明每行属于谁，须随数据交付，否则接收方无法按归属控制访问。"),
            format!("Column {owner} says whose a row is; without it the receiver could not keep rows apart."),
        ));
    }
    schema(&fields)?;
    Ok((fields, withheld))
}

/// One word for filter, masks and columns.
fn fingerprint(grant: &Grant, rows: &Predicate, fields: &[DeliveryField]) -> Result<String> {
    let names: Vec<(&str, FieldKind)> =
        fields.iter().map(|field| (field.name.as_str(), field.kind)).collect();
    Ok(digest(&serde_json::to_vec(&(&grant.id, &grant.rows, &grant.masks, rows, names))?))
}

/// Where batch `sequence` of a delivery lies, counted from 1.
fn place(folder: &Path, sequence: usize) -> PathBuf {
    folder.join(format!("{sequence:06}.parquet"))
}

impl Prepared {
    /// Where batch `sequence` lies, counted from 1.
    #[must_use]
    pub fn place(folder: &Path, sequence: usize) -> PathBuf {
        place(folder, sequence)
    }
}

/// Write the rows of a stream as batches.
async fn cut(
    mut stream: QueryStream,
    (schema, batch_rows): (SchemaRef, usize),
    folder: &Path,
    cancel: &Cancel,
) -> Result<(Vec<BatchFact>, RowSet)> {
    tokio::fs::create_dir_all(folder).await?;
    let (mut facts, mut all, mut held) = (Vec::new(), RowSet::default(), Vec::<RecordBatch>::new());
    let (mut rows, mut bytes) = (0, 0);
    loop {
        let next = stream.next().await.transpose()?;
        let ended = next.is_none();
        if cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        for batch in next.iter().flat_map(|batch| slices(batch, batch_rows)) {
            let batch = chosen(&batch, &schema)?;
            if rows + batch.num_rows() > batch_rows || bytes + batch.get_array_memory_size() > MEMORY_BYTES {
                flush(&mut facts, &mut all, std::mem::take(&mut held), &schema, folder).await?;
                (rows, bytes) = (0, 0);
            }
            rows += batch.num_rows();
            bytes += batch.get_array_memory_size();
            held.push(batch);
        }
        if ended {
            flush(&mut facts, &mut all, held, &schema, folder).await?;
            return Ok((facts, all));
        }
    }
}

fn slices(batch: &RecordBatch, rows: usize) -> impl Iterator<Item = RecordBatch> + '_ {
    (0..batch.num_rows()).step_by(rows).map(move |from| batch.slice(from, rows.min(batch.num_rows() - from)))
}

/// The columns of a delivery out of a batch of the view, as they are written.
fn chosen(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    let found = batch.schema();
    let places = schema.fields().iter().map(|field| found.index_of(field.name()));
    let places = places.collect::<std::result::Result<Vec<_>, _>>();
    let places = places.map_err(datafusion::error::DataFusionError::from)?;
    let picked = batch.project(&places).map_err(datafusion::error::DataFusionError::from)?;
    as_plain(&picked, schema)
}

async fn flush(
    facts: &mut Vec<BatchFact>,
    all: &mut RowSet,
    held: Vec<RecordBatch>,
    schema: &SchemaRef,
    folder: &Path,
) -> Result<()> {
    if held.is_empty() {
        return Ok(());
    }
    if facts.len() >= BATCHES_MAX {
        return Err(too_much());
    }
    let (schema, path) = (SchemaRef::clone(schema), place(folder, facts.len() + 1));
    let work = move || -> Result<(BatchFact, RowSet)> {
        let bytes = encoded(&schema, &held)?;
        if bytes.len() > BATCH_BYTES_MAX {
            return Err(too_much());
        }
        let mut set = RowSet::default();
        for batch in &held {
            set.add(batch).map_err(datafusion::error::DataFusionError::from)?;
        }
        std::fs::write(&path, &bytes)?;
        let fact = BatchFact { rows: set.rows(), bytes: bytes.len() as u64, sha256: digest(&bytes) };
        Ok((fact, set))
    };
    let done = tokio::task::spawn_blocking(work).await;
    let (fact, set) = done.map_err(|error| std::io::Error::other(error.to_string()))??;
    facts.push(fact);
    all.join(&set);
    Ok(())
}

fn too_much() -> Error {
    refuse(
        ErrorKind::Exhausted,
        "warehouse/delivery-too-large",
        format!("一次交付至多 {BATCHES_MAX} 批、每批 {} MiB；请用行过滤拆分订阅。", BATCH_BYTES_MAX >> 20),
        format!(
            "A delivery has at most {BATCHES_MAX} batches of {} MiB; split the subscription by a row filter.",
            BATCH_BYTES_MAX >> 20
        ),
    )
}
