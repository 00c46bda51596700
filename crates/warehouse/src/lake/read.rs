//! Reading: a dataset at one version as a scan.
//!
//! The Delta log says which files a version consists of; DataFusion's own Parquet scan reads them, so that a read
//! through the door costs what a bare read costs. Tables here are written by this crate only, without deletion
//! vectors, column mapping or partition columns; a table that needs them is refused rather than read wrongly.

use super::Lake;
use super::commit::StagedFile;
use crate::{Error, Result};
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::TableProvider;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::{ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl};
use datafusion::error::DataFusionError;
use deltalake_core::logstore::LogStoreRef;
use deltalake_core::{DeltaTable, DeltaTableBuilder, DeltaTableError};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Versions kept open at most; the oldest name goes first when the cache is full.
const OPEN_VERSIONS_MAX: usize = 256;

/// One version of one dataset, open for reading.
#[derive(Debug)]
pub(crate) struct TableAt {
    pub(crate) dataset: String,
    pub(crate) version: u64,
    /// Text as `Utf8View`, which is how it is read.
    pub(crate) schema: SchemaRef,
    pub(crate) rows: u64,
    pub(crate) bytes: u64,
    pub(crate) provider: Arc<dyn TableProvider>,
}

/// Open versions by name and number. A version never changes, so an entry never grows stale.
#[derive(Debug, Default)]
pub(crate) struct OpenTables(Mutex<BTreeMap<(String, u64), Arc<TableAt>>>);

impl OpenTables {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<(String, u64), Arc<TableAt>>> {
        // The map is whole after any panic: every change is one insert or remove.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, dataset: &str, version: u64) -> Option<Arc<TableAt>> {
        self.lock().get(&(dataset.to_owned(), version)).cloned()
    }

    fn keep(&self, table: &Arc<TableAt>) {
        let mut open = self.lock();
        while open.len() >= OPEN_VERSIONS_MAX {
            open.pop_first();
        }
        open.insert((table.dataset.clone(), table.version), Arc::clone(table));
    }
}

impl Lake {
    /// Open `dataset` at `version`.
    pub(crate) async fn open(&self, dataset: &str, version: u64) -> Result<Arc<TableAt>> {
        if let Some(table) = self.open_tables.get(dataset, version) {
            return Ok(table);
        }
        let delta = self.delta(dataset, Some(version)).await?;
        let table = Arc::new(table_at(dataset, version, &delta)?);
        self.open_tables.keep(&table);
        Ok(table)
    }

    /// Files of a run that are in no version yet, as the table they would make.
    pub(crate) fn staged(&self, dataset: &str, schema: &SchemaRef, files: &[StagedFile]) -> Result<TableAt> {
        let urls = files.iter().map(|file| self.file_url(dataset, &file.name));
        let schema = with_views(schema);
        Ok(TableAt {
            dataset: dataset.to_owned(),
            version: 0,
            rows: files.iter().map(|file| file.rows).sum(),
            bytes: files.iter().map(|file| file.bytes).sum(),
            provider: provider(urls.collect::<Result<_>>()?, &schema)?,
            schema,
        })
    }

    /// The rows that commits after version `from`, up to `to`, brought, as a table, where none of them took away or
    /// rewrote a row and the columns are the same; `None` where they did. A commit that only put the same rows into
    /// other files counts for nothing.
    pub(crate) async fn added(&self, dataset: &str, from: u64, to: u64) -> Result<Option<TableAt>> {
        let (before, after) = (self.delta(dataset, Some(from)).await?, self.delta(dataset, Some(to)).await?);
        let schema = with_views(&after.snapshot()?.snapshot().arrow_schema());
        if with_views(&before.snapshot()?.snapshot().arrow_schema()) != schema {
            return Ok(None);
        }
        let Some(new) = self.added_files(&after, from, to).await? else { return Ok(None) };
        let rows = new.iter().map(|file| file.rows).sum();
        let bytes = new.iter().map(|file| file.bytes).sum();
        let urls = new.iter().map(|file| self.file_url(dataset, &file.name));
        let provider = provider(urls.collect::<Result<_>>()?, &schema)?;
        Ok(Some(TableAt { dataset: dataset.to_owned(), version: to, schema, rows, bytes, provider }))
    }

    fn file_url(&self, dataset: &str, name: &str) -> Result<ListingTableUrl> {
        let url = match self.objects() {
            Some(objects) => objects.url(dataset, name)?.to_string(),
            None => self.folder(dataset).join(name).to_string_lossy().into_owned(),
        };
        Ok(ListingTableUrl::parse(url)?)
    }

    /// Close versions of a dataset up to `last`: their files are gone.
    pub(crate) fn forget(&self, dataset: &str, last: u64) {
        self.open_tables.lock().retain(|(name, version), _| name != dataset || *version > last);
    }

