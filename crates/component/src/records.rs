//! Query results as typed records, for the few thousand rows a component looks at one by one.

use crate::error::Error;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::json::ArrayWriter;
use serde::de::DeserializeOwned;

/// Rows as values of `T`; column names are field names, nulls are absent fields.
///
/// Large reads, such as the chain graph's, take columns directly instead.
pub(crate) fn decode<T: DeserializeOwned>(batches: &[RecordBatch]) -> Result<Vec<T>, Error> {
    let internal = |error: &dyn std::fmt::Display| Error::Internal(format!("decoding rows: {error}"));
    let mut writer = ArrayWriter::new(Vec::new());
    let whole: Vec<&RecordBatch> = batches.iter().collect();
    writer.write_batches(&whole).map_err(|e| internal(&e))?;
    writer.finish().map_err(|e| internal(&e))?;
    let bytes = writer.into_inner();
    if bytes.is_empty() {
        return Ok(Vec::new());
    }
    serde_json::from_slice(&bytes).map_err(|e| internal(&e))
}
