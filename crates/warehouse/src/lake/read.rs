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
        let folder = self.folder(dataset);
        let urls =
            files.iter().map(|file| Ok(ListingTableUrl::parse(folder.join(&file.name).to_string_lossy())?));
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

    /// What version `to` has beyond version `from`, as a table, where nothing of `from` was taken away or rewritten
    /// and its columns are the same; `None` where the two differ otherwise.
    pub(crate) async fn added(&self, dataset: &str, from: u64, to: u64) -> Result<Option<TableAt>> {
        let (before, after) = (self.delta(dataset, Some(from)).await?, self.delta(dataset, Some(to)).await?);
        let schema = with_views(&after.snapshot()?.snapshot().arrow_schema());
        if with_views(&before.snapshot()?.snapshot().arrow_schema()) != schema {
            return Ok(None);
        }
        let mut gone: std::collections::BTreeSet<String> = before.get_file_uris()?.collect();
        let mut new = Vec::new();
        for uri in after.get_file_uris()? {
            if !gone.remove(&uri) {
                new.push(uri);
            }
        }
        if !gone.is_empty() {
            return Ok(None);
        }
        let (mut rows, mut bytes) = (0, 0);
        for file in after.snapshot()?.snapshot().log_data().iter() {
            let path = file.path().into_owned();
            if new.iter().any(|uri| uri.ends_with(&path)) {
                rows += file.num_records().unwrap_or_default() as u64;
                bytes += u64::try_from(file.size()).unwrap_or_default();
            }
        }
        let files = new.into_iter().map(|uri| ListingTableUrl::parse(uri).map_err(Error::from));
        let provider = provider(files.collect::<Result<_>>()?, &schema)?;
        Ok(Some(TableAt { dataset: dataset.to_owned(), version: to, schema, rows, bytes, provider }))
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
        let folder = self.folder(dataset);
        if !folder.join("_delta_log").is_dir() {
            return Err(unknown());
        }
        self.check_log(&folder)?;
        let url = deltalake_core::ensure_table_uri(folder.to_string_lossy())?;
        let mut builder = DeltaTableBuilder::from_url(url)?;
        if let Some(version) = version {
            builder = builder.with_version(version as _);
        }
        builder.load().await.map_err(|error| match (error, version) {
            (DeltaTableError::InvalidVersion(_) | DeltaTableError::NotATable(_), Some(version)) => {
                Error::UnknownVersion { name: dataset.to_owned(), version }
            }
            (DeltaTableError::NotATable(_), None) => unknown(),
            (error, _) => error.into(),
        })
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
