//! Writing: files staged in the table's folder become one version by one Delta commit.
//!
//! Files are named after the run that wrote them and mean nothing until a commit adds them. A crash before the commit
//! leaves orphans, which [`Lake::sweep`] removes by the run's id. The commit's `userMetadata` carries the run's id, so
//! that [`Lake::version_of_run`] can tell after a crash whether the commit happened. Where the lake is on an object
//! store, a file is finished when the store has it.

use super::Lake;
use super::files::prefix;
use super::objects::Objects;
use super::sums::{self, SummedFile};
use crate::{Error, Result};
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::basic::{Compression, Encoding, ZstdLevel};
use datafusion::parquet::file::properties::{EnabledStatistics, WriterProperties};
use datafusion::parquet::schema::types::ColumnPath;
use deltalake_core::kernel::engine::arrow_conversion::TryIntoKernel as _;
use deltalake_core::kernel::transaction::{CommitBuilder, CommitProperties};
use deltalake_core::kernel::{Action, Add, MetadataExt as _, StructType, Transaction};
use deltalake_core::operations::create::CreateBuilder;
use deltalake_core::protocol::{DeltaOperation, SaveMode};
use futures::{Stream, StreamExt as _};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs::File;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;

/// Rows in a row group: large enough to compress well, small enough to bound a writer's memory.
const ROW_GROUP_ROWS: usize = 262_144;

/// Whether a commit adds to the table or takes its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Change {
    Append,
    Replace,
}

/// What a commit says about itself in `userMetadata`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Note {
    /// The ingest or model run.
    pub(crate) run_id: String,
    /// Digest of what was read; empty for models.
    pub(crate) content_hash: String,
    /// Digests of the files an append takes in, remembered by the table itself (Delta `txn` actions), so that the
    /// same file is never added twice.
    #[serde(skip)]
    pub(crate) sources: Vec<String>,
}

/// A file written, not yet part of any version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StagedFile {
    pub(crate) name: String,
    pub(crate) bytes: u64,
    pub(crate) rows: u64,
    pub(crate) written_ms: i64,
}

/// Writes one staged file.
pub(crate) struct StagingWriter {
    writer: ArrowWriter<SummedFile>,
    path: PathBuf,
    name: String,
    rows: u64,
    /// Where the file goes when it is finished, and as part of which table; `None` where it stays.
    leaves_for: Option<(Arc<Objects>, String)>,
}

impl StagingWriter {
    /// Append a batch.
    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.rows += batch.num_rows() as u64;
        self.writer.write(batch).map_err(parquet)
    }

    /// Write the footer and force the file to disk, or to the object store. Blocks; not for a task of the runtime.
    pub(crate) fn finish(self, now_ms: i64) -> Result<StagedFile> {
        let (file, sums) = self.writer.into_inner().map_err(parquet)?.finish();
        let bytes = file.metadata()?.len();
        if let Some((objects, dataset)) = &self.leaves_for {
            drop(file);
            objects.carry_over(&self.path, dataset, &self.name)?;
            std::fs::remove_file(&self.path)?;
        } else {
            brain_durable::sync_file(&file, &self.path)?;
            if let Some(table) = self.path.parent() {
                sums.keep(&sums::path_of(table, &self.name))?;
            }
        }
        Ok(StagedFile { name: self.name, bytes, rows: self.rows, written_ms: now_ms })
    }
}

fn parquet(error: datafusion::parquet::errors::ParquetError) -> Error {
    Error::Table(error.into())
}

