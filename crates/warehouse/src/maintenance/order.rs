//! In which order rows are laid out: by one column as it is, by several along the Z-order curve (Morton 1966).
//!
//! A reader passes over row groups whose smallest and largest value exclude what it asks for. Sorting by the first
//! column helps those who ask for it alone; along the curve a row's place follows from all columns alike. Values are
//! replaced by the rank of the range they fall into, ranges holding about equally many rows of a sample, so that codes
//! with a common beginning are told apart as well as numbers.

use crate::Result;
use crate::lake::read::TableAt;
use datafusion::arrow::array::{ArrayRef, UInt64Array};
use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::row::{OwnedRow, RowConverter, SortField};
use datafusion::catalog::{CatalogProviderList, MemoryCatalogProviderList};
use datafusion::common::Column;
use datafusion::datasource::provider_as_source;
use datafusion::error::{DataFusionError, Result as EngineResult};
use datafusion::execution::SessionState;
use datafusion::logical_expr::{
    ColumnarValue, Expr, LogicalPlan, LogicalPlanBuilder, SortExpr, Volatility, create_udf,
};
use datafusion::physical_plan::execute_stream;
use futures::StreamExt as _;
use std::sync::Arc;

/// Ranges of one column; a power of two.
const RANGES: usize = 1_024;
/// Bits of a rank.
const RANK_BITS: u32 = RANGES.ilog2();
/// Columns of one curve at most, so that their bits fit a number.
const COLUMNS_MAX: usize = (u64::BITS / RANK_BITS) as usize;
/// Rows looked at to find the ranges.
const SAMPLE_ROWS: usize = 65_536;
/// Name the table goes by while it is laid out.
const TABLE: &str = "rows";

/// For plans that name no table.
pub(super) fn no_tables() -> Arc<dyn CatalogProviderList> {
    Arc::new(MemoryCatalogProviderList::new())
}

/// The rows of a table in the order of these columns; as they come where there are none.
pub(super) async fn ordered(
    state: &SessionState,
    table: &TableAt,
    columns: &[String],
) -> Result<LogicalPlan> {
    let scan = LogicalPlanBuilder::scan(TABLE, provider_as_source(Arc::clone(&table.provider)), None)?;
    let columns = columns.get(..COLUMNS_MAX.min(columns.len())).unwrap_or_default();
    let ascending = |expr: Expr| -> SortExpr { expr.sort(true, false) };
    let mut keys: Vec<SortExpr> = columns.iter().map(|name| ascending(named(name))).collect();
    if columns.is_empty() {
        return Ok(scan.build()?);
    }
    if columns.len() > 1 {
        keys.insert(0, ascending(curve(state, table, columns).await?));
    }
    Ok(scan.sort(keys)?.build()?)
}

fn named(name: &str) -> Expr {
    Expr::Column(Column::new(Some(TABLE), name))
}

/// A row's place on the curve, as an expression over the columns.
async fn curve(state: &SessionState, table: &TableAt, columns: &[String]) -> Result<Expr> {
    let kinds = columns.iter().map(|name| Ok(table.schema.field_with_name(name)?.data_type().clone()));
    let kinds: Vec<DataType> = kinds.collect::<EngineResult<_>>()?;
    let ranges = Arc::new(Ranges::of(state, table, columns, &kinds).await?);
    let place = create_udf(
        "place_on_curve",
        kinds,
        DataType::UInt64,
        Volatility::Immutable,
        Arc::new(move |values: &[ColumnarValue]| {
            let arrays = ColumnarValue::values_to_arrays(values)?;
            Ok(ColumnarValue::Array(Arc::new(ranges.places(&arrays)?)))
        }),
    );
    Ok(place.call(columns.iter().map(|name| named(name)).collect()))
}

/// Of each column the values at which a new range begins.
struct Ranges(Vec<(RowConverter, Vec<OwnedRow>)>);

impl Ranges {
    async fn of(
        state: &SessionState,
        table: &TableAt,
        columns: &[String],
        kinds: &[DataType],
    ) -> Result<Self> {
        let every = (usize::try_from(table.rows).unwrap_or(usize::MAX) / SAMPLE_ROWS).max(1);
        let scan = LogicalPlanBuilder::scan(TABLE, provider_as_source(Arc::clone(&table.provider)), None)?;
        let plan = scan.project(columns.iter().map(|name| named(name)))?.build()?;
        let physical = state.create_physical_plan(&plan).await?;
        let mut rows = execute_stream(physical, state.task_ctx())?;
        let mut samples: Vec<(RowConverter, Vec<OwnedRow>)> = Vec::new();
        for kind in kinds {
            samples.push((RowConverter::new(vec![SortField::new(kind.clone())]).map_err(arrow)?, Vec::new()));
        }
        let mut next = 0;
        while let Some(batch) = rows.next().await {
            let batch = batch?;
            for ((converter, sample), column) in samples.iter_mut().zip(batch.columns()) {
                let converted = converter.convert_columns(std::slice::from_ref(column)).map_err(arrow)?;
                sample
                    .extend((next..converted.num_rows()).step_by(every).map(|at| converted.row(at).owned()));
            }
            // Where the next sampled row lies in the batch to come.
            let taken = batch.num_rows().saturating_sub(next).div_ceil(every);
            next = (next + taken * every).saturating_sub(batch.num_rows());
        }
        let cut = |(converter, mut sample): (RowConverter, Vec<OwnedRow>)| {
            sample.sort_unstable();
            let bounds = (1..RANGES).filter_map(|range| sample.get(range * sample.len() / RANGES).cloned());
            (converter, bounds.collect())
        };
        Ok(Self(samples.into_iter().map(cut).collect()))
    }

    fn places(&self, columns: &[ArrayRef]) -> EngineResult<UInt64Array> {
        let rows = columns.first().map_or(0, |column| column.len());
        let mut places = vec![0_u64; rows];
        let of = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        for (at, ((converter, bounds), column)) in (0..of).zip(self.0.iter().zip(columns)) {
            let converted = converter.convert_columns(std::slice::from_ref(column)).map_err(arrow)?;
            for (place, row) in places.iter_mut().zip(&converted) {
                let rank = bounds.partition_point(|bound| bound.row() <= row);
                *place |= spread(rank as u64, at, of);
            }
        }
        Ok(UInt64Array::from(places))
    }
}

/// The bits of a rank at every `of`-th place, beginning at the `at`-th from the left of each group.
fn spread(rank: u64, at: u32, of: u32) -> u64 {
    (0..RANK_BITS).fold(0, |place, bit| place | (rank >> bit & 1) << (bit * of + (of - 1 - at)))
}

fn arrow(error: datafusion::arrow::error::ArrowError) -> DataFusionError {
    error.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curve_interleaves_the_bits_of_its_columns() {
        // Two columns: x takes the odd places, y the even ones (Morton's table of 4 by 4).
        let place = |x: u64, y: u64| spread(x, 0, 2) | spread(y, 1, 2);
        let found: Vec<u64> = (0..4).flat_map(|x| (0..4).map(move |y| place(x, y))).collect();
        assert_eq!(found, [0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 12, 13, 10, 11, 14, 15]);
        let most = (RANGES - 1) as u64;
        let all = (0..6).map(|at| spread(most, at, 6)).fold(0, |sum, bits| {
            assert_eq!(sum & bits, 0, "columns share no bit");
            sum | bits
        });
        assert_eq!(all.count_ones(), 6 * RANK_BITS);
    }
}
