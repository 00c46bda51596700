//! Arrow values as JSON that loses nothing: what a number cannot carry becomes text.

use chrono::{DateTime, SecondsFormat, Utc};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{
    ArrowPrimitiveType, DataType, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, Schema, TimeUnit, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};

/// Largest whole number a JSON reader in a browser keeps exactly: 2⁵³ − 1.
const EXACT_INTEGER_MAX: u64 = (1 << 53) - 1;

/// A column of a result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ColumnType {
    /// Column name.
    pub name: String,
    /// `boolean`, `integer`, `number`, `decimal`, `text`, `date`, `time`, `timestamp`, `duration`, `binary`, `list` or
    /// `record`. Decimals, and integers beyond 2⁵³ − 1, arrive as text.
    #[serde(rename = "type")]
    #[schemars(extend("enum" = [
        "boolean", "integer", "number", "decimal", "text", "date", "time", "timestamp", "duration", "binary", "list",
        "record",
    ]))]
    pub kind: String,
}

/// The columns of a schema.
pub(crate) fn columns(schema: &Schema) -> Vec<ColumnType> {
    let column =
        |name: &str, kind: &DataType| ColumnType { name: name.to_owned(), kind: kind_of(kind).to_owned() };
    schema.fields().iter().map(|field| column(field.name(), field.data_type())).collect()
}

fn kind_of(kind: &DataType) -> &'static str {
    match kind {
        DataType::Boolean => "boolean",
        kind if kind.is_integer() => "integer",
        kind if kind.is_floating() => "number",
        kind if kind.is_decimal() => "decimal",
        DataType::Date32 | DataType::Date64 => "date",
        DataType::Time32(_) | DataType::Time64(_) => "time",
        DataType::Timestamp(..) => "timestamp",
        DataType::Duration(_) | DataType::Interval(_) => "duration",
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
            "binary"
        }
        DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..) => "list",
        DataType::Struct(_) | DataType::Map(..) => "record",
        DataType::Dictionary(_, values) => kind_of(values),
        _ => "text",
    }
}

/// Append the rows of a batch, each as an array of cells.
pub(crate) fn append_rows(batch: &RecordBatch, rows: &mut Vec<Value>) -> Result<(), ArrowError> {
    let columns = batch.columns().iter().map(column_values).collect::<Result<Vec<_>, _>>()?;
    let mut columns: Vec<_> = columns.into_iter().map(Vec::into_iter).collect();
    rows.reserve(batch.num_rows());
    for _ in 0..batch.num_rows() {
        rows.push(Value::Array(columns.iter_mut().filter_map(Iterator::next).collect()));
    }
    Ok(())
}

fn column_values(array: &ArrayRef) -> Result<Vec<Value>, ArrowError> {
    Ok(match array.data_type() {
        DataType::Boolean => array.as_boolean().iter().map(Value::from).collect(),
        DataType::Int8 => signed::<Int8Type>(array),
        DataType::Int16 => signed::<Int16Type>(array),
        DataType::Int32 => signed::<Int32Type>(array),
        DataType::Int64 => signed::<Int64Type>(array),
        DataType::UInt8 => unsigned::<UInt8Type>(array),
        DataType::UInt16 => unsigned::<UInt16Type>(array),
        DataType::UInt32 => unsigned::<UInt32Type>(array),
        DataType::UInt64 => unsigned::<UInt64Type>(array),
        DataType::Float16 => {
            array.as_primitive::<Float16Type>().iter().map(|v| float(v.map(f64::from))).collect()
        }
        // Through text, so that 0.1 stays 0.1 and does not become 0.10000000149011612.
        DataType::Float32 => array
            .as_primitive::<Float32Type>()
            .iter()
            .map(|v| float(v.and_then(|v| v.to_string().parse().ok())))
            .collect(),
        DataType::Float64 => array.as_primitive::<Float64Type>().iter().map(float).collect(),
        DataType::Utf8 => array.as_string::<i32>().iter().map(Value::from).collect(),
        DataType::LargeUtf8 => array.as_string::<i64>().iter().map(Value::from).collect(),
        DataType::Utf8View => array.as_string_view().iter().map(Value::from).collect(),
        DataType::Binary => array.as_binary::<i32>().iter().map(hexadecimal).collect(),
        DataType::LargeBinary => array.as_binary::<i64>().iter().map(hexadecimal).collect(),
        DataType::BinaryView => array.as_binary_view().iter().map(hexadecimal).collect(),
        DataType::FixedSizeBinary(_) => array.as_fixed_size_binary().iter().map(hexadecimal).collect(),
        DataType::Timestamp(unit, zone) => timestamps(array, *unit, zone.is_some())?,
        DataType::Dictionary(_, values) => column_values(&cast(array, values)?)?,
        DataType::List(_) => array.as_list::<i32>().iter().map(list).collect::<Result<_, _>>()?,
        DataType::LargeList(_) => array.as_list::<i64>().iter().map(list).collect::<Result<_, _>>()?,
        DataType::FixedSizeList(..) => {
            array.as_fixed_size_list().iter().map(list).collect::<Result<_, _>>()?
        }
        DataType::Struct(_) => records(array)?,
        DataType::Null => vec![Value::Null; array.len()],
        // Dates, times, decimals, intervals, maps and what may come: the engine's own text, ISO where it exists.
        _ => texts(array)?,
    })
}

fn signed<T: ArrowPrimitiveType>(array: &ArrayRef) -> Vec<Value>
where
    T::Native: Into<i64>,
{
    let value = |v: T::Native| {
        let v: i64 = v.into();
        if v.unsigned_abs() <= EXACT_INTEGER_MAX { Value::from(v) } else { Value::from(v.to_string()) }
    };
    array.as_primitive::<T>().iter().map(|v| v.map_or(Value::Null, value)).collect()
}

