//! The consumer's side: batches become staged files, staged files are read again, and become one version.

use super::batch::{digest, read_back};
use super::field::{DeliveryField, schema};
use super::refuse;
use super::rows::RowSet;
use super::source::{BatchFact, DeliveryMode};
use crate::catalogue::record::Landed;
use crate::lake::commit::{Change, Note, StagedFile};
use crate::lake::read::{TableAt, as_plain, plain, with_views};
use crate::{Error, Result, Warehouse};
use brain_kernel::error::ErrorKind;
use brain_kernel::grade::Grade;
use brain_kernel::language::Text;
use brain_kernel::progress::Cancel;
use brain_kernel::side::DataSide;
use brain_store::dataset::{self, NewColumn, NewDataset, NewVersion};
use bytes::Bytes;
use datafusion::execution::SessionState;
use datafusion::physical_plan::execute_stream;
use futures::StreamExt as _;
use serde::{Deserialize, Serialize};

/// Zone of what other nodes deliver.
const ZONE: &str = "raw";
/// Longest name of a table, bytes.
const TABLE_BYTES_MAX: usize = 60;

/// A batch that was taken in and lies in the table's folder, in no version yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StagedBatch(StagedFile);

impl StagedBatch {
    /// Its rows.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.0.rows
    }
}

/// The table that deliveries go into, and what the catalogue shall say of it.
#[derive(Debug, Clone, PartialEq)]
pub struct DeliveryTarget {
    /// Dataset, `raw.…`.
    pub dataset: String,
    /// Columns.
    pub fields: Vec<DeliveryField>,
    /// Title.
    pub title: Text,
    /// Description.
    pub description: Text,
    /// Grade: the provider's, or a higher one.
    pub grade: Grade,
    /// Whose side the data is on.
    pub side: DataSide,
    /// Column that says whose a row is.
    pub restricted_by: Option<String>,
    /// Node and dataset it comes from.
    pub source: String,
    /// Under which terms.
    pub licence: String,
}

impl Warehouse {
    /// Refuse a name that no delivery can go into: of another zone, malformed, or a table that is there already.
    pub fn check_delivery_target(&self, name: &str) -> Result<()> {
        let table = name.strip_prefix("raw.").unwrap_or_default();
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        let starts = table.starts_with(|c: char| c.is_ascii_lowercase());
        if !starts || table.len() > TABLE_BYTES_MAX || !table.chars().all(plain) {
            return Err(refuse(
                ErrorKind::InvalidArgument,
                "warehouse/delivery-target",
                format!("目标数据集须形如 {ZONE}.province_firm：小写字母、数字和下划线。"),
                format!(
                    "The target is named like {ZONE}.province_firm: lower-case letters, digits, underscores."
                ),
            ));
        }
        if self.inner.catalogue.snapshot().contains_key(name) {
            return Err(refuse(
                ErrorKind::AlreadyExists,
                "warehouse/delivery-target-taken",
                format!("数据集 {name} 已经存在，请为交换另取一个名称。"),
                format!("Dataset {name} exists already; choose another name for what is exchanged."),
            ));
        }
        Ok(())
    }

    /// Take a batch in: held against its digest, read strictly, written as a staged file that is on disk when this
    /// returns. The same batch again takes the same place.
    pub async fn stage_batch(
        &self,
        target: &DeliveryTarget,
        delivery: &str,
        sequence: usize,
        fact: &BatchFact,
        bytes: Bytes,
    ) -> Result<StagedBatch> {
        let (inner, fields, fact) = (self.inner.clone(), target.fields.clone(), fact.clone());
        let (dataset, delivery) = (target.dataset.clone(), delivery.to_owned());
        let work = move || -> Result<StagedBatch> {
            if bytes.len() as u64 != fact.bytes || digest(&bytes) != fact.sha256 {
                return Err(damaged(sequence));
            }
            let batches = read_back(&fields, bytes)?;
            let mut writer = inner.lake.stage(&dataset, &schema(&fields)?, &delivery, sequence)?;
            for batch in &batches {
                writer.write(batch)?;
            }
            let file = writer.finish(inner.clock.now().timestamp_millis())?;
            if file.rows != fact.rows {
                return Err(damaged(sequence));
            }
            Ok(StagedBatch(file))
        };
        let done = tokio::task::spawn_blocking(work).await;
        done.map_err(|error| std::io::Error::other(error.to_string()))?
    }

