//! Writing: files staged in the table's folder become one version by one Delta commit.
//!
//! Files are named after the run that wrote them and mean nothing until a commit adds them. A crash before the commit
//! leaves orphans, which [`Lake::sweep`] removes by the run's id. The commit's `userMetadata` carries the run's id, so
//! that [`Lake::version_of_run`] can tell after a crash whether the commit happened.

use super::Lake;
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
use deltalake_core::{DeltaTable, DeltaTableBuilder};
use futures::{Stream, StreamExt as _, TryStreamExt as _};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;

/// Rows in a row group: large enough to compress well, small enough to bound a writer's memory.
const ROW_GROUP_ROWS: usize = 262_144;
/// Commits looked back for a run's id; a run is looked for right after the crash that interrupted it.
const HISTORY_MAX: usize = 1_000;

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
}

impl StagingWriter {
    /// Append a batch.
    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.rows += batch.num_rows() as u64;
        self.writer.write(batch).map_err(parquet)
    }

    /// Write the footer and force the file to disk.
    pub(crate) fn finish(self, now_ms: i64) -> Result<StagedFile> {
        let (file, sums) = self.writer.into_inner().map_err(parquet)?.finish();
        brain_durable::sync_file(&file, &self.path)?;
        let bytes = file.metadata()?.len();
        if let Some(table) = self.path.parent() {
            sums.keep(&sums::path_of(table, &self.name))?;
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
        Ok(StagingWriter { writer, path, name, rows: 0 })
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
            let url = deltalake_core::ensure_table_uri(self.folder(dataset).to_string_lossy())?;
            let created = CreateBuilder::new()
                .with_location(url.as_str())
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
    fn bring_to_disk(&self, dataset: &str, version: u64) -> Result<()> {
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
        writer.finish(now_ms)
    }

    /// Whether an append took in a file of this digest before.
    pub(crate) async fn has_source(&self, dataset: &str, source: &str) -> Result<bool> {
        let Some(table) = self.table(dataset).await? else { return Ok(false) };
        let known = table.snapshot()?.transaction_version(table.log_store().as_ref(), source).await?;
        Ok(known.is_some())
    }

    /// The version a run committed to a dataset, if it did.
    pub(crate) async fn version_of_run(&self, dataset: &str, run_id: &str) -> Result<Option<u64>> {
        let Some(table) = self.table(dataset).await? else { return Ok(None) };
        let Some(latest) = table.version() else { return Ok(None) };
        let history: Vec<_> = table.history(Some(HISTORY_MAX)).try_collect().await?;
        Ok(history.iter().zip(0..).find_map(|(info, age)| {
            let note: Note = serde_json::from_str(info.user_metadata.as_deref()?).ok()?;
            (note.run_id == run_id).then(|| latest.saturating_sub(age))
        }))
    }

    /// Remove the files a run staged and never committed.
    pub(crate) fn sweep(&self, dataset: &str, run_id: &str) -> Result<usize> {
        let table = self.folder(dataset);
        let removed = remove_of_run(&table, run_id)?;
        remove_of_run(&table.join(sums::FOLDER), run_id)?;
        Ok(removed)
    }

    /// Every table folder there is, committed or not, as `zone.table`.
    pub(crate) fn datasets(&self) -> Result<Vec<String>> {
        let mut names = Vec::new();
        let Ok(zones) = std::fs::read_dir(&self.root) else { return Ok(names) };
        for zone in zones.flatten().filter(|zone| zone.path().is_dir()) {
            for table in std::fs::read_dir(zone.path())?.flatten().filter(|table| table.path().is_dir()) {
                names.push(format!(
                    "{}.{}",
                    zone.file_name().to_string_lossy(),
                    table.file_name().to_string_lossy()
                ));
            }
        }
        names.sort();
        Ok(names)
    }

    async fn table(&self, dataset: &str) -> Result<Option<DeltaTable>> {
        let folder = self.folder(dataset);
        if !folder.join("_delta_log").is_dir() {
            return Ok(None);
        }
        self.check_log(&folder)?;
        let url = deltalake_core::ensure_table_uri(folder.to_string_lossy())?;
        match DeltaTableBuilder::from_url(url)?.load().await {
            Ok(table) => Ok(Some(table)),
            // A crash while the very first commit was written leaves an empty log.
            Err(deltalake_core::DeltaTableError::NotATable(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// Remove the files in a folder whose names begin as those of a run do.
fn remove_of_run(folder: &Path, run_id: &str) -> Result<usize> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(0) };
    let prefix = prefix(run_id);
    let mut removed = 0;
    for entry in entries.flatten() {
        if entry.file_name().to_string_lossy().starts_with(&prefix) {
            std::fs::remove_file(entry.path())?;
            removed += 1;
        }
    }
    Ok(removed)
}

fn prefix(run_id: &str) -> String {
    format!("part-{run_id}-")
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

fn add(file: &StagedFile) -> Add {
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
