//! Values as written in rules, and as compared.

use std::cmp::Ordering;

use chrono::{DateTime, Duration, NaiveDate, Utc};

use crate::profile::ValueKind;
use crate::rule::Literal;

/// Microseconds of a day.
pub(crate) const DAY_MICROS: i64 = 86_400_000_000;

/// A number a column's values are compared with: days since 1970-01-01 and microseconds count as whole numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Number {
    /// Whole.
    Whole(i64),
    /// With a fraction.
    Real(f64),
}

impl Number {
    /// How a whole value of a column stands to it.
    pub(crate) fn order_of_whole(self, value: i64) -> Option<Ordering> {
        match self {
            Self::Whole(bound) => Some(value.cmp(&bound)),
            Self::Real(bound) => (value as f64).partial_cmp(&bound),
        }
    }

    /// How a value with a fraction stands to it; none for not-a-number.
    pub(crate) fn order_of_real(self, value: f64) -> Option<Ordering> {
        match self {
            Self::Whole(bound) => value.partial_cmp(&(bound as f64)),
            Self::Real(bound) => value.partial_cmp(&bound),
        }
    }
}

/// Days since 1970-01-01.
pub(crate) fn days(day: NaiveDate) -> i64 {
    day.signed_duration_since(NaiveDate::default()).num_days()
}

/// The day `days` after 1970-01-01, as `2004-02-29`; the bare number where the calendar ends.
pub(crate) fn day_text(days: i64) -> String {
    let day = Duration::try_days(days).and_then(|span| NaiveDate::default().checked_add_signed(span));
    day.map_or_else(|| days.to_string(), |day| day.to_string())
}

/// The moment `micros` after 1970-01-01T00:00:00Z.
pub(crate) fn instant_text(micros: i64) -> String {
    DateTime::from_timestamp_micros(micros)
        .map_or_else(|| micros.to_string(), |at| at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true))
}

/// As a number comparable with values of a column of this kind; none where it cannot be.
pub(crate) fn number(literal: &Literal, kind: ValueKind, now: DateTime<Utc>) -> Option<Number> {
    match (literal, kind) {
        (Literal::Whole(whole), ValueKind::Whole | ValueKind::Real) => Some(Number::Whole(*whole)),
        (Literal::Real(real), ValueKind::Whole | ValueKind::Real) if real.is_finite() => {
            Some(Number::Real(*real))
        }
        (Literal::Text(text), ValueKind::Day) => moment(text, now).map(|(day, _)| Number::Whole(day)),
        (Literal::Text(text), ValueKind::Instant) => {
            moment(text, now).map(|(_, micros)| Number::Whole(micros))
        }
        _ => None,
    }
}

/// `2004-02-29`, `2004-02-29T08:00:00Z`, `now`, `today`, `today-30d`, as day and as microseconds.
fn moment(text: &str, now: DateTime<Utc>) -> Option<(i64, i64)> {
    let text = text.trim();
    if text == "now" {
        return Some((days(now.date_naive()), now.timestamp_micros()));
    }
    if let Some(rest) = text.strip_prefix("today") {
        let shift = match rest.trim() {
            "" => 0,
            rest => {
                let shift: i64 = rest.strip_suffix('d')?.replace(' ', "").parse().ok()?;
                (shift.abs() < 1_000_000).then_some(shift)?
            }
        };
        let day = days(now.date_naive()) + shift;
        return Some((day, day.checked_mul(DAY_MICROS)?));
    }
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        let at = at.with_timezone(&Utc);
        return Some((days(at.date_naive()), at.timestamp_micros()));
    }
    let day = days(brain_kernel::date::parse(text).ok()??);
    Some((day, day.checked_mul(DAY_MICROS)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_written_and_from_today() {
        let now: DateTime<Utc> = "2026-11-30T12:00:00Z".parse().unwrap();
        let day = |text: &str| moment(text, now).map(|(day, _)| day_text(day));
        assert_eq!(day("2004-02-29").as_deref(), Some("2004-02-29"));
        assert_eq!(day("today").as_deref(), Some("2026-11-30"));
        assert_eq!(day("today-30d").as_deref(), Some("2026-10-31"));
        assert_eq!(day("today + 1d").as_deref(), Some("2026-12-01"));
        assert_eq!(day("todayish"), None);
        assert_eq!(moment("now", now).unwrap().1, now.timestamp_micros());
        assert_eq!(instant_text(now.timestamp_micros()), "2026-11-30T12:00:00Z");
    }
}
