//! Columns of a delivery, in words both nodes spell alike.

use super::refuse;
use crate::Result;
use brain_kernel::error::ErrorKind;
use brain_kernel::grade::Grade;
use brain_kernel::language::Text;
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Most columns of a delivery.
const COLUMNS_MAX: usize = 1_000;
/// Longest name of a column, bytes.
const NAME_BYTES_MAX: usize = 200;

/// Type of a column: what a Delta table can hold without nesting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// Text.
    Text,
    /// Whole number of 8 bits.
    Int8,
    /// Whole number of 16 bits.
    Int16,
    /// Whole number of 32 bits.
    Int32,
    /// Whole number of 64 bits.
    Int64,
    /// Floating point of 32 bits.
    Float32,
    /// Floating point of 64 bits.
    Float64,
    /// Truth value.
    Boolean,
    /// Day.
    Day,
    /// Instant, microseconds, UTC.
    Instant,
    /// Date and time without a zone, microseconds.
    Clock,
    /// Bytes.
    Bytes,
    /// Decimal number.
    Decimal {
        /// Digits.
        precision: u8,
        /// Digits after the point.
        scale: i8,
    },
}

/// A column of a delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeliveryField {
    /// Column name.
    pub name: String,
    /// Type.
    pub kind: FieldKind,
    /// Meaning.
    pub title: Text,
    /// Unit of the numbers.
    pub unit: Option<String>,
    /// Grade at the provider; the label travels with the data.
    pub grade: Grade,
}

impl FieldKind {
    /// The kind of an Arrow type, where it has one.
    pub(super) fn of(kind: &DataType) -> Option<Self> {
        Some(match kind {
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Self::Text,
            DataType::Int8 => Self::Int8,
            DataType::Int16 => Self::Int16,
            DataType::Int32 => Self::Int32,
            DataType::Int64 => Self::Int64,
            DataType::Float32 => Self::Float32,
            DataType::Float64 => Self::Float64,
            DataType::Boolean => Self::Boolean,
            DataType::Date32 => Self::Day,
            DataType::Timestamp(TimeUnit::Microsecond, Some(_)) => Self::Instant,
            DataType::Timestamp(TimeUnit::Microsecond, None) => Self::Clock,
            DataType::Binary | DataType::LargeBinary | DataType::BinaryView => Self::Bytes,
            DataType::Decimal128(precision, scale) => Self::Decimal { precision: *precision, scale: *scale },
            _ => return None,
        })
    }

    /// The Arrow type rows travel and are kept in.
    pub(super) fn arrow(self) -> DataType {
        match self {
            Self::Text => DataType::Utf8,
            Self::Int8 => DataType::Int8,
            Self::Int16 => DataType::Int16,
            Self::Int32 => DataType::Int32,
            Self::Int64 => DataType::Int64,
            Self::Float32 => DataType::Float32,
            Self::Float64 => DataType::Float64,
            Self::Boolean => DataType::Boolean,
            Self::Day => DataType::Date32,
            Self::Instant => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            Self::Clock => DataType::Timestamp(TimeUnit::Microsecond, None),
            Self::Bytes => DataType::Binary,
            Self::Decimal { precision, scale } => DataType::Decimal128(precision, scale),
        }
    }
}

/// The Arrow schema of these columns; a list that no table can have is refused.
pub(super) fn schema(fields: &[DeliveryField]) -> Result<SchemaRef> {
    let mut names = std::collections::BTreeSet::new();
    let wrong = fields.is_empty()
        || fields.len() > COLUMNS_MAX
        || fields.iter().any(|field| {
            let name = &field.name;
            let decimal = match field.kind {
                FieldKind::Decimal { precision, scale } => {
                    (1..=38).contains(&precision) && (0..=38).contains(&scale) && scale as u8 <= precision
                }
                _ => true,
            };
            name.is_empty() || name.len() > NAME_BYTES_MAX || !names.insert(name) || !decimal
        });
    if wrong {
        return Err(refuse(
            ErrorKind::InvalidArgument,
            "warehouse/delivery-columns",
            format!("交付的字段须为 1 至 {COLUMNS_MAX} 个、名称不重复、类型可用。"),
            format!("A delivery has 1 to {COLUMNS_MAX} columns of different names and usable types."),
        ));
    }
    let fields = fields.iter().map(|field| Field::new(&field.name, field.kind.arrow(), true));
    Ok(Arc::new(Schema::new(fields.collect::<Vec<_>>())))
}
