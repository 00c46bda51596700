//! What an owner promises of a product (服务水平), and what was measured.

use super::{Products, Published, wrong};
use crate::Result;
use crate::handle::Inner;
use crate::lake::rearrange::is_rearrangement;
use brain_store::{PageRequest, dataset, product_use};
use chrono::{DateTime, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Oldest the data may ever be promised to be, hours.
const FRESHNESS_HOURS_MAX: u32 = 24 * 366;
/// Longest contact, characters.
const SUPPORT_CHARACTERS_MAX: usize = 200;
/// Days that are looked back over.
const WINDOW_DAYS: i64 = 30;
/// Versions of an input looked at; more than one every hour and a half.
const COMMITS_MAX: u64 = 500;
/// Versions looked at for the newest that brought data; between them lie those that only moved rows to other files.
const NEWEST: u64 = 20;

/// What the owner promises.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DataProductSla")]
pub struct Sla {
    /// 时效：数据至多多旧，小时 · How old the data is at most, hours.
    #[schemars(range(min = 1, max = 8784))]
    pub freshness_hours: u32,
    /// 可用率，% · Share of calls answered, per cent.
    #[serde(default)]
    #[schemars(range(min = 0, max = 100))]
    pub availability_percent: Option<f64>,
    /// 支持联系方式 · Whom to ask.
    #[schemars(length(min = 1, max = 200))]
    pub support: String,
}

/// What was measured, over the last 30 days or since publishing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "DataProductSlaReport")]
pub struct SlaReport {
    /// Days looked back over.
    pub days: i64,
    /// When the oldest of the newest versions of the inputs was committed.
    pub as_of: Option<DateTime<Utc>>,
    /// How old the data is now, hours.
    pub age_hours: Option<f64>,
    /// Whether that is within the promise.
    pub fresh: bool,
    /// Share of the time in which the data was within the promise, 0 to 1.
    pub fresh_share: f64,
    /// Calls that were allowed.
    pub calls: u64,
    /// Of them, those that failed.
    pub failed: u64,
    /// Share of allowed calls that were answered, 0 to 1; none where there was no call.
    pub answered_share: Option<f64>,
    /// Whether what was promised was kept; none where nothing was promised or nothing was measured.
    pub available: Option<bool>,
}

impl Sla {
    pub(super) fn check(&self) -> Result<()> {
        if !(1..=FRESHNESS_HOURS_MAX).contains(&self.freshness_hours) {
            return Err(wrong(
                "/definition/sla/freshness_hours",
                format!("时效为 1 到 {FRESHNESS_HOURS_MAX} 小时。"),
                format!("Freshness is 1 to {FRESHNESS_HOURS_MAX} hours."),
            ));
        }
        if self.availability_percent.is_some_and(|percent| !(0.0..=100.0).contains(&percent)) {
            return Err(wrong(
                "/definition/sla/availability_percent",
                "可用率为 0 到 100。",
                "Availability is 0 to 100.",
            ));
        }
        let length = self.support.trim().chars().count();
        if !(1..=SUPPORT_CHARACTERS_MAX).contains(&length) || self.support.chars().any(char::is_control) {
            return Err(wrong(
                "/definition/sla/support",
                format!("须写明支持联系方式，至多 {SUPPORT_CHARACTERS_MAX} 个字符。"),
                format!("Say whom to ask, in up to {SUPPORT_CHARACTERS_MAX} characters."),
            ));
        }
        Ok(())
    }
}

impl Inner {
    /// When the versions of a dataset were committed, newest first, and whether those are all there were.
    async fn commits(&self, name: &str, looked_at: u64) -> Result<Vec<DateTime<Utc>>> {
        let versions = dataset::versions(self.store.db(), name, PageRequest::new(1, looked_at)).await?;
        let of_data =
            versions.items.into_iter().filter(|row| !row.run_id.as_deref().is_some_and(is_rearrangement));
        Ok(of_data.map(|version| version.committed_at).collect())
    }

    /// When the oldest of the newest versions of these datasets was committed.
    pub(super) async fn as_of(&self, inputs: &[String]) -> Result<Option<DateTime<Utc>>> {
        let mut oldest: Option<DateTime<Utc>> = None;
        for name in inputs {
            let Some(at) = self.commits(name, NEWEST).await?.into_iter().next() else { return Ok(None) };
            oldest = Some(oldest.map_or(at, |so_far| so_far.min(at)));
        }
        Ok(oldest)
    }
}

impl Products {
    /// What was measured of a version's promise.
    pub(super) async fn measured(&self, id: &str, version: &Published) -> Result<SlaReport> {
        let now = self.inner.store.now();
        let from = (now - TimeDelta::days(WINDOW_DAYS)).max(version.published_at);
        let promise = TimeDelta::hours(i64::from(version.definition.sla.freshness_hours));
        let mut stale = Vec::new();
        for name in &version.inputs {
            stale.extend(too_old(&self.inner.commits(name, COMMITS_MAX).await?, promise, (from, now)));
        }
        let window = (now - from).as_seconds_f64();
        let lost = union_seconds(stale);
        let as_of = self.inner.as_of(&version.inputs).await?;
        let age_hours = as_of.map(|at| (now - at).as_seconds_f64() / 3_600.0);
        let fresh = as_of.is_some_and(|at| now - at <= promise);
        self.count_uses().await?;
        let day = |at: DateTime<Utc>| at.format("%Y-%m-%d").to_string();
        let uses = product_use::between(self.inner.store.db(), Some(id), (&day(from), &day(now))).await?;
        let sum = |part: fn(&product_use::UseRow) -> i64| {
            u64::try_from(uses.iter().map(part).sum::<i64>()).unwrap_or_default()
        };
        let (calls, failed) = (sum(|row| row.calls - row.denied), sum(|row| row.failed));
        let answered_share = (calls > 0).then(|| 1.0 - failed as f64 / calls as f64);
        let promised = version.definition.sla.availability_percent;
        Ok(SlaReport {
            days: WINDOW_DAYS,
            as_of,
            age_hours,
            fresh,
            fresh_share: if window > 0.0 { (1.0 - lost / window).clamp(0.0, 1.0) } else { f64::from(fresh) },
            calls,
            failed,
            answered_share,
            available: answered_share.zip(promised).map(|(share, percent)| share * 100.0 >= percent),
        })
    }
}

type Span = (DateTime<Utc>, DateTime<Utc>);

/// Spans of the window in which the newest commit was older than promised; commits newest first.
fn too_old(commits: &[DateTime<Utc>], promise: TimeDelta, (from, to): Span) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut until = to;
    for commit in commits {
        let (begins, ends) = ((*commit + promise).max(from), until.min(to));
        if begins < ends {
            spans.push((begins, ends));
        }
        until = *commit;
    }
    // Before the first commit there was nothing fresh.
    if from < until.min(to) {
        spans.push((from, until.min(to)));
    }
    spans
}

