//! The order of hits.
//!
//! ```text
//! score = text · prior(kind) · (1 + 0.25 · popularity + 0.15 · freshness + 0.10 · brevity)
//! popularity = log2(1 + uses) / (log2(1 + uses) + 6)      0 for never used, ½ at 63 uses, below 1 always
//! freshness  = 2^(−days since the last change / 180)       1 today, ½ after half a year; 0 where the day is unknown
//! brevity    = 8 / (8 + letters of the shortest name)      what was typed is more of a short name than of a long one
//! ```
//!
//! `text` is how well the words match (see `query`); without words it is 1. Use, age and brevity can lift a hit by
//! half at most, so that they order what matches alike and never what matches better. Equal scores fall back on the key
//! of the entry, so that equal questions have equal answers.

use crate::entry::Kind;
use crate::schema::{CHANGED, KEY, LETTERS, POPULARITY, PRIOR};
use chrono::{Datelike, NaiveDate};
use std::sync::Arc;
use tantivy::columnar::ColumnValues;
use tantivy::{DocId, Score, SegmentReader};

const POPULARITY_WEIGHT: f32 = 0.25;
const FRESHNESS_WEIGHT: f32 = 0.15;
const BREVITY_WEIGHT: f32 = 0.10;
const BREVITY_HALF: f32 = 8.0;
const POPULARITY_HALF: f32 = 6.0;
const FRESHNESS_HALF_DAYS: f32 = 180.0;

/// How much a kind is worth before anything else, thousandths: a dataset before its columns, a list before its codes.
pub(crate) const fn prior(kind: Kind) -> u64 {
    match kind {
        Kind::Dataset => 1300,
        Kind::Term => 1200,
        Kind::Component => 1150,
        Kind::Standard => 1100,
        Kind::Firm => 1000,
        Kind::Column => 900,
        Kind::Code => 900,
    }
}

/// A day as a number that the index can hold.
pub(crate) fn day_number(day: NaiveDate) -> i64 {
    i64::from(day.num_days_from_ce())
}

/// The numbers of one segment that the order reads.
pub(crate) struct Signals {
    prior: Arc<dyn ColumnValues<u64>>,
    popularity: Arc<dyn ColumnValues<u64>>,
    changed: Arc<dyn ColumnValues<i64>>,
    letters: Arc<dyn ColumnValues<u64>>,
    key: Arc<dyn ColumnValues<u64>>,
    today: i64,
}

impl Signals {
    pub(crate) fn open(segment: &SegmentReader, today: NaiveDate) -> tantivy::Result<Self> {
        let fast = segment.fast_fields();
        Ok(Self {
            prior: fast.column_first_or_default(PRIOR)?,
            popularity: fast.column_first_or_default(POPULARITY)?,
            changed: fast.column_first_or_default(CHANGED)?,
            letters: fast.column_first_or_default(LETTERS)?,
            key: fast.column_first_or_default(KEY)?,
            today: day_number(today),
        })
    }

    /// The score, and what breaks a tie.
    pub(crate) fn score(&self, document: DocId, text: Score) -> (Score, u64) {
        let prior = self.prior.get_val(document) as f32 / 1000.0;
        let uses = self.popularity.get_val(document) as f32;
        let letters = self.letters.get_val(document) as f32;
        let lift = 1.0
            + POPULARITY_WEIGHT * uses / (uses + POPULARITY_HALF)
            + FRESHNESS_WEIGHT * freshness(self.changed.get_val(document), self.today)
            + BREVITY_WEIGHT * BREVITY_HALF / (BREVITY_HALF + letters);
        (text * prior * lift, self.key.get_val(document))
    }
}

/// Day 0 of the common era stands for an unknown day.
fn freshness(changed: i64, today: i64) -> f32 {
    if changed == 0 {
        return 0.0;
    }
    // A day in the future is a clock gone wrong somewhere, not news.
    let days = (today - changed).max(0) as f32;
    (-days / FRESHNESS_HALF_DAYS).exp2()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn freshness_halves_in_half_a_year_and_an_unknown_day_has_none() {
        assert!((freshness(1000, 1000) - 1.0).abs() < 1e-6);
        assert!((freshness(1000, 1180) - 0.5).abs() < 1e-6);
        assert!((freshness(2000, 1000) - 1.0).abs() < 1e-6);
        assert!(freshness(0, 1000).abs() < f32::EPSILON);
    }
}
