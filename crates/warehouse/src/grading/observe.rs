//! What the columns of a dataset hold: all rows of a small table, a spread sample of a large one.

use crate::Result;
use crate::handle::Inner;
use crate::lake::read::TableAt;
use brain_privacy::recognise::{ColumnReport, ColumnScan, Kind, Scanner};
use datafusion::arrow::array::{Array, AsArray, RecordBatch, StringArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::error::DataFusionError;
use datafusion::physical_plan::{ExecutionPlanProperties, execute_stream_partitioned};
use futures::StreamExt as _;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Rows looked at; a table of no more is looked at whole.
const ROWS_MAX: usize = 50_000;
/// Rows taken from one batch of a large table, so that the sample reaches eight times further into its files.
const ROWS_OF_BATCH: usize = 1_024;
/// Bytes of text looked at.
const BYTES_MAX: usize = 64 << 20;

/// What was found in one column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ColumnEvidence {
    /// Column.
    pub column: String,
    /// Version of the dataset looked at.
    pub dataset_version: u64,
    /// Rows looked at.
    pub rows: u64,
    /// Whether these were all rows.
    pub complete: bool,
    /// Counts, shares, masked examples.
    pub report: ColumnReport,
    /// Distinct persons, approximately (HyperLogLog over every row), where the column identifies persons.
    pub persons: Option<u64>,
}

/// Rows of a table, sampled, with the positions of the columns that are text.
struct Sample {
    batches: Vec<RecordBatch>,
    rows: usize,
}

impl Inner {
    /// Look at every text and whole-number column of a version.
    pub(super) async fn observe(&self, dataset: &str, version: u64) -> Result<Vec<ColumnEvidence>> {
        let snapshot = self.catalogue.snapshot();
        let Some(entry) = snapshot.get(dataset).cloned() else { return Ok(Vec::new()) };
        let table = self.lake.open(dataset, version).await?;
        let wanted = |kind: &DataType| {
            matches!(kind, DataType::Utf8 | DataType::Utf8View | DataType::LargeUtf8 | DataType::Int64)
        };
        let places: Vec<usize> = table
            .schema
            .fields()
            .iter()
            .enumerate()
            // Columns the ingest adds start with an underscore and describe the file.
            .filter(|(_, field)| wanted(field.data_type()) && !field.name().starts_with('_'))
            .map(|(place, _)| place)
            .collect();
        if places.is_empty() {
            return Ok(Vec::new());
        }
        let sample = self.sample(&table, &places).await?;
        let names: Vec<(String, Vec<String>)> = places
            .iter()
            .filter_map(|place| {
                let name = table.schema.fields().get(*place)?.name().clone();
                let card = entry.columns.iter().find(|card| card.name == name);
                let titles = card.map(|card| vec![card.title.zh.clone(), card.title.en.clone()]);
                Some((name, titles.unwrap_or_default()))
            })
            .collect();
        let complete = sample.rows as u64 >= table.rows;
        let rows = sample.rows as u64;
        let reports = tokio::task::spawn_blocking(move || scan(&names, &sample))
            .await
            .map_err(|error| DataFusionError::External(Box::new(error)))??;
        let mut found = Vec::new();
        for (column, report) in reports {
            let identifies = report.recognised().any(|kind| kind.kind.counts_persons());
            let persons = if identifies { Some(self.persons(&table, &column).await?) } else { None };
            found.push(ColumnEvidence { column, dataset_version: version, rows, complete, report, persons });
        }
        Ok(found)
    }

    async fn sample(&self, table: &TableAt, places: &[usize]) -> Result<Sample> {
        let state = self.engine.parser();
        let plan = table.provider.scan(state, Some(&places.to_vec()), &[], None).await?;
        let partitions = plan.output_partitioning().partition_count().max(1);
        let small = table.rows as usize <= ROWS_MAX;
        let (mut batches, mut rows, mut bytes) = (Vec::new(), 0, 0);
        for mut stream in execute_stream_partitioned(plan, state.task_ctx())? {
            let mut taken = 0;
            while let Some(batch) = stream.next().await {
                let batch = batch?;
                let share = if small { batch.num_rows() } else { batch.num_rows().min(ROWS_OF_BATCH) };
                let part = batch.slice(0, share);
                taken += share;
                rows += share;
                bytes += part.get_array_memory_size() * share / batch.num_rows().max(1);
                batches.push(part);
                let enough = !small && taken >= ROWS_MAX / partitions;
                if enough || bytes >= BYTES_MAX {
                    break;
                }
            }
            if bytes >= BYTES_MAX {
                break;
            }
        }
        Ok(Sample { batches, rows })
    }

    /// Distinct values of a column, approximately, over every row.
    async fn persons(&self, table: &TableAt, column: &str) -> Result<u64> {
        use datafusion::functions_aggregate::expr_fn::approx_distinct;
        use datafusion::prelude::{Expr, SessionContext};
        let context = SessionContext::new_with_state(self.engine.parser().clone());
        let frame = context.read_table(Arc::clone(&table.provider))?;
        let column = Expr::Column(datafusion::common::Column::new_unqualified(column));
        let counted = frame.aggregate(Vec::new(), vec![approx_distinct(column)])?.collect().await?;
        let value = counted.first().and_then(|batch| {
            let column = batch.columns().first()?;
            column.as_primitive_opt::<datafusion::arrow::datatypes::UInt64Type>()?.values().first().copied()
        });
        Ok(value.unwrap_or_default())
    }
}

fn scan(names: &[(String, Vec<String>)], sample: &Sample) -> Result<Vec<(String, ColumnReport)>> {
    let scanner = Scanner::new();
    let mut found = Vec::new();
    for (place, (name, titles)) in names.iter().enumerate() {
        let mut texts: Vec<&str> = vec![name];
        texts.extend(titles.iter().map(String::as_str));
        let mut scan = ColumnScan::new(&scanner, &texts);
        for batch in &sample.batches {
            let column = cast(batch.column(place), &DataType::Utf8).map_err(DataFusionError::from)?;
            let Some(column) = column.as_any().downcast_ref::<StringArray>() else { continue };
            for value in column.iter().flatten() {
                scan.observe(value);
            }
        }
        found.push((name.clone(), scan.finish()));
    }
    Ok(found)
}

/// The kinds a column is said to hold, sorted: what tells one finding from another.
pub(super) fn kinds(evidence: &ColumnEvidence) -> Vec<Kind> {
    let mut kinds: Vec<Kind> = evidence.report.recognised().map(|kind| kind.kind).collect();
    kinds.sort();
    kinds
}