/// Seconds that at least one of the spans covers.
fn union_seconds(mut spans: Vec<Span>) -> f64 {
    spans.sort();
    let (mut total, mut reached) = (0.0, None::<DateTime<Utc>>);
    for (begins, ends) in spans {
        let begins = reached.map_or(begins, |reached| reached.max(begins));
        if begins < ends {
            total += (ends - begins).as_seconds_f64();
        }
        reached = Some(reached.map_or(ends, |reached| reached.max(ends)));
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hour(hour: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::hours(hour)
    }

    #[test]
    fn time_beyond_the_promise_is_counted_once() {
        let window = (hour(100), hour(200));
        let promise = TimeDelta::hours(10);
        // Fresh 100 to 110 and 150 to 160: eighty hours are lost.
        let spans = too_old(&[hour(150), hour(100), hour(50)], promise, window);
        assert!((union_seconds(spans.clone()) - 80.0 * 3_600.0).abs() < 1e-9);
        let again = spans.iter().copied().chain(spans.clone()).collect();
        assert!((union_seconds(again) - 80.0 * 3_600.0).abs() < 1e-9);
    }

    #[test]
    fn nothing_committed_is_nothing_fresh_and_always_fresh_loses_nothing() {
        let window = (hour(100), hour(200));
        assert!((union_seconds(too_old(&[], TimeDelta::hours(10), window)) - 100.0 * 3_600.0).abs() < 1e-9);
        let hourly: Vec<_> = (90..=200).rev().map(hour).collect();
        assert!(too_old(&hourly, TimeDelta::hours(10), window).is_empty());
    }
}
