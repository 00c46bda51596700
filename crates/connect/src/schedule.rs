//! When a connector runs by itself (运行计划).

use chrono::{DateTime, Days, NaiveTime, TimeDelta, TimeZone, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// Longest interval, minutes: a week.
const MINUTES_MAX: u32 = 7 * 24 * 60;

/// A schedule.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "every", rename_all = "snake_case", deny_unknown_fields)]
pub enum Schedule {
    /// 仅手动 · Only when somebody asks.
    #[default]
    Never,
    /// 每隔若干分钟 · So many minutes after the last run began.
    Minutes {
        /// 分钟数，1 到 10080 · Minutes, 1 to 10080.
        #[schemars(range(min = 1, max = 10_080))]
        minutes: u32,
    },
    /// 每天定时 · Every day at a time of the node's clock.
    Day {
        /// 时刻，如 02:30 · Time, as in 02:30.
        #[schemars(length(min = 5, max = 5))]
        at: String,
    },
}

impl Schedule {
    /// Refuse what cannot be meant.
    pub fn check(&self) -> Result<()> {
        match self {
            Self::Never => Ok(()),
            Self::Minutes { minutes } => {
                crate::settings::number("schedule/minutes", u64::from(*minutes), 1..=u64::from(MINUTES_MAX))
            }
            Self::Day { at } => time(at).map(drop),
        }
    }

    /// When the next run is due after one that began then (or after the connector was made); `None` without a plan.
    ///
    /// A time that the clock of a zone leaves out in spring is due an hour later, and one it has twice is due once.
    pub fn next<Z: TimeZone>(&self, began: DateTime<Utc>, zone: &Z) -> Option<DateTime<Utc>> {
        match self {
            Self::Never => None,
            Self::Minutes { minutes } => began.checked_add_signed(TimeDelta::minutes(i64::from(*minutes))),
            Self::Day { at } => {
                let at = time(at).ok()?;
                let today = began.with_timezone(zone).date_naive();
                (0..=2).find_map(|days| {
                    let local = today.checked_add_days(Days::new(days))?.and_time(at);
                    let due = zone
                        .from_local_datetime(&local)
                        .earliest()
                        .or_else(|| zone.from_local_datetime(&(local + TimeDelta::hours(1))).earliest())?
                        .with_timezone(&Utc);
                    (due > began).then_some(due)
                })
            }
        }
    }
}

fn time(text: &str) -> Result<NaiveTime> {
    let parsed = if text.len() == 5 { NaiveTime::parse_from_str(text, "%H:%M").ok() } else { None };
    parsed.ok_or_else(|| {
        Error::setting("schedule/at", "时刻须写成 02:30 的样子。", "A time is written like 02:30.")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::FixedOffset;
    use proptest::prelude::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_is_the_nodes_own_day() {
        let beijing = FixedOffset::east_opt(8 * 3600).unwrap();
        let daily = Schedule::Day { at: "02:30".to_owned() };
        let due = |began| daily.next(at(began), &beijing).unwrap();
        assert_eq!(due("2026-11-30T10:00:00Z"), at("2026-11-30T18:30:00Z"));
        assert_eq!(due("2026-11-30T18:30:00Z"), at("2026-12-01T18:30:00Z"), "once a day");
        assert_eq!(due("2026-11-30T18:29:59Z"), at("2026-11-30T18:30:00Z"));
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for wrong in ["", "2:30", "24:00", "02:60", "02：30", "0230x"] {
            assert!(Schedule::Day { at: wrong.to_owned() }.check().is_err(), "{wrong}");
        }
        assert!(Schedule::Minutes { minutes: 0 }.check().is_err());
        assert!(serde_json::from_str::<Schedule>(r#"{"every":"minutes","minutes":5,"x":1}"#).is_err());
        assert_eq!(Schedule::Never.next(at("2026-11-30T10:00:00Z"), &Utc), None);
    }

    proptest! {
        #[test]
        fn the_next_run_is_after_the_last_and_within_two_days(
            seconds in 0i64..4_000_000_000, hour in 0u32..24, minute in 0u32..60, offset in -12i32..=14,
        ) {
            let zone = FixedOffset::east_opt(offset * 3600).unwrap();
            let began = DateTime::from_timestamp(seconds, 0).unwrap();
            let due = Schedule::Day { at: format!("{hour:02}:{minute:02}") }.next(began, &zone).unwrap();
            prop_assert!(due > began && due - began <= TimeDelta::days(1));
        }
    }
}
