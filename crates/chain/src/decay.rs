//! Facts fade: the weight of an edge falls by half every half-life.
//!
//! In the Hungarian firm network 55 % of links are gone after a year (arXiv 2503.20594); a half-life of thirteen
//! months fits, hence the default of 395 days.

use crate::error::{ChainError, Result};
use chrono::NaiveDate;
use serde::{Serialize, Serializer};
use std::fmt;

/// Default half-life of an observed edge, in days (about 13 months).
pub const HALF_LIFE_DAYS: f64 = 395.0;

/// A calendar day as days since 1970-01-01, the form of Arrow's Date32; [`Day::UNKNOWN`] where no day is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(i32);

impl Day {
    /// No day known; sorts before every known day.
    pub const UNKNOWN: Self = Self(i32::MIN);

    /// From Arrow's Date32.
    #[must_use]
    pub fn from_date32(days: Option<i32>) -> Self {
        days.map_or(Self::UNKNOWN, Self)
    }

    /// Days since 1970-01-01, `None` when unknown.
    #[must_use]
    pub fn date32(self) -> Option<i32> {
        (self != Self::UNKNOWN).then_some(self.0)
    }

    /// The calendar date, `None` when unknown or beyond chrono's range.
    #[must_use]
    pub fn date(self) -> Option<NaiveDate> {
        NaiveDate::from_epoch_days(self.date32()?)
    }

    /// Days from `self` to `later`; `None` when either is unknown.
    #[must_use]
    pub fn days_until(self, later: Self) -> Option<i64> {
        Some(i64::from(later.date32()?) - i64::from(self.date32()?))
    }
}

impl From<NaiveDate> for Day {
    fn from(date: NaiveDate) -> Self {
        Self(date.to_epoch_days())
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.date() {
            Some(date) => write!(f, "{date}"),
            None => f.write_str("unknown"),
        }
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        self.date().serialize(serializer)
    }
}

/// How old facts count; a parameter of every query.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Decay {
    /// Days after which a fact counts half; infinite = never fades.
    pub half_life_days: f64,
    /// The day ages are counted from; facts seen later count fully.
    pub as_of: Day,
}

impl Decay {
    /// The default half-life as of a day.
    #[must_use]
    pub fn as_of(day: impl Into<Day>) -> Self {
        Self { half_life_days: HALF_LIFE_DAYS, as_of: day.into() }
    }

    /// Facts never fade.
    #[must_use]
    pub fn none() -> Self {
        Self { half_life_days: f64::INFINITY, as_of: Day::UNKNOWN }
    }

    /// Refuses a half-life that is not above zero.
    ///
    /// # Errors
    /// [`ChainError::Parameter`].
    pub fn check(&self) -> Result<()> {
        if self.half_life_days > 0.0 {
            return Ok(());
        }
        Err(ChainError::Parameter {
            name: "half_life_days",
            value: self.half_life_days.to_string(),
            must_be: "> 0",
        })
    }

    /// Freshness 0 … 1 of a fact seen on `observed`: `2^(−age / half-life)`. A fact without a date counts as one
    /// half-life old: neither trusted as new nor thrown away.
    #[must_use]
    pub fn freshness(&self, observed: Day) -> f64 {
        if self.half_life_days.is_infinite() {
            return 1.0;
        }
        match observed.days_until(self.as_of) {
            Some(age) => (-(age.max(0) as f64) / self.half_life_days).exp2(),
            None => 0.5,
        }
    }

    /// Weight of an edge: confidence × freshness.
    #[must_use]
    pub fn weight(&self, confidence: f32, observed: Day) -> f64 {
        f64::from(confidence) * self.freshness(observed)
    }
}

#[cfg(test)]
mod tests {
    use super::{Day, Decay};

    fn day(text: &str) -> Day {
        Day::from(text.parse::<chrono::NaiveDate>().unwrap())
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "exact by definition")]
    fn a_fact_counts_half_after_thirteen_months_and_a_quarter_after_twice_that() {
        let decay = Decay::as_of(day("2026-11-21"));
        assert!((decay.weight(0.8, day("2025-10-22")) - 0.4).abs() < 1e-6);
        assert!((decay.freshness(day("2024-09-22")) - 0.25).abs() < 1e-12);
        assert_eq!(decay.freshness(day("2030-01-01")), 1.0);
        assert_eq!(decay.freshness(Day::UNKNOWN), 0.5);
        assert_eq!(Decay::none().freshness(Day::UNKNOWN), 1.0);
        assert!(Decay { half_life_days: 0.0, ..decay }.check().is_err());
    }

    #[test]
    fn a_day_shows_as_iso_date() {
        assert_eq!(day("2021-10-26").to_string(), "2021-10-26");
        assert_eq!(Day::UNKNOWN.date(), None);
    }
}
