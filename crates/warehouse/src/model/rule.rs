//! Two lines of front matter: how a model is made incrementally, and how old it may become.

use chrono::Duration;
use serde::Serialize;

/// How a run makes only what is new (增量规则).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Incremental {
    /// `-- incremental: key`: rows the query gives take the place of those with the same keys; the others stay.
    Key,
    /// `-- incremental: cursor observed_on`: only rows from the greatest value on that the table has are made; they
    /// take the place of the rows of that range. Rows without a value are made each time.
    Cursor {
        /// The column, of the model's own.
        column: String,
    },
}

impl Incremental {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut words = text.split_whitespace();
        let rule = match (words.next()?, words.next()) {
            ("key", None) => Self::Key,
            ("cursor", Some(column)) => Self::Cursor { column: column.to_owned() },
            _ => return None,
        };
        words.next().is_none().then_some(rule)
    }
}

/// How old a model may become (时效要求).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Freshness {
    /// Column whose newest value is the age; without one, the newest commit among what the model reads.
    pub column: Option<String>,
    /// Older than this is a warning, hours.
    pub warn_hours: Option<f64>,
    /// Older than this is a failure, hours.
    pub fail_hours: Option<f64>,
}

/// How old a model is, against what it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, serde::Deserialize, schemars::JsonSchema)]
#[schemars(rename = "ModelAge")]
#[serde(rename_all = "snake_case")]
pub enum Age {
    /// Young enough.
    Fresh,
    /// Older than the warning.
    Warn,
    /// Older than allowed.
    Fail,
}

impl Freshness {
    /// `observed_on, warn 7d, fail 30d`; hours are `12h`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut freshness = Self { column: None, warn_hours: None, fail_hours: None };
        for (place, part) in text.split(',').map(str::trim).enumerate() {
            match part.split_once(' ') {
                None if place == 0 && !part.is_empty() => freshness.column = Some(part.to_owned()),
                Some(("warn", age)) => freshness.warn_hours = Some(hours(age.trim())?),
                Some(("fail", age)) => freshness.fail_hours = Some(hours(age.trim())?),
                _ => return None,
            }
        }
        (freshness.warn_hours.is_some() || freshness.fail_hours.is_some()).then_some(freshness)
    }

    /// How an age stands to the rule.
    pub(super) fn judge(&self, age: Duration) -> Age {
        let hours = age.num_seconds() as f64 / 3_600.0;
        let beyond = |limit: Option<f64>| limit.is_some_and(|limit| hours > limit);
        match (beyond(self.fail_hours), beyond(self.warn_hours)) {
            (true, _) => Age::Fail,
            (false, true) => Age::Warn,
            (false, false) => Age::Fresh,
        }
    }
}

/// `7d` or `12h`, as hours; up to a hundred years.
fn hours(text: &str) -> Option<f64> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let each = match unit {
        "d" => 24.0,
        "h" => 1.0,
        _ => return None,
    };
    let number: u32 = number.parse().ok()?;
    (number > 0 && number <= 876_000).then(|| f64::from(number) * each)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn incremental_is_by_key_or_by_a_column() {
        assert_eq!(Incremental::parse("key"), Some(Incremental::Key));
        assert_eq!(Incremental::parse("cursor at"), Some(Incremental::Cursor { column: "at".into() }));
        for wrong in ["", "keys", "cursor", "cursor a b", "key a"] {
            assert_eq!(Incremental::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_age_is_judged_by_the_stricter_limit_it_passed() {
        let rule = Freshness::parse("at, warn 12h, fail 2d").unwrap();
        assert_eq!(rule.column.as_deref(), Some("at"));
        assert_eq!(rule.judge(Duration::hours(12)), Age::Fresh);
        assert_eq!(rule.judge(Duration::hours(13)), Age::Warn);
        assert_eq!(rule.judge(Duration::hours(49)), Age::Fail);
        for wrong in ["", "at", "warn", "warn 0d", "warn 7", "fail 7w", "warn 1d, at", "warn 一d"] {
            assert_eq!(Freshness::parse(wrong), None, "{wrong}");
        }
    }
}
