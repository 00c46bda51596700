//! One batch on its way: a small Parquet file, zstd inside, read back strictly.

use super::field::{DeliveryField, schema};
use super::refuse;
use crate::{Error, Result};
use brain_kernel::error::ErrorKind;
use brain_kernel::hexadecimal;
use bytes::Bytes;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use datafusion::parquet::basic::{Compression, ZstdLevel};
use datafusion::parquet::file::properties::WriterProperties;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Rows of one batch at most.
pub const BATCH_ROWS_MAX: usize = 65_536;
/// Bytes of one batch on its way at most.
pub const BATCH_BYTES_MAX: usize = 15 << 20;
/// Bytes of one batch in memory at most: a small file may say that it unfolds into very much.
const UNFOLDED_BYTES_MAX: usize = 512 << 20;
/// Rows read at a time.
const PIECE_ROWS: usize = 4_096;

/// Rows as they travel.
pub fn encoded(schema: &SchemaRef, batches: &[RecordBatch]) -> Result<Bytes> {
    let level = ZstdLevel::try_new(3).unwrap_or_default();
    let properties = WriterProperties::builder().set_compression(Compression::ZSTD(level)).build();
    let mut bytes = Vec::new();
    let mut writer =
        ArrowWriter::try_new(&mut bytes, SchemaRef::clone(schema), Some(properties)).map_err(written)?;
    for batch in batches {
        writer.write(batch).map_err(written)?;
    }
    writer.close().map_err(written)?;
    Ok(bytes.into())
}

fn written(error: datafusion::parquet::errors::ParquetError) -> Error {
    Error::Table(error.into())
}

/// Rows as they arrived, exactly of these columns; anything else is refused. Never panics, whatever the bytes are.
pub fn read_back(fields: &[DeliveryField], bytes: Bytes) -> Result<Vec<RecordBatch>> {
    let schema = schema(fields)?;
    if bytes.len() > BATCH_BYTES_MAX {
        return Err(broken(&format!("{} > {BATCH_BYTES_MAX} bytes", bytes.len())));
    }
    // The reader panics on some damaged files; nothing of it is used again then.
    let read = catch_unwind(AssertUnwindSafe(|| read(&schema, bytes)));
    read.unwrap_or_else(|_| Err(broken("its reader gave up")))
}

fn read(schema: &SchemaRef, bytes: Bytes) -> Result<Vec<RecordBatch>> {
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let builder = ParquetRecordBatchReaderBuilder::try_new_with_options(bytes, options)
        .map_err(|error| broken(&error.to_string()))?;
    let groups = builder.metadata().row_groups();
    let unfolded =
        groups.iter().try_fold(0_i64, |sum, group| sum.checked_add(group.total_byte_size().max(0)));
    let rows = builder.metadata().file_metadata().num_rows();
    if unfolded.is_none_or(|bytes| bytes > UNFOLDED_BYTES_MAX as i64)
        || !(0..=BATCH_ROWS_MAX as i64).contains(&rows)
    {
        return Err(broken("more rows or bytes than a batch has"));
    }
    let found = builder.schema();
    if found.fields().len() != schema.fields().len()
        || found.fields().iter().zip(schema.fields()).any(|(found, told)| found.name() != told.name())
    {
        return Err(other_columns(schema, found));
    }
    let reader = builder.with_batch_size(PIECE_ROWS).build().map_err(|error| broken(&error.to_string()))?;
    let (mut batches, mut held, mut seen) = (Vec::new(), 0_usize, 0_usize);
    for batch in reader {
        let batch = batch.map_err(|error| broken(&error.to_string()))?;
        let columns = batch.columns().iter().zip(schema.fields()).map(|(column, field)| {
            // Parquet has fewer types than Arrow; only spellings of the same type are turned into each other.
            let same = super::FieldKind::of(column.data_type()) == super::FieldKind::of(field.data_type());
            if !same {
                return Err(other_columns(schema, &batch.schema()));
            }
            datafusion::arrow::compute::cast(column, field.data_type())
                .map_err(|error| broken(&error.to_string()))
        });
        let columns = columns.collect::<Result<Vec<_>>>()?;
        let batch = RecordBatch::try_new(SchemaRef::clone(schema), columns)
            .map_err(|error| broken(&error.to_string()))?;
        held = held.saturating_add(batch.get_array_memory_size());
        seen += batch.num_rows();
        if held > UNFOLDED_BYTES_MAX || seen > BATCH_ROWS_MAX {
            return Err(broken("more rows or bytes than a batch has"));
        }
        batches.push(batch);
    }
    Ok(batches)
}

fn broken(reason: &str) -> Error {
    refuse(
        ErrorKind::InvalidArgument,
        "warehouse/delivery-batch",
        format!("交付批次无法读取：{reason}。"),
        format!("The batch of the delivery cannot be read: {reason}."),
    )
}

