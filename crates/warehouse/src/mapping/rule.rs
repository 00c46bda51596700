//! What a value must obey beyond its type.

use serde::{Deserialize, Serialize};

/// Rules of one column; a violation sends the row to quarantine.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rules {
    /// Unified social credit code with its check digit (GB 32100-2015); stored upper-case and without blanks.
    pub uscc: bool,
    /// Administrative region code (GB/T 2260), 2, 4 or 6 digits.
    pub region: bool,
    /// Smallest value: a number, or a day as text for dates.
    pub min: Option<Bound>,
    /// Largest value.
    pub max: Option<Bound>,
    /// Fewest characters of a text.
    pub min_length: Option<usize>,
    /// Most characters of a text.
    pub max_length: Option<usize>,
    /// Regular expression the text must match.
    pub pattern: Option<String>,
    /// The only texts allowed.
    pub one_of: Vec<String>,
    /// Refuse text damaged by a wrong decoding.
    pub no_mojibake: bool,
}

/// A bound as written: number or text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Bound {
    /// Whole number.
    Integer(i64),
    /// Number.
    Float(f64),
    /// A day, `2004-02-29`.
    Text(String),
}

impl Bound {
    /// As a number; a day becomes days since 1970-01-01. `None` when the text is no day.
    #[must_use]
    pub fn value(&self) -> Option<f64> {
        match self {
            Self::Integer(whole) => Some(*whole as f64),
            Self::Float(number) => Some(*number),
            Self::Text(text) => {
                brain_kernel::date::parse(text).ok().flatten().map(|day| f64::from(days(day)))
            }
        }
    }
}

impl std::fmt::Display for Bound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Integer(whole) => write!(f, "{whole}"),
            Self::Float(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// Days since 1970-01-01, the value of a Date32.
pub(crate) fn days(day: chrono::NaiveDate) -> i32 {
    day.signed_duration_since(chrono::NaiveDate::default()).num_days() as i32
}
