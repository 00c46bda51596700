//! Parquet: columns cast to text, so that one set of rules serves every format; "line" is the row number.

use super::chunk::{Chunk, ChunkKind, FileFacts, Header, Opened};
use super::contained::contained;
use super::record::{Records, Row, Span};
use crate::ingest::IngestError;
use crate::source::FileDigest;
use datafusion::arrow::array::{Array, AsArray, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use datafusion::parquet::file::reader::ChunkReader;
use std::path::Path;

const ROWS_PER_PIECE: usize = 8_192;

/// Open a Parquet file, on disk or in memory.
pub(super) fn open(
    path: &Path,
    source: impl ChunkReader + 'static,
    facts: FileFacts,
    digest: FileDigest,
) -> Result<Opened, IngestError> {
    let file = path.display().to_string();
    let broken =
        |error: &dyn std::fmt::Display| IngestError::Broken { file: file.clone(), reason: error.to_string() };
    // The Arrow schema that some writers put beside Parquet's own panics its reader where it is damaged. Leaving it out
    // would turn times of a zone into other days.
    let (names, mut reader) = contained(&file, || {
        let builder = ParquetRecordBatchReaderBuilder::try_new(source).map_err(|error| broken(&error))?;
        let names: Vec<String> = builder.schema().fields().iter().map(|field| field.name().clone()).collect();
        let reader = builder.with_batch_size(ROWS_PER_PIECE).build().map_err(|error| broken(&error))?;
        Ok((names, reader))
    })?;
    let mut row = 1u64;
    let chunks = std::iter::from_fn(move || {
        let broken = |error: &dyn std::fmt::Display| IngestError::Broken {
            file: file.clone(),
            reason: error.to_string(),
        };
        let batch = match contained(&file, || reader.next().transpose().map_err(|error| broken(&error))) {
            Ok(batch) => batch?,
            Err(error) => return Some(Err(error)),
        };
        let first_line = row;
        row += batch.num_rows() as u64;
        match records(&batch, first_line) {
            Ok(records) => Some(Ok(Chunk { first_line, kind: ChunkKind::Ready(records) })),
            Err(error) => Some(Err(broken(&error))),
        }
    });
    let header = Header { names, open_ended: false, positional: false };
    Ok(Opened { header, facts, digest, chunks: Box::new(chunks) })
}

fn records(batch: &RecordBatch, first_line: u64) -> Result<Records, datafusion::arrow::error::ArrowError> {
    let columns = batch
        .columns()
        .iter()
        .map(|column| cast(column, &DataType::LargeUtf8))
        .collect::<Result<Vec<_>, _>>()?;
    let texts: Vec<_> = columns.iter().map(AsArray::as_string::<i64>).collect();
    let mut records = Records { width: texts.len(), ..Records::default() };
    for row in 0..batch.num_rows() {
        let start = records.text.len();
        for column in &texts {
            let span = if column.is_null(row) { Span::NULL } else { records.intern(column.value(row)) };
            records.fields.push(span);
            records.text.push('\t');
        }
        let end = records.text.len().saturating_sub(1).max(start);
        records.rows.push(Row { line: first_line + row as u64, raw: Span::new(start, end), fault: None });
    }
    Ok(records)
}
