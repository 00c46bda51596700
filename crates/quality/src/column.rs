//! A column of a batch as the checks see it: few kinds, one access each, work done once.

use std::cell::OnceCell;
use std::cmp::Ordering;

use arrow_array::cast::AsArray as _;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Date64Type, Decimal128Type, Float32Type, Float64Type, Int8Type,
    Int16Type, Int32Type, Int64Type, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type,
};
use arrow_array::{Array, ArrayRef};
use arrow_schema::{DataType, TimeUnit};

use crate::keys;
use crate::literal::DAY_MICROS;
use crate::mask::Mask;
use crate::profile::ValueKind;

impl ValueKind {
    /// Kind of an Arrow type.
    #[must_use]
    pub fn of(data_type: &DataType) -> Self {
        match data_type {
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Self::Text,
            DataType::Int8
            | DataType::Int16
            | DataType::Int32
            | DataType::Int64
            | DataType::UInt8
            | DataType::UInt16
            | DataType::UInt32 => Self::Whole,
            DataType::Float32 | DataType::Float64 | DataType::Decimal128(..) => Self::Real,
            DataType::Boolean => Self::Truth,
            DataType::Date32 | DataType::Date64 => Self::Day,
            DataType::Timestamp(..) => Self::Instant,
            DataType::Dictionary(_, values) if Self::of(values) == Self::Text => Self::Text,
            _ => Self::Other,
        }
    }

    /// Whether values are numbers, days or moments.
    pub(crate) const fn is_ordered(self) -> bool {
        matches!(self, Self::Whole | Self::Real | Self::Day | Self::Instant)
    }
}

/// Values of a column; what stands at a missing place means nothing.
#[derive(Debug)]
pub(crate) enum Values<'a> {
    Text(Vec<&'a str>),
    Whole(Vec<i64>),
    Real(Vec<f64>),
    Truth(Vec<bool>),
    Opaque,
}

/// One column of one batch.
#[derive(Debug)]
pub(crate) struct Column<'a> {
    pub(crate) values: Values<'a>,
    pub(crate) present: Mask,
    hashes: OnceCell<Vec<u128>>,
}

impl<'a> Column<'a> {
    /// Read an array whose type is of that kind.
    pub(crate) fn read(array: &'a ArrayRef) -> Self {
        let rows = array.len();
        let present = match array.data_type() {
            // A key may be there and point to a value that is not.
            DataType::Dictionary(..) => Mask::present(array.logical_nulls().as_ref(), rows),
            _ => Mask::present(array.nulls(), rows),
        };
        Self { values: values(array), present, hashes: OnceCell::new() }
    }

    /// Hash of each value, computed once however many rules need it.
    pub(crate) fn hashes(&self) -> &[u128] {
        self.hashes.get_or_init(|| match &self.values {
            Values::Text(texts) => texts.iter().map(|text| keys::hash(text.as_bytes())).collect(),
            Values::Whole(wholes) => wholes.iter().map(|whole| keys::hash(&whole.to_le_bytes())).collect(),
            // Both zeros are one value.
            Values::Real(reals) => {
                reals.iter().map(|real| keys::hash(&(real + 0.0).to_bits().to_le_bytes())).collect()
            }
            Values::Truth(truths) => truths.iter().map(|truth| keys::hash(&[u8::from(*truth)])).collect(),
            Values::Opaque => Vec::new(),
        })
    }

    /// How the values of two columns at one place stand to each other; none where they cannot be compared.
    pub(crate) fn order(&self, other: &Self, at: usize) -> Option<Ordering> {
        match (&self.values, &other.values) {
            (Values::Text(a), Values::Text(b)) => Some(a.get(at)?.cmp(b.get(at)?)),
            (Values::Whole(a), Values::Whole(b)) => Some(a.get(at)?.cmp(b.get(at)?)),
            (Values::Real(a), Values::Real(b)) => a.get(at)?.partial_cmp(b.get(at)?),
            (Values::Whole(a), Values::Real(b)) => (*a.get(at)? as f64).partial_cmp(b.get(at)?),
            (Values::Real(a), Values::Whole(b)) => a.get(at)?.partial_cmp(&(*b.get(at)? as f64)),
            (Values::Truth(a), Values::Truth(b)) => Some(a.get(at)?.cmp(b.get(at)?)),
            _ => None,
        }
    }