    /// Read what was staged again, from disk, and say what it is.
    pub async fn read_staged(
        &self,
        target: &DeliveryTarget,
        staged: &[StagedBatch],
        cancel: &Cancel,
    ) -> Result<RowSet> {
        let written = schema(&target.fields)?;
        let mut all = RowSet::default();
        if staged.is_empty() {
            return Ok(all);
        }
        let table = self.inner.lake.staged(&target.dataset, &written, &files(staged))?;
        let mut rows = scan(self.inner.engine.parser(), &table).await?;
        while let Some(batch) = rows.next().await {
            if cancel.is_cancelled() {
                return Err(Error::Cancelled);
            }
            let batch = as_plain(&batch?, &written)?;
            let work = move || {
                let mut set = RowSet::default();
                set.add(&batch).map(|()| set)
            };
            let set = tokio::task::spawn_blocking(work).await;
            let set = set.map_err(|error| std::io::Error::other(error.to_string()))?;
            all.join(&set.map_err(datafusion::error::DataFusionError::from)?);
        }
        Ok(all)
    }

    /// Rows of the target at its newest version; 0 before the first.
    pub async fn target_rows(&self, name: &str) -> Result<u64> {
        match self.inner.lake.latest(name).await? {
            Some(version) => Ok(self.inner.lake.open(name, version).await?.rows),
            None => Ok(0),
        }
    }

    /// Refuse columns other than the target has: a delivery never changes a table's shape by itself.
    pub async fn check_target_columns(&self, target: &DeliveryTarget) -> Result<()> {
        let Some(version) = self.inner.lake.latest(&target.dataset).await? else { return Ok(()) };
        let table = self.inner.lake.open(&target.dataset, version).await?;
        let shape = |schema: &datafusion::arrow::datatypes::SchemaRef| {
            let fields = plain(schema);
            let of = |field: &std::sync::Arc<datafusion::arrow::datatypes::Field>| {
                (field.name().clone(), super::FieldKind::of(field.data_type()))
            };
            fields.fields().iter().map(of).collect::<Vec<_>>()
        };
        let (here, there) = (shape(&table.schema), shape(&with_views(&schema(&target.fields)?)));
        if here == there {
            return Ok(());
        }
        let names = |shape: &[(String, Option<super::FieldKind>)]| {
            shape.iter().take(30).map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ")
        };
        Err(refuse(
            ErrorKind::Precondition,
            "warehouse/delivery-columns",
            format!(
                "交付的字段（{}）与 {} 现有字段（{}）不同，未接收；请核对后用新名称重新订阅。",
                names(&there),
                target.dataset,
                names(&here)
            ),
            format!(
                "The delivery has columns ({}), {} has ({}); it was not taken. Check, and subscribe under a new name.",
                names(&there),
                target.dataset,
                names(&here)
            ),
        ))
    }

    /// Make what was staged one version of the target. Done before, it is the same version: each step looks first.
    pub async fn publish_delivery(
        &self,
        target: &DeliveryTarget,
        delivery: &str,
        staged: &[StagedBatch],
        mode: DeliveryMode,
        content_hash: &str,
    ) -> Result<u64> {
        let inner = &self.inner;
        let written = schema(&target.fields)?;
        let change = match mode {
            DeliveryMode::Full => Change::Replace,
            DeliveryMode::Changes => Change::Append,
        };
        let _committing = inner.committing.lock().await;
        let version = match inner.lake.version_of_run(&target.dataset, delivery).await? {
            Some(done) => done,
            None => {
                let note = Note {
                    run_id: delivery.to_owned(),
                    content_hash: content_hash.to_owned(),
                    sources: Vec::new(),
                };
                inner.lake.commit(&target.dataset, &written, &files(staged), change, &note).await?
            }
        };
        self.record_delivery(target, delivery, version, content_hash).await?;
        inner.reload_catalogue().await?;
        Ok(version)
    }