fn other_columns(told: &SchemaRef, found: &SchemaRef) -> Error {
    let names = |schema: &SchemaRef| {
        let shown = schema.fields().iter().take(20).map(|field| {
            let name: String = field.name().chars().take(40).collect();
            format!("{name} {}", field.data_type())
        });
        shown.collect::<Vec<_>>().join(", ")
    };
    let (told, found) = (names(told), names(found));
    refuse(
        ErrorKind::InvalidArgument,
        "warehouse/delivery-columns",
        format!("批次的字段与清单不同：清单为 {told}，批次为 {found}。"),
        format!("The batch has other columns than its manifest: {found} instead of {told}."),
    )
}

/// SHA-256 of bytes, hexadecimal.
pub(super) fn digest(bytes: &[u8]) -> String {
    use sha2::{Digest as _, Sha256};
    hexadecimal::encode(&Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::{FieldKind, RowSet};
    use brain_kernel::grade::Grade;
    use brain_kernel::language::Text;
    use datafusion::arrow::array::{
        ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, StringArray,
        TimestampMicrosecondArray,
    };
    use std::sync::Arc;

    fn field(name: &str, kind: FieldKind) -> DeliveryField {
        let title = Text::new(name, name);
        DeliveryField { name: name.to_owned(), kind, title, unit: None, grade: Grade::General1 }
    }

    fn every_kind() -> (Vec<DeliveryField>, RecordBatch) {
        let decimal = FieldKind::Decimal { precision: 18, scale: 2 };
        let fields = vec![
            field("text", FieldKind::Text),
            field("count", FieldKind::Int64),
            field("share", FieldKind::Float64),
            field("yes", FieldKind::Boolean),
            field("day", FieldKind::Day),
            field("at", FieldKind::Instant),
            field("clock", FieldKind::Clock),
            field("money", decimal),
        ];
        let at = vec![Some(1_700_000_000_000_001), None, Some(-1)];
        let columns: Vec<ArrayRef> = vec![
            Arc::new(StringArray::from(vec![Some("减速器"), None, Some("")])),
            Arc::new(Int64Array::from(vec![Some(1), Some(-2), None])),
            Arc::new(Float64Array::from(vec![Some(0.1), Some(-0.0), None])),
            Arc::new(BooleanArray::from(vec![Some(true), None, Some(false)])),
            Arc::new(Date32Array::from(vec![Some(20_000), None, Some(-1)])),
            Arc::new(TimestampMicrosecondArray::from(at.clone()).with_timezone("UTC")),
            Arc::new(TimestampMicrosecondArray::from(at)),
            Arc::new(
                Decimal128Array::from(vec![Some(12_345), None, Some(-1)])
                    .with_precision_and_scale(18, 2)
                    .unwrap(),
            ),
        ];
        let schema = schema(&fields).unwrap();
        (fields, RecordBatch::try_new(schema, columns).unwrap())
    }

    fn hash(batches: &[RecordBatch]) -> String {
        let mut set = RowSet::default();
        for batch in batches {
            set.add(batch).unwrap();
        }
        set.hash()
    }

    #[test]
    fn what_is_read_back_is_what_was_sent_in_every_type() {
        let (fields, batch) = every_kind();
        let bytes = encoded(&batch.schema(), std::slice::from_ref(&batch)).unwrap();
        let back = read_back(&fields, bytes).unwrap();
        assert_eq!(back, vec![batch.clone()]);
        assert_eq!(hash(&back), hash(&[batch]));
    }

    #[test]
    fn bytes_that_are_cut_or_changed_are_refused_or_hash_otherwise_and_never_panic() {
        let (fields, batch) = every_kind();
        let bytes = encoded(&batch.schema(), std::slice::from_ref(&batch)).unwrap();
        let whole = hash(&[batch]);
        let mut seen = std::collections::BTreeSet::new();
        for at in 0..bytes.len() {
            assert!(read_back(&fields, bytes.slice(..at)).is_err(), "cut at {at}");
            let mut changed = bytes.to_vec();
            changed[at] ^= 0x20;
            assert_ne!(digest(&changed), digest(&bytes), "the digest of the batch sees every byte");
            if let Ok(batches) = read_back(&fields, changed.into()) {
                // Where only statistics were touched, the rows are the same.
                seen.insert(hash(&batches) == whole);
            }
        }
        assert!(seen.contains(&false), "some changes reach the rows, and their hash tells");
    }

    #[test]
    fn other_columns_than_the_manifest_names_are_refused() {
        let (fields, batch) = every_kind();
        let bytes = encoded(&batch.schema(), &[batch]).unwrap();
        let code = |fields: &[DeliveryField]| read_back(fields, bytes.clone()).unwrap_err().code();
        assert_eq!(code(&fields[1..]), "warehouse/delivery-columns");
        let mut renamed = fields.clone();
        renamed[0].name = "other".to_owned();
        assert_eq!(code(&renamed), "warehouse/delivery-columns");
        let mut retyped = fields.clone();
        retyped[1].kind = FieldKind::Text;
        assert_eq!(code(&retyped), "warehouse/delivery-columns");
        let mut twice = fields;
        twice[1].name = "text".to_owned();
        assert_eq!(code(&twice), "warehouse/delivery-columns");
    }
}