    /// Rows whose text has something other than blanks; for other kinds, rows with a value.
    pub(crate) fn filled(&self) -> Mask {
        match &self.values {
            Values::Text(texts) => self.present.kept(|at| texts.get(at).is_some_and(|text| !is_blank(text))),
            _ => self.present.clone(),
        }
    }
}

/// Empty, or white space only (the ideographic space counts).
pub(crate) fn is_blank(text: &str) -> bool {
    // Nearly every text begins with something that is no space.
    text.as_bytes().first().is_none_or(|byte| !byte.is_ascii_graphic())
        && text.chars().all(char::is_whitespace)
}

fn values(array: &ArrayRef) -> Values<'_> {
    match array.data_type() {
        DataType::Utf8 => texts(
            array.as_string_opt::<i32>().map(|array| array.iter().map(Option::unwrap_or_default).collect()),
        ),
        DataType::LargeUtf8 => texts(
            array.as_string_opt::<i64>().map(|array| array.iter().map(Option::unwrap_or_default).collect()),
        ),
        DataType::Utf8View => texts(
            array.as_string_view_opt().map(|array| array.iter().map(Option::unwrap_or_default).collect()),
        ),
        DataType::Dictionary(..) => dictionary(array),
        DataType::Int8 => wholes::<Int8Type>(array, i64::from),
        DataType::Int16 => wholes::<Int16Type>(array, i64::from),
        DataType::Int32 => wholes::<Int32Type>(array, i64::from),
        DataType::Int64 => wholes::<Int64Type>(array, |value| value),
        DataType::UInt8 => wholes::<UInt8Type>(array, i64::from),
        DataType::UInt16 => wholes::<UInt16Type>(array, i64::from),
        DataType::UInt32 => wholes::<UInt32Type>(array, i64::from),
        DataType::Date32 => wholes::<Date32Type>(array, i64::from),
        DataType::Date64 => wholes::<Date64Type>(array, |millis| millis.div_euclid(DAY_MICROS / 1_000)),
        DataType::Timestamp(TimeUnit::Second, _) => {
            wholes::<TimestampSecondType>(array, |at| at.saturating_mul(1_000_000))
        }
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            wholes::<TimestampMillisecondType>(array, |at| at.saturating_mul(1_000))
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => wholes::<TimestampMicrosecondType>(array, |at| at),
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            wholes::<TimestampNanosecondType>(array, |at| at.div_euclid(1_000))
        }
        DataType::Float32 => reals::<Float32Type>(array, f64::from),
        DataType::Float64 => reals::<Float64Type>(array, |value| value),
        DataType::Decimal128(_, scale) => {
            let scale = 10f64.powi(i32::from(*scale));
            reals::<Decimal128Type>(array, move |value| value as f64 / scale)
        }
        DataType::Boolean => match array.as_boolean_opt() {
            Some(array) => Values::Truth(array.values().iter().collect()),
            None => Values::Opaque,
        },
        _ => Values::Opaque,
    }
}

fn texts(found: Option<Vec<&str>>) -> Values<'_> {
    found.map_or(Values::Opaque, Values::Text)
}

fn wholes<T: ArrowPrimitiveType>(array: &ArrayRef, read: impl Fn(T::Native) -> i64) -> Values<'_> {
    match array.as_primitive_opt::<T>() {
        Some(array) => Values::Whole(array.values().iter().map(|value| read(*value)).collect()),
        None => Values::Opaque,
    }
}

fn reals<T: ArrowPrimitiveType>(array: &ArrayRef, read: impl Fn(T::Native) -> f64) -> Values<'_> {
    match array.as_primitive_opt::<T>() {
        Some(array) => Values::Real(array.values().iter().map(|value| read(*value)).collect()),
        None => Values::Opaque,
    }
}

fn dictionary(array: &ArrayRef) -> Values<'_> {
    let Some(dictionary) = array.as_any_dictionary_opt() else { return Values::Opaque };
    let Values::Text(words) = values(dictionary.values()) else { return Values::Opaque };
    if words.is_empty() {
        return Values::Text(vec![""; array.len()]);
    }
    let keys = dictionary.normalized_keys();
    Values::Text(keys.into_iter().map(|key| words.get(key).copied().unwrap_or_default()).collect())
}
