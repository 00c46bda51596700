//! Quality of a version (数据质量): how complete each column is, and how much of what was read is valid.

use crate::Result;
use crate::lake::read::TableAt;
use datafusion::common::stats::Precision;
use datafusion::execution::SessionState;
use datafusion::physical_plan::statistics::{StatisticsArgs, StatisticsContext};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How complete one column is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ColumnQuality {
    /// Column name.
    pub name: String,
    /// Share of rows with a value, 0 to 1; `None` where the files do not say.
    pub filled: Option<f64>,
}

/// Quality summary of one version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Quality {
    /// Version measured.
    pub version: u64,
    /// Completeness (完整性) per column, in column order.
    pub columns: Vec<ColumnQuality>,
    /// Rows put aside with a reason, over all ingests of this dataset.
    pub quarantined: u64,
    /// Share of rows read that met every rule (有效性), 0 to 1; `None` where nothing was read from outside.
    pub valid_share: Option<f64>,
}

/// Measure a version from the null counts in its Parquet footers; no row is read.
pub(crate) async fn measure(
    table: &TableAt,
    state: &SessionState,
    quarantined: u64,
    valid_share: Option<f64>,
) -> Result<Quality> {
    let plan = table.provider.scan(state, None, &[], None).await?;
    let statistics = StatisticsContext::new().compute(plan.as_ref(), &StatisticsArgs::new())?;
    let rows = table.rows;
    let columns = table
        .schema
        .fields()
        .iter()
        .zip(&statistics.column_statistics)
        .map(|(field, column)| ColumnQuality {
            name: field.name().clone(),
            filled: match column.null_count {
                Precision::Exact(_) | Precision::Inexact(_) if rows == 0 => None,
                Precision::Exact(nulls) | Precision::Inexact(nulls) => Some(1.0 - nulls as f64 / rows as f64),
                Precision::Absent => None,
            },
        })
        .collect();
    Ok(Quality { version: table.version, columns, quarantined, valid_share })
}