impl Lake {
    /// Begin a file of `dataset` for a run; `part` tells the run's files apart.
    pub(crate) fn stage(
        &self,
        dataset: &str,
        schema: &SchemaRef,
        run_id: &str,
        part: usize,
    ) -> Result<StagingWriter> {
        let folder = self.folder(dataset);
        std::fs::create_dir_all(&folder)?;
        let name = format!("{}{part:04}.parquet", prefix(run_id));
        let path = folder.join(&name);
        let writer = ArrowWriter::try_new(
            SummedFile::new(File::create(&path)?),
            Arc::clone(schema),
            Some(properties(schema)),
        )
        .map_err(parquet)?;
        let leaves_for = self.objects.clone().map(|objects| (objects, dataset.to_owned()));
        Ok(StagingWriter { writer, path, name, rows: 0, leaves_for })
    }

    /// Make staged files a version of the dataset. With no file a replacement empties the table.
    pub(crate) async fn commit(
        &self,
        dataset: &str,
        schema: &SchemaRef,
        files: &[StagedFile],
        change: Change,
        note: &Note,
    ) -> Result<u64> {
        let adds: Vec<Action> = files.iter().map(|file| Action::Add(add(file))).collect();
        let metadata = [("userMetadata".to_owned(), serde_json::Value::String(serde_json::to_string(note)?))];
        let remembered = note.sources.iter().map(|source| Transaction::new(source, 1)).collect();
        let properties = CommitProperties::default()
            .with_metadata(metadata)
            .with_application_transactions(remembered)
            // By default a checkpoint deletes logs older than a month, and with them the way back to old versions,
            // without a rule and without anybody's approval.
            .with_cleanup_expired_logs(Some(false));
        let kernel: StructType =
            schema.as_ref().try_into_kernel().map_err(deltalake_core::DeltaTableError::from)?;
        let Some(table) = self.table(dataset).await? else {
            let created = CreateBuilder::new()
                .with_log_store(self.log_store(dataset)?)
                .with_table_name(dataset)
                .with_columns(kernel.fields().cloned())
                .with_actions(adds)
                .with_commit_properties(properties)
                .await?;
            let version = created.version().unwrap_or_default();
            self.bring_to_disk(dataset, version)?;
            return Ok(version);
        };
        let state = table.snapshot()?;
        let mut actions = Vec::new();
        if let Some(merged) = evolved(dataset, &state.schema(), &kernel, change)? {
            let metadata = state.metadata().clone().with_schema(&merged);
            let metadata =
                metadata.map_err(|error| deltalake_core::DeltaTableError::Generic(error.to_string()))?;
            actions.push(Action::Metadata(metadata));
        }
        if change == Change::Replace {
            actions.extend(state.log_data().iter().map(|file| Action::Remove(file.remove_action(true))));
        }
        actions.extend(adds);
        let mode = if change == Change::Replace { SaveMode::Overwrite } else { SaveMode::Append };
        let operation = DeltaOperation::Write { mode, partition_by: None, predicate: None };
        let builder: CommitBuilder = properties.into();
        let done = builder.with_actions(actions).build(Some(state), table.log_store(), operation).await?;
        self.bring_to_disk(dataset, done.version())?;
        Ok(done.version())
    }

    /// A commit as its library leaves it lies in the kernel's memory; the journal may be forgotten only when commit,
    /// files and folders are on disk.
    pub(super) fn bring_to_disk(&self, dataset: &str, version: u64) -> Result<()> {
        if self.objects.is_some() {
            // The store answered that it has the commit, and it had the files before.
            return Ok(());
        }
        let folder = self.folder(dataset);
        let log = folder.join("_delta_log");
        let commit = log.join(format!("{version:020}.json"));
        brain_durable::sync_file(&File::open(&commit)?, &commit)?;
        self.sum_log(dataset)?;
        Ok(brain_durable::sync_folders(&log, &self.root)?)
    }

