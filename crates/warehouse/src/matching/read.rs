//! Records of a table, read through the caller's session.

use super::keys::{Keys, joined};
use super::plan::Side;
use super::refuse;
use crate::query::{QueryStream, Session};
use crate::{Error, Result};
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::predicate::Predicate;
use brain_kernel::progress::{Cancel, Progress};
use brain_kernel::provenance::Input;
use brain_matching::Records;
use datafusion::arrow::array::{Array as _, ArrayRef, AsArray as _, RecordBatch, StringArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::error::DataFusionError;
use rustc_hash::FxHashSet;
use std::collections::BTreeMap;

/// Most rows of one table.
const ROWS_MAX: u64 = 5_000_000;
/// Longest time for reading one table, seconds.
const SECONDS_MAX: u64 = 1_800;

/// What one side of a step holds.
pub(super) struct SideRecords {
    /// The cells that are compared, columns named by field.
    pub(super) records: Records,
    /// By row of `records`, the number of the record.
    pub(super) numbers: Vec<u32>,
    /// Column by field of what is compared.
    pub(super) columns: BTreeMap<String, String>,
    pub(super) rows: u64,
    /// Rows left out because they have no key.
    pub(super) without_key: u64,
    /// Rows left out because an earlier one has their key.
    pub(super) repeated: u64,
    pub(super) input: Input,
    /// Whether the grant shows every row.
    pub(super) whole: bool,
}

/// Read what a side compares.
pub(super) async fn side(
    session: &Session,
    side: &Side,
    keys: &mut Keys,
    (progress, cancel): (&Progress, &Cancel),
) -> Result<SideRecords> {
    let wanted = side.read();
    let (input, whole) = admitted(session, &side.dataset, &wanted)?;
    progress.begin("读取", "Reading", 0);
    let records = Records::new(side.columns.keys()).map_err(Error::passed)?;
    let dataset = keys.dataset(&side.dataset);
    let mut out = SideRecords {
        records,
        numbers: Vec::new(),
        columns: side.columns.clone(),
        rows: 0,
        without_key: 0,
        repeated: 0,
        input,
        whole,
    };
    let mut known: FxHashSet<u32> = FxHashSet::default();
    let mut stream = open(session, &side.dataset, &wanted, cancel).await?;
    while let Some(batch) = stream.next().await {
        let batch = batch?;
        let texts = texts(&batch)?;
        for row in 0..batch.num_rows() {
            out.rows += 1;
            let Some(key) = joined(texts.iter().take(side.key.len()).map(|column| cell(column, row))) else {
                out.without_key += 1;
                continue;
            };
            let number = keys.number(dataset, &key);
            if !known.insert(number) {
                out.repeated += 1;
                continue;
            }
            let cells = texts.iter().skip(side.key.len()).map(|column| cell(column, row));
            out.records.push(cells).map_err(Error::passed)?;
            out.numbers.push(number);
        }
        progress.add(batch.num_rows() as u64);
    }
    all_of(&stream, &side.dataset)?;
    Ok(out)
}

/// The grant for a dataset shows these columns as they are; whether it shows every row too.
pub(super) fn admitted(session: &Session, dataset: &str, columns: &[String]) -> Result<(Input, bool)> {
    let known = session.columns(dataset);
    let (input, grant) = session.grant_of(dataset)?;
    if let Some(unknown) = columns.iter().find(|column| !known.contains(column)) {
        return Err(refuse(
            ErrorKind::InvalidArgument,
            "warehouse/match-column",
            format!("{dataset} 没有列 {unknown}。"),
            format!("{dataset} has no column {unknown}."),
        ));
    }
    if let Some(masked) = columns.iter().find(|column| grant.masks.contains_key(*column)) {
        return Err(Error::Failure(
            Failure::new(
                ErrorKind::Forbidden,
                "warehouse/match-masked",
                format!("您的授权对 {dataset} 的列 {masked} 做了脱敏，不能用来匹配。"),
                format!("Your grant masks the column {masked} of {dataset}; it cannot be matched by."),
            )
            .with_hint(
                "请申请该列的明文授权，或在方案中换用其他列。",
                "Ask for a grant that shows it, or name other columns in the plan.",
            ),
        ));
    }
    let whole = matches!(&grant.rows, Predicate::All(parts) if parts.is_empty());
    Ok((input, whole))
}

/// All rows the caller may see.
pub(super) async fn open(
    session: &Session,
    dataset: &str,
    columns: &[String],
    cancel: &Cancel,
) -> Result<QueryStream> {
    session.columns_of(dataset, columns, (ROWS_MAX, SECONDS_MAX), cancel.clone()).await
}

/// More rows than are taken is a refusal, never a part of the table.
pub(super) fn all_of(stream: &QueryStream, dataset: &str) -> Result<()> {
    if !stream.has_more() {
        return Ok(());
    }
    Err(refuse(
        ErrorKind::Exhausted,
        "warehouse/match-rows",
        format!("{dataset} 超过 {ROWS_MAX} 行；请用模型按地区等拆分后分别匹配。"),
        format!("{dataset} has more than {ROWS_MAX} rows; split it by a model, for example by region."),
    ))
}

/// Every column of a batch as text.
pub(crate) fn texts(batch: &RecordBatch) -> Result<Vec<StringArray>> {
    let text = |column: &ArrayRef| -> Result<StringArray> {
        let text = cast(column, &DataType::Utf8).map_err(DataFusionError::from)?;
        Ok(text.as_string::<i32>().clone())
    };
    batch.columns().iter().map(text).collect()
}

/// A cell; empty where there is none.
pub(crate) fn cell(column: &StringArray, row: usize) -> &str {
    if column.is_valid(row) { column.value(row) } else { "" }
}
