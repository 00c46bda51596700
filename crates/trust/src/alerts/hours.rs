//! Working hours (工作时间), by a fixed offset: China has one, and no summer time.

use chrono::{DateTime, Datelike as _, FixedOffset, NaiveTime, Utc, Weekday};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// When people work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "WorkingHours")]
pub struct Hours {
    /// Minutes east of UTC; 480 is Beijing.
    pub utc_offset_minutes: i32,
    /// Work begins, `07:00`.
    pub from: String,
    /// Work ends, `20:00`; earlier than `from` means overnight.
    pub to: String,
    /// Whether Saturday and Sunday are off.
    pub weekends_off: bool,
}

impl Default for Hours {
    fn default() -> Self {
        Self { utc_offset_minutes: 480, from: "07:00".to_owned(), to: "20:00".to_owned(), weekends_off: true }
    }
}

impl Hours {
    pub(super) fn check(&self) -> Result<(), String> {
        if self.utc_offset_minutes.abs() > 14 * 60 {
            return Err(format!("utc_offset_minutes = {}: -840 to 840", self.utc_offset_minutes));
        }
        for text in [&self.from, &self.to] {
            if clock(text).is_none() {
                return Err(format!("{text}: hours are written 07:00"));
            }
        }
        Ok(())
    }

    fn local(&self, at: DateTime<Utc>) -> DateTime<FixedOffset> {
        let offset = FixedOffset::east_opt(self.utc_offset_minutes.saturating_mul(60));
        at.with_timezone(
            &offset.unwrap_or_else(|| FixedOffset::east_opt(0).unwrap_or(chrono::Offset::fix(&Utc))),
        )
    }

    /// Whether nobody works at this instant.
    pub(super) fn is_off(&self, at: DateTime<Utc>) -> bool {
        let local = self.local(at);
        if self.weekends_off && matches!(local.weekday(), Weekday::Sat | Weekday::Sun) {
            return true;
        }
        let (Some(from), Some(to)) = (clock(&self.from), clock(&self.to)) else { return true };
        let time = local.time();
        let works = if from <= to { from <= time && time < to } else { from <= time || time < to };
        !works
    }

    /// The local day, `2026-11-21`.
    pub(super) fn day(&self, at: DateTime<Utc>) -> String {
        self.local(at).format("%Y-%m-%d").to_string()
    }
}

fn clock(text: &str) -> Option<NaiveTime> {
    NaiveTime::parse_from_str(text, "%H:%M").ok()
}

#[cfg(test)]
mod tests {
    use super::Hours;

    #[test]
    fn the_minute_work_begins_counts_and_the_minute_it_ends_does_not() {
        let hours = Hours::default();
        // Beijing is UTC+8; 2026-11-20 is a Friday.
        for (at, off) in [
            ("2026-11-19T22:59:59Z", true),
            ("2026-11-19T23:00:00Z", false),
            ("2026-11-20T11:59:59Z", false),
            ("2026-11-20T12:00:00Z", true),
            ("2026-11-21T03:00:00Z", true),
            ("2026-11-22T15:59:59Z", true),
            ("2026-11-22T23:30:00Z", false),
        ] {
            assert_eq!(hours.is_off(at.parse().unwrap()), off, "{at}");
        }
        assert_eq!(hours.day("2026-11-20T16:00:00Z".parse().unwrap()), "2026-11-21");
    }

    #[test]
    fn a_night_shift_works_over_midnight() {
        let hours =
            Hours { from: "22:00".into(), to: "06:00".into(), utc_offset_minutes: 0, weekends_off: false };
        assert!(!hours.is_off("2026-11-20T23:00:00Z".parse().unwrap()));
        assert!(!hours.is_off("2026-11-20T05:59:00Z".parse().unwrap()));
        assert!(hours.is_off("2026-11-20T12:00:00Z".parse().unwrap()));
    }
}
