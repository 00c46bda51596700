//! The table of refused rows that stands beside every ingested table.

use super::build::Refused;
use datafusion::arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::arrow::error::ArrowError;
use std::sync::Arc;

/// Columns with their meaning, zh and en, in table order.
pub(crate) const COLUMNS: [(&str, &str, &str); 9] = [
    ("ingest_id", "入库任务", "Ingest run"),
    ("file", "文件", "File"),
    ("line", "行号（物理行）", "Line number (physical)"),
    ("column", "出错的列，整行出错时为空", "Column at fault; empty where the whole record is"),
    ("value", "出错的值（最多 200 字符）", "Value at fault, at most 200 characters"),
    ("reason_code", "原因代码", "Reason code"),
    ("reason_zh", "原因", "Reason in Chinese"),
    ("reason_en", "原因（英文）", "Reason in English"),
    ("raw", "原始记录", "Record as it stood in the file"),
];

/// Arrow schema of a quarantine table.
pub(crate) fn schema() -> SchemaRef {
    let fields = COLUMNS.iter().map(|(name, _, _)| {
        let kind = if *name == "line" { DataType::Int64 } else { DataType::Utf8 };
        Field::new(*name, kind, true)
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// Refused rows of one file as a batch.
pub(crate) fn batch(run_id: &str, file: &str, refused: &[Refused]) -> Result<RecordBatch, ArrowError> {
    let text = |of: fn(&Refused) -> &str| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(refused.iter().map(of)))
    };
    let same = |value: &str| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(std::iter::repeat_n(value, refused.len())))
    };
    RecordBatch::try_new(
        schema(),
        vec![
            same(run_id),
            same(file),
            Arc::new(Int64Array::from_iter_values(refused.iter().map(|row| row.line as i64))),
            text(|row| &row.column),
            text(|row| &row.value),
            text(|row| row.reason.code),
            text(|row| &row.reason.zh),
            text(|row| &row.reason.en),
            text(|row| &row.raw),
        ],
    )
}