fn unsigned<T: ArrowPrimitiveType>(array: &ArrayRef) -> Vec<Value>
where
    T::Native: Into<u64>,
{
    let value = |v: T::Native| {
        let v: u64 = v.into();
        if v <= EXACT_INTEGER_MAX { Value::from(v) } else { Value::from(v.to_string()) }
    };
    array.as_primitive::<T>().iter().map(|v| v.map_or(Value::Null, value)).collect()
}

/// JSON knows neither NaN nor infinity; both are "no value".
fn float(value: Option<f64>) -> Value {
    value.and_then(Number::from_f64).map_or(Value::Null, Value::Number)
}

fn hexadecimal(bytes: Option<&[u8]>) -> Value {
    bytes.map_or(Value::Null, |bytes| Value::from(brain_kernel::hexadecimal::encode(bytes)))
}

/// RFC 3339 with `Z` for instants; local times without a zone carry none.
fn timestamps(array: &ArrayRef, unit: TimeUnit, zoned: bool) -> Result<Vec<Value>, ArrowError> {
    let instants = cast(array, &DataType::Timestamp(unit, None))?;
    let numbers = cast(&instants, &DataType::Int64)?;
    let text = |v: i64| {
        let at: Option<DateTime<Utc>> = match unit {
            TimeUnit::Second => DateTime::from_timestamp(v, 0),
            TimeUnit::Millisecond => DateTime::from_timestamp_millis(v),
            TimeUnit::Microsecond => DateTime::from_timestamp_micros(v),
            TimeUnit::Nanosecond => Some(DateTime::from_timestamp_nanos(v)),
        };
        at.map_or(Value::Null, |at| {
            let text = at.to_rfc3339_opts(SecondsFormat::AutoSi, true);
            Value::from(if zoned { text } else { text.trim_end_matches('Z').to_owned() })
        })
    };
    Ok(numbers.as_primitive::<Int64Type>().iter().map(|v| v.map_or(Value::Null, text)).collect())
}

fn list(values: Option<ArrayRef>) -> Result<Value, ArrowError> {
    values.map_or(Ok(Value::Null), |values| column_values(&values).map(Value::Array))
}

fn records(array: &ArrayRef) -> Result<Vec<Value>, ArrowError> {
    let records = array.as_struct();
    let names = records.column_names();
    let columns = records.columns().iter().map(column_values).collect::<Result<Vec<_>, _>>()?;
    let row = |at: usize| {
        let fields = names.iter().zip(&columns);
        let fields =
            fields.map(|(name, values)| ((*name).to_owned(), values.get(at).cloned().unwrap_or_default()));
        Value::Object(fields.collect::<Map<_, _>>())
    };
    Ok((0..records.len()).map(|at| if records.is_null(at) { Value::Null } else { row(at) }).collect())
}

fn texts(array: &ArrayRef) -> Result<Vec<Value>, ArrowError> {
    let options = FormatOptions::default();
    let formatter = ArrayFormatter::try_new(array, &options)?;
    let one = |at: usize| {
        if array.is_null(at) { Ok(Value::Null) } else { formatter.value(at).try_to_string().map(Value::from) }
    };
    (0..array.len()).map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::arrow::array::{
        Date32Array, Decimal128Array, Float32Array, Float64Array, Int64Array, ListArray, StringViewArray,
        TimestampMicrosecondArray,
    };
    use datafusion::arrow::datatypes::Int32Type;
    use serde_json::json;
    use std::sync::Arc;

    fn values(array: impl Array + 'static) -> Value {
        Value::Array(column_values(&(Arc::new(array) as ArrayRef)).unwrap())
    }

    #[test]
    fn whole_numbers_beyond_two_to_the_53_become_text_and_smaller_ones_stay_numbers() {
        let limit = 9_007_199_254_740_991_i64;
        let array = Int64Array::from(vec![Some(limit), Some(limit + 1), Some(-limit - 1), None]);
        assert_eq!(values(array), json!([limit, "9007199254740992", "-9007199254740992", null]));
    }

    #[test]
    fn decimals_keep_every_digit_and_numbers_that_are_none_are_null() {
        let decimal = Decimal128Array::from(vec![Some(12_345_678_901_234_567_890_i128), None])
            .with_precision_and_scale(38, 4)
            .unwrap();
        assert_eq!(values(decimal), json!(["1234567890123456.7890", null]));
        let floats = Float64Array::from(vec![Some(0.1), Some(f64::NAN), Some(f64::INFINITY), None]);
        assert_eq!(values(floats), json!([0.1, null, null, null]));
        assert_eq!(values(Float32Array::from(vec![0.1_f32])), json!([0.1]));
    }

    #[test]
    fn days_and_instants_are_iso_8601() {
        assert_eq!(values(Date32Array::from(vec![Some(0), None])), json!(["1970-01-01", null]));
        let at = TimestampMicrosecondArray::from(vec![Some(1_700_000_000_123_456)]);
        assert_eq!(values(at.clone()), json!(["2023-11-14T22:13:20.123456"]));
        assert_eq!(values(at.with_timezone("UTC")), json!(["2023-11-14T22:13:20.123456Z"]));
    }

    #[test]
    fn lists_and_texts_nest_as_they_are() {
        let lists = ListArray::from_iter_primitive::<Int32Type, _, _>(vec![Some(vec![Some(1), None]), None]);
        assert_eq!(values(lists), json!([[1, null], null]));
        assert_eq!(values(StringViewArray::from(vec![Some("轴承"), None])), json!(["轴承", null]));
    }
}