    /// Write a whole stream as one staged file: the way of models.
    pub(crate) async fn write(
        &self,
        dataset: &str,
        schema: &SchemaRef,
        batches: impl Stream<Item = Result<RecordBatch>>,
        (run_id, part): (&str, usize),
        now_ms: i64,
    ) -> Result<StagedFile> {
        let mut batches = pin!(batches);
        let mut writer = self.stage(dataset, schema, run_id, part)?;
        while let Some(batch) = batches.next().await {
            let batch = batch?;
            // Encoding is work for a core; let other tasks of this thread go on elsewhere.
            writer = tokio::task::spawn_blocking(move || writer.write(&batch).map(|()| writer))
                .await
                .map_err(|error| std::io::Error::other(error.to_string()))??;
        }
        let finished = tokio::task::spawn_blocking(move || writer.finish(now_ms)).await;
        finished.map_err(|error| std::io::Error::other(error.to_string()))?
    }

    /// Whether an append took in a file of this digest before.
    pub(crate) async fn has_source(&self, dataset: &str, source: &str) -> Result<bool> {
        let Some(table) = self.table(dataset).await? else { return Ok(false) };
        let known = table.snapshot()?.transaction_version(table.log_store().as_ref(), source).await?;
        Ok(known.is_some())
    }
}

fn properties(schema: &SchemaRef) -> WriterProperties {
    let level = ZstdLevel::try_new(1).unwrap_or_default();
    let mut builder = WriterProperties::builder()
        .set_compression(Compression::ZSTD(level))
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_statistics_enabled(EnabledStatistics::Chunk);
    for field in schema.fields() {
        // Line numbers ascend: their differences take a few bits each.
        if field.name() == LINE_COLUMN {
            let path = ColumnPath::from(field.name().as_str());
            builder = builder
                .set_column_dictionary_enabled(path.clone(), false)
                .set_column_encoding(path, Encoding::DELTA_BINARY_PACKED);
        }
    }
    builder.build()
}

/// Column of every ingested table: physical line (row number of workbooks and Parquet) in the source file.
pub(crate) const LINE_COLUMN: &str = "_line";

pub(super) fn add(file: &StagedFile) -> Add {
    Add {
        path: file.name.clone(),
        partition_values: HashMap::new(),
        size: file.bytes as i64,
        modification_time: file.written_ms,
        data_change: true,
        stats: Some(format!("{{\"numRecords\":{}}}", file.rows)),
        tags: None,
        deletion_vector: None,
        base_row_id: None,
        default_row_commit_version: None,
        clustering_provider: None,
    }
}

/// The table's schema after the commit where it changes. A replacement brings its own; an append may add columns.
fn evolved(
    dataset: &str,
    present: &StructType,
    new: &StructType,
    change: Change,
) -> Result<Option<StructType>> {
    let same = |a: &StructType, b: &StructType| {
        a.fields().map(|f| (f.name(), f.data_type())).eq(b.fields().map(|f| (f.name(), f.data_type())))
    };
    if same(present, new) {
        return Ok(None);
    }
    if change == Change::Replace {
        return Ok(Some(new.clone()));
    }
    let mut fields: Vec<_> = present.fields().cloned().collect();
    for field in new.fields() {
        match present.field(field.name()) {
            None => fields.push(field.clone()),
            Some(known) if known.data_type() == field.data_type() => {}
            Some(known) => {
                return Err(brain_kernel::error::Failure::new(
                    brain_kernel::error::ErrorKind::Precondition,
                    "warehouse/column-type-changed",
                    format!(
                        "{dataset} 的列 {} 已是 {}，不能追加 {}。",
                        field.name(),
                        known.data_type(),
                        field.data_type()
                    ),
                    format!(
                        "Column {} of {dataset} is {} already; {} cannot be appended.",
                        field.name(),
                        known.data_type(),
                        field.data_type()
                    ),
                )
                .with_hint(
                    "改回列类型，或把映射的 mode 改为 replace。",
                    "Restore the type, or make the mapping's mode replace.",
                )
                .into());
            }
        }
    }
    if fields.len() == present.fields().count() {
        return Ok(None);
    }
    let merged = StructType::try_new(fields)
        .map_err(|error| Error::Table(deltalake_core::DeltaTableError::Generic(error.to_string())))?;
    Ok(Some(merged))
}
