//! What a table looks like (数据画像), in the same pass as its rules.
//!
//! A profile holds values: smallest, largest, frequent ones. Who may not read a column may not see its part either.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use crate::sketch::histogram::Buckets;

/// A table at one moment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "QualityProfile")]
pub struct Profile {
    /// Rows.
    pub rows: u64,
    /// Its columns in order.
    pub columns: Vec<ColumnProfile>,
}

impl Profile {
    /// The column of this name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&ColumnProfile> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// What the values of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "QualityValueKind")]
#[serde(rename_all = "snake_case")]
pub enum ValueKind {
    /// Text.
    Text,
    /// Whole numbers.
    Whole,
    /// Numbers with a fraction; decimals are read as such.
    Real,
    /// Yes or no.
    Truth,
    /// Days.
    Day,
    /// Moments.
    Instant,
    /// Lists, structures, bytes: only whether they are there is looked at.
    Other,
}

/// One column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "QualityColumnProfile")]
pub struct ColumnProfile {
    /// Name.
    pub name: String,
    /// Kind of its values.
    pub kind: ValueKind,
    /// Rows with a value.
    pub present: u64,
    /// Rows without one.
    pub missing: u64,
    /// Of the texts: blank ones.
    pub blank: u64,
    /// Different values.
    pub distinct: Option<Estimate>,
    /// Smallest value, as text.
    pub min: Option<String>,
    /// Largest value, as text.
    pub max: Option<String>,
    /// Arithmetic mean of numbers.
    pub mean: Option<f64>,
    /// Standard deviation of numbers.
    pub deviation: Option<f64>,
    /// Shares below and values, estimated to within a bucket of `buckets`; days as text.
    pub quantiles: Vec<Quantile>,
    /// Distribution of numbers, days and moments.
    pub buckets: Option<Buckets>,
    /// Most frequent values, at most [`TOP_MAX`].
    pub top: Vec<Counted>,
    /// What a count of `top` may lack; 0 where every value was counted.
    pub top_lacks: u64,
    /// Characters of texts.
    pub lengths: Option<Lengths>,
    /// Shapes of texts, most frequent first, at most [`SHAPES_MAX`].
    pub shapes: Vec<Counted>,
    /// What a count of `shapes` may lack.
    pub shapes_lack: u64,
    /// Texts that are a unified social credit code with a right check digit.
    pub credit_codes: u64,
    /// Texts that can be read as a day.
    pub days: u64,
}

/// Values kept as the most frequent.
pub const TOP_MAX: usize = 100;
/// Shapes kept.
pub const SHAPES_MAX: usize = 20;

/// A number that may be an estimate (估计值).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "QualityEstimate")]
pub struct Estimate {
    /// The number.
    pub value: f64,
    /// Its relative standard error; 0 where it is exact.
    pub error: f64,
}

/// A value below which a share of the values lies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "QualityQuantile")]
pub struct Quantile {
    /// Share, 0 to 1.
    pub share: f64,
    /// Value, as text.
    pub value: String,
}

/// A value and how often it is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "QualityCounted")]
pub struct Counted {
    /// The value as text, cut after 200 characters.
    pub value: String,
    /// How often.
    pub count: u64,
}

/// Characters of texts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "QualityLengths")]
pub struct Lengths {
    /// Fewest.
    pub min: u64,
    /// Most.
    pub max: u64,
    /// On average.
    pub mean: f64,
}