    /// The newest committed version, `None` where the dataset has no table yet.
    pub(crate) async fn latest(&self, dataset: &str) -> Result<Option<u64>> {
        match self.delta(dataset, None).await {
            Ok(delta) => Ok(delta.version()),
            Err(Error::UnknownDataset { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The Delta table behind a dataset.
    pub(super) async fn delta(&self, dataset: &str, version: Option<u64>) -> Result<DeltaTable> {
        let unknown = || Error::UnknownDataset { name: dataset.to_owned(), nearest: Vec::new() };
        if !self.has_log(dataset)? {
            return Err(unknown());
        }
        let mut table = DeltaTable::new(self.log_store(dataset)?);
        let loaded = match version {
            Some(version) => table.load_version(version).await,
            None => table.load().await,
        };
        match (loaded, version) {
            (Ok(()), _) => Ok(table),
            (Err(DeltaTableError::InvalidVersion(_) | DeltaTableError::NotATable(_)), Some(version)) => {
                Err(Error::UnknownVersion { name: dataset.to_owned(), version })
            }
            (Err(DeltaTableError::NotATable(_)), None) => Err(unknown()),
            (Err(error), _) => Err(error.into()),
        }
    }

    /// The Delta table as it is now; `None` before its first commit.
    pub(super) async fn table(&self, dataset: &str) -> Result<Option<DeltaTable>> {
        match self.delta(dataset, None).await {
            Ok(table) => Ok(Some(table)),
            // A crash while the very first commit was written leaves an empty log.
            Err(Error::UnknownDataset { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether a table may have a log, which is checked as far as it has sums; an object store is asked when it is read.
    fn has_log(&self, dataset: &str) -> Result<bool> {
        if self.objects.is_some() {
            return Ok(true);
        }
        let folder = self.folder(dataset);
        let there = folder.join("_delta_log").is_dir();
        if there {
            self.check_log(&folder)?;
        }
        Ok(there)
    }

    /// The log of a table, there or not.
    pub(super) fn log_store(&self, dataset: &str) -> Result<LogStoreRef> {
        if let Some(objects) = self.objects() {
            return objects.log_store(dataset);
        }
        let url = deltalake_core::ensure_table_uri(self.folder(dataset).to_string_lossy())?;
        Ok(DeltaTableBuilder::from_url(url)?.build_storage()?)
    }
}

fn table_at(dataset: &str, version: u64, delta: &DeltaTable) -> Result<TableAt> {
    let state = delta.snapshot()?;
    let snapshot = state.snapshot();
    if state.protocol().min_reader_version() > 1 || !state.metadata().partition_columns().is_empty() {
        return Err(DeltaTableError::Generic(format!(
            "{dataset} uses Delta features this program does not write (deletion vectors, column mapping, partitions)"
        ))
        .into());
    }
    let (mut rows, mut bytes) = (0, 0);
    for file in snapshot.log_data().iter() {
        rows += file.num_records().unwrap_or_default() as u64;
        bytes += u64::try_from(file.size()).unwrap_or_default();
    }
    let schema = with_views(&snapshot.arrow_schema());
    let files = delta
        .get_file_uris()?
        .map(|uri| ListingTableUrl::parse(uri).map_err(Error::from))
        .collect::<Result<Vec<_>>>()?;
    let provider = provider(files, &schema)?;
    Ok(TableAt { dataset: dataset.to_owned(), version, schema, rows, bytes, provider })
}

fn provider(files: Vec<ListingTableUrl>, schema: &SchemaRef) -> Result<Arc<dyn TableProvider>> {
    if files.is_empty() {
        return Ok(Arc::new(datafusion::datasource::empty::EmptyTable::new(Arc::clone(schema))));
    }
    let options = ListingOptions::new(Arc::new(ParquetFormat::default())).with_file_extension(".parquet");
    let config = ListingTableConfig::new_with_multi_paths(files)
        .with_listing_options(options)
        .with_schema(Arc::clone(schema));
    Ok(Arc::new(ListingTable::try_new(config)?))
}

/// Text columns as views: comparing and filtering them copies no bytes.
pub(crate) fn with_views(schema: &SchemaRef) -> SchemaRef {
    let fields = schema.fields().iter().map(|field| match field.data_type() {
        DataType::Utf8 | DataType::LargeUtf8 => {
            Field::new(field.name(), DataType::Utf8View, field.is_nullable())
        }
        _ => Field::clone(field).with_metadata(std::collections::HashMap::new()),
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// The same schema with text as `Utf8` and without metadata, which is how it is written.
pub(crate) fn plain(schema: &SchemaRef) -> SchemaRef {
    let fields = schema.fields().iter().map(|field| {
        let kind = match field.data_type() {
            DataType::Utf8View | DataType::LargeUtf8 => DataType::Utf8,
            other => other.clone(),
        };
        Field::new(field.name(), kind, true)
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// A batch in the schema it is written in.
pub(crate) fn as_plain(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    let columns =
        batch.columns().iter().zip(schema.fields()).map(|(column, field)| cast(column, field.data_type()));
    let columns = columns.collect::<Result<Vec<_>, _>>().map_err(DataFusionError::from)?;
    Ok(RecordBatch::try_new(Arc::clone(schema), columns).map_err(DataFusionError::from)?)
}
