//! Row filters (行过滤) and column masks (列脱敏) as data, so that a grant can be stored, shown and explained.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A condition over the columns of one table. Turned into a plan expression by `warehouse`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Predicate {
    /// Column equals the text; a missing value never matches.
    Equals {
        /// Column name.
        column: String,
        /// Text to compare with.
        value: String,
    },
    /// Column starts with the text (region codes, industry codes).
    StartsWith {
        /// Column name.
        column: String,
        /// Prefix.
        prefix: String,
    },
    /// Column equals the caller's own USCC (本企业).
    OwnOrganisation {
        /// Column name.
        column: String,
    },
    /// Column lies in the caller's own region (辖区): same province, city or county prefix.
    OwnRegion {
        /// Column name.
        column: String,
    },
    /// At least one holds; empty matches nothing.
    Any(Vec<Predicate>),
    /// All hold; empty matches everything.
    All(Vec<Predicate>),
}

/// How a column is hidden from a caller who may see the row but not the value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mask {
    /// The value becomes null.
    Redact,
    /// Only the first characters stay, the rest becomes `*`.
    KeepPrefix {
        /// Characters kept.
        characters: u32,
    },
    /// Numbers are cut to this many significant digits (generalised).
    SignificantDigits {
        /// Digits kept, at least 1.
        digits: u32,
    },
    /// A pseudonym instead of the value: equal values of one tenant get equal ones, of two tenants different ones.
    Hash,
    /// Numbers become the lower end of their band (分档).
    Band {
        /// Width of a band, more than 0.
        width: u64,
    },
    /// Numbers above become this one (封顶), so that the few largest cannot be told apart.
    TopCode {
        /// Largest number shown.
        most: u64,
    },
    /// Dates become the first day of their month or year.
    DateTo(DatePart),
    /// Region codes become those of the province or city around.
    RegionTo(RegionPart),
}

/// How far a date is generalised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DatePart {
    /// The first of its month.
    Month,
    /// The first of January of its year.
    Year,
}

/// How far a region code is generalised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RegionPart {
    /// The city's code.
    City,
    /// The province's code.
    Province,
}

impl Mask {
    /// Whether its numbers make sense.
    #[must_use]
    pub const fn is_sound(&self) -> bool {
        match self {
            Self::SignificantDigits { digits } => *digits > 0,
            Self::Band { width } => *width > 0,
            _ => true,
        }
    }
}