    /// Whether a delivery is a version of the target already.
    pub async fn is_delivered(&self, dataset: &str, delivery: &str) -> Result<bool> {
        Ok(self.inner.lake.version_of_run(dataset, delivery).await?.is_some())
    }

    /// Throw away what was staged.
    pub async fn discard_delivery(&self, dataset: &str, delivery: &str) -> Result<()> {
        self.inner.lake.sweep(dataset, delivery).await.map(drop)
    }

    async fn record_delivery(
        &self,
        target: &DeliveryTarget,
        delivery: &str,
        version: u64,
        content_hash: &str,
    ) -> Result<()> {
        let inner = &self.inner;
        let landed = self.landed(target, delivery, version, content_hash).await?;
        let number = landed.version.version;
        let transaction = inner.store.transaction().await?;
        // A start after a crash may have found the version in the lake and recorded it already.
        if dataset::find_version(&transaction, &target.dataset, number).await?.is_some() {
            dataset::upsert(&transaction, &landed.dataset, landed.version.committed_at).await?;
            dataset::replace_columns(&transaction, &target.dataset, &landed.columns).await?;
        } else {
            inner.record(&transaction, &landed).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    async fn landed(
        &self,
        target: &DeliveryTarget,
        delivery: &str,
        version: u64,
        content_hash: &str,
    ) -> Result<Landed> {
        let table = self.inner.lake.open(&target.dataset, version).await?;
        let column = |field: &DeliveryField| NewColumn {
            name: field.name.clone(),
            data_type: field.kind.arrow().to_string(),
            nullable: true,
            title: field.title.clone(),
            unit: field.unit.clone(),
            grade: field.grade,
        };
        Ok(Landed {
            dataset: NewDataset {
                name: target.dataset.clone(),
                title: target.title.clone(),
                description: target.description.clone(),
                owner: "node".to_owned(),
                side: target.side,
                zone: ZONE.to_owned(),
                grade: target.grade,
                restricted_by: target.restricted_by.clone(),
                source: target.source.clone(),
                licence: target.licence.clone(),
            },
            columns: target.fields.iter().map(column).collect(),
            version: NewVersion {
                dataset: target.dataset.clone(),
                version: version as i64,
                rows: table.rows as i64,
                bytes: table.bytes as i64,
                committed_at: self.inner.clock.now(),
                run_id: Some(delivery.to_owned()),
                content_hash: Some(content_hash.to_owned()),
                inputs: Vec::new(),
            },
            quarantined: 0,
            valid_share: None,
        })
    }
}

async fn scan(
    state: &SessionState,
    table: &TableAt,
) -> Result<datafusion::execution::SendableRecordBatchStream> {
    let source = datafusion::datasource::provider_as_source(std::sync::Arc::clone(&table.provider));
    let name = datafusion::common::TableReference::bare(table.dataset.clone());
    let plan = datafusion::logical_expr::LogicalPlanBuilder::scan(name, source, None)?.build()?;
    let physical = state.create_physical_plan(&plan).await?;
    Ok(execute_stream(physical, state.task_ctx())?)
}

fn files(staged: &[StagedBatch]) -> Vec<StagedFile> {
    staged.iter().map(|batch| batch.0.clone()).collect()
}

fn damaged(sequence: usize) -> Error {
    refuse(
        ErrorKind::InvalidArgument,
        "warehouse/delivery-batch",
        format!("第 {sequence} 批与清单不符（长度、校验和或行数），未接收。"),
        format!("Batch {sequence} is not what the manifest says (length, digest or rows); it was not taken."),
    )
}
