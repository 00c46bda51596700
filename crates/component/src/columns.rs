//! Typed access to the columns of a batch, for reads too large to become records.

use crate::error::Error;
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Date32Array, Float64Array, RecordBatch, StringArray,
};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Date32Type, Float64Type};

/// The columns of one batch, each brought to one of four types once per batch.
pub(crate) struct Columns {
    columns: Vec<Column>,
    rows: usize,
}

enum Column {
    Text(StringArray),
    Number(Float64Array),
    Flag(BooleanArray),
    Day(Date32Array),
}

impl Columns {
    /// Cast every column to text, number, flag or day by its own type.
    pub(crate) fn new(batch: &RecordBatch) -> Result<Self, Error> {
        let columns = batch.columns().iter().map(column).collect::<Result<_, _>>()?;
        Ok(Self { columns, rows: batch.num_rows() })
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// The text, empty where missing.
    pub(crate) fn text(&self, column: usize, row: usize) -> &str {
        match self.columns.get(column) {
            Some(Column::Text(array)) if array.is_valid(row) => array.value(row),
            _ => "",
        }
    }

    pub(crate) fn number(&self, column: usize, row: usize) -> Option<f64> {
        match self.columns.get(column) {
            Some(Column::Number(array)) if array.is_valid(row) => Some(array.value(row)),
            _ => None,
        }
    }

    /// The flag, `false` where missing.
    pub(crate) fn flag(&self, column: usize, row: usize) -> bool {
        matches!(self.columns.get(column), Some(Column::Flag(array)) if array.is_valid(row) && array.value(row))
    }

    /// Days since 1970-01-01.
    pub(crate) fn day(&self, column: usize, row: usize) -> Option<i32> {
        match self.columns.get(column) {
            Some(Column::Day(array)) if array.is_valid(row) => Some(array.value(row)),
            _ => None,
        }
    }
}

fn column(array: &ArrayRef) -> Result<Column, Error> {
    let to = |target: &DataType| cast(array, target).map_err(|error| Error::Internal(error.to_string()));
    Ok(match array.data_type() {
        DataType::Boolean => Column::Flag(array.as_boolean().clone()),
        kind if kind.is_numeric() => {
            Column::Number(to(&DataType::Float64)?.as_primitive::<Float64Type>().clone())
        }
        kind if kind.is_temporal() => {
            Column::Day(to(&DataType::Date32)?.as_primitive::<Date32Type>().clone())
        }
        _ => Column::Text(to(&DataType::Utf8)?.as_string::<i32>().clone()),
    })
}
