//! What a pass found.

use std::collections::BTreeMap;

use brain_kernel::language::Text;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::compile::{Plan, Task};
use crate::drift;
use crate::error::Result;
use crate::gather::Gathered;
use crate::keys::{self, Keys};
use crate::literal::{DAY_MICROS, days};
use crate::pass::{State, Tally};
use crate::profile::Profile;
use crate::profile::ValueKind;
use crate::rule::{Check, Dimension, Measure, Rule, Severity};
use crate::score::{self, Score};

/// What a report needs beside the table.
#[derive(Debug, Default)]
pub struct Inputs<'a> {
    /// Profile of an earlier version, for drift.
    pub baseline: Option<&'a Profile>,
    /// Rows at the last check, for changes of their number.
    pub rows_before: Option<u64>,
    /// Keys of the tables referred to, by rule; an absent one makes the rule unmeasured.
    pub references: BTreeMap<String, Keys>,
}

/// How a rule stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "QualityStanding")]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// 通过.
    Passed,
    /// 未通过.
    Failed,
    /// 未能检查: it does not fit the table, for example as its column is missing; counts as not passed.
    Unmeasured,
    /// 待基线: there is nothing to compare with yet; counts as nothing.
    Waiting,
}

impl Standing {
    /// Stable name, as stored.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Unmeasured => "unmeasured",
            Self::Waiting => "waiting",
        }
    }
}

/// Outcome of one rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "QualityOutcome")]
pub struct Outcome {
    /// The rule.
    pub rule: String,
    /// Its check.
    pub check: String,
    /// What it is about.
    pub dimension: Dimension,
    /// How bad a violation is.
    pub severity: Severity,
    /// How it stands.
    pub standing: Standing,
    /// Rows checked; 0 for checks of the whole table.
    pub checked: u64,
    /// Rows that failed.
    pub failed: u64,
    /// Share of the rows checked that passed; none where no row was checked.
    pub share: Option<f64>,
    /// Share wanted; none for checks of the whole table.
    pub at_least: Option<f64>,
    /// The number measured about the whole table: rows, days, mean, distance.
    pub measured: Option<f64>,
    /// Chance of a distance so large without any drift; for drift by `ks` and `chi_square`.
    pub p_value: Option<f64>,
    /// Whether `measured` is an estimate (估计值).
    pub estimated: bool,
    /// In words.
    pub says: Text,
    /// Numbers of the first failing rows, from 0 in the order they were read.
    pub rows: Vec<u64>,
}

/// Outcome of a pass.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "QualityReport")]
pub struct Report {
    /// Rows looked at.
    pub rows: u64,
    /// One outcome per rule, in their order.
    pub outcomes: Vec<Outcome>,
    /// The score.
    pub score: Score,
    /// What the table looks like, where that was asked for; else only the columns that drift rules watch.
    pub profile: Profile,
}

pub(crate) fn report(state: State, plan: &Plan, mut inputs: Inputs<'_>) -> Result<Report> {
    let State { rows, tallies, gathered, .. } = state;
    let profiled = plan
        .columns
        .iter()
        .zip(&gathered)
        .filter_map(|(column, gathered)| Some(gathered.as_ref()?.profile(&column.name, column.kind)));
    let profile = Profile { rows, columns: profiled.collect() };
    let table = Table {
        plan,
        rows,
        gathered: &gathered,
        profile: &profile,
        baseline: inputs.baseline,
        rows_before: inputs.rows_before,
    };
    let mut outcomes = Vec::new();
    for ((rule, task), tally) in plan.rules.rules.iter().zip(&plan.tasks).zip(tallies) {
        let blank = blank(rule);
        outcomes.push(match task {
            Task::Unmeasured { why } => unmeasured(blank, why.clone()),
            Task::Rows { .. } => rows_outcome(rule, blank, &tally),
            Task::Expression { .. } => match &tally.broken {
                Some(why) => unmeasured(blank, broken(why)),
                None => rows_outcome(rule, blank, &tally),
            },
            Task::Keys { .. } => keys_outcome(rule, blank, tally, &mut inputs, plan.options.examples)?,
            Task::Table { column } => table.outcome(rule, *column, blank),
        });
    }
    let score = score::score(&plan.rules, &outcomes);
    Ok(Report { rows, outcomes, score, profile })
}

fn blank(rule: &Rule) -> Outcome {
    Outcome {
        rule: rule.id.clone(),
        check: rule.check.name().to_owned(),
        dimension: rule.check.dimension(),
        severity: rule.severity,
        standing: Standing::Passed,
        checked: 0,
        failed: 0,
        share: None,
        at_least: rule.check.is_about_rows().then_some(rule.at_least),
        measured: None,
        p_value: None,
        estimated: false,
        says: Text::new("", ""),
        rows: Vec::new(),
    }
}

fn unmeasured(outcome: Outcome, why: Text) -> Outcome {
    Outcome { standing: Standing::Unmeasured, says: why, ..outcome }
}

fn broken(why: &Text) -> Text {
    let Text { zh, en } = why;
    Text::new(format!("有的行无法计算：{zh}"), format!("some rows cannot be worked out: {en}"))
}

fn rows_outcome(rule: &Rule, outcome: Outcome, tally: &Tally) -> Outcome {
    let (checked, failed) = (tally.checked, tally.violations.count);
    if checked == 0 {
        let says = Text::new("没有要检查的行", "no row to check");
        return Outcome { says, ..outcome };
    }
    let share = (checked - failed) as f64 / checked as f64;
    let fails = share < rule.at_least;
    let (passed, wanted) = (percent(share), percent(rule.at_least));
    Outcome {
        standing: if fails { Standing::Failed } else { Standing::Passed },
        checked,
        failed,
        share: Some(share),
        says: Text::new(
            format!("检查 {checked} 行，{failed} 行不合格；合格率 {passed}，要求不低于 {wanted}"),
            format!("{checked} rows checked, {failed} fail; {passed} pass, at least {wanted} wanted"),
        ),
        rows: tally.violations.rows.clone(),
        ..outcome
    }
}

fn keys_outcome(
    rule: &Rule,
    outcome: Outcome,
    tally: Tally,
    inputs: &mut Inputs<'_>,
    keep: usize,
) -> Result<Outcome> {
    let Tally { checked, keys, .. } = tally;
    let Some(keys) = keys else { return Ok(outcome) };
    if let Check::Reference { dataset, .. } = &rule.check {
        let Some(known) = inputs.references.remove(&rule.id) else {
            let why =
                Text::new(format!("没有被引用的表 {dataset}"), format!("the table {dataset} is not there"));
            return Ok(unmeasured(outcome, why));
        };
        // An empty table has no batch that would say of what kind its columns are.
        if !known.kinds.is_empty() && known.kinds != keys.kinds {
            let why = Text::new(
                format!("与 {dataset} 中的列类型不同"),
                format!("the columns of {dataset} are of other kinds"),
            );
            return Ok(unmeasured(outcome, why));
        }
        let violations = keys::missing_in(keys, known, keep)?;
        return Ok(rows_outcome(rule, outcome, &Tally { checked, violations, ..Tally::default() }));
    }
    let (violations, different) = keys::repeated(keys, keep)?;
    let outcome = rows_outcome(rule, outcome, &Tally { checked, violations, ..Tally::default() });
    Ok(Outcome { measured: Some(different as f64), ..outcome })
}

/// 99.5 %, with as many digits as tell it from 100 %.
fn percent(share: f64) -> String {
    let shown = format!("{:.2}%", share * 100.0);
    if share < 1.0 && shown == "100.00%" { ">99.99%".to_owned() } else { shown }
}

struct Table<'a> {
    plan: &'a Plan,
    rows: u64,
    gathered: &'a [Option<Gathered>],
    profile: &'a Profile,
    baseline: Option<&'a Profile>,
    rows_before: Option<u64>,
}

impl Table<'_> {
    fn outcome(&self, rule: &Rule, column: Option<usize>, outcome: Outcome) -> Outcome {
        let planned = column.and_then(|place| self.plan.columns.get(place));
        let gathered = column.and_then(|place| self.gathered.get(place)?.as_ref());
        match (&rule.check, planned, gathered) {
            (Check::RowCount { min, max, change_at_most }, ..) => {
                self.row_count(*min, *max, *change_at_most, outcome)
            }
            (Check::Columns { wanted, others }, ..) => {
                let missing = wanted.iter().filter_map(|one| {
                    let Some((_, found)) = self.plan.table.iter().find(|(name, _)| *name == one.name) else {
                        return Some(one.name.clone());
                    };
                    let fits = one.kind.is_none_or(|kind| kind == *found);
                    (!fits).then(|| format!("{} ({:?})", one.name, found).to_lowercase())
                });
                let missing: Vec<String> = missing.collect();
                let known = |name: &String| wanted.iter().any(|one| one.name == *name);
                let extra: Vec<&str> = match others {
                    true => Vec::new(),
                    false => self
                        .plan
                        .table
                        .iter()
                        .map(|(name, _)| name)
                        .filter(|n| !known(n))
                        .map(String::as_str)
                        .collect(),
                };
                let says = Text::new(
                    format!(
                        "缺少或类型不符的列：{}；多出的列：{}",
                        listed(&missing, "无"),
                        listed(&extra, "无")
                    ),
                    format!(
                        "missing or of another kind: {}; not expected: {}",
                        listed(&missing, "none"),
                        listed(&extra, "none")
                    ),
                );
                verdict(
                    outcome,
                    missing.is_empty() && extra.is_empty(),
                    (missing.len() + extra.len()) as f64,
                    says,
                )
            }
            (Check::Age { max_days, .. }, Some(planned), Some(gathered)) => {
                self.age(planned.kind, gathered, *max_days, outcome)
            }
            (Check::Statistic { measure, min, max, .. }, _, Some(gathered)) => {
                self.statistic(*measure, gathered, (*min, *max), outcome)
            }
            (Check::Drift { column, measure, at_most }, ..) => {
                let now = self.profile.column(column);
                let before = self.baseline.and_then(|profile| profile.column(column));
                let (Some(now), Some(before)) = (now, before) else { return waiting(outcome) };
                let Some(distance) = drift::distance(*measure, before, now) else {
                    return waiting(outcome);
                };
                let shown = (distance.value * 10_000.0).round() / 10_000.0;
                let says = Text::new(
                    format!("与基线的距离 {shown}，要求不超过 {at_most}"),
                    format!("distance from the baseline {shown}, at most {at_most} wanted"),
                );
                let outcome = verdict(outcome, distance.value <= *at_most, distance.value, says);
                Outcome { p_value: distance.p_value, estimated: true, ..outcome }
            }
            _ => unmeasured(outcome, Text::new("没有可检查的列", "there is no column to check")),
        }
    }

    fn row_count(
        &self,
        min: Option<u64>,
        max: Option<u64>,
        change: Option<f64>,
        outcome: Outcome,
    ) -> Outcome {
        let rows = self.rows;
        let inside = min.is_none_or(|min| rows >= min) && max.is_none_or(|max| rows <= max);
        let before = self.rows_before;
        let changed = change.zip(before).map(|(most, before)| {
            let moved = (rows as f64 - before as f64).abs() / (before as f64).max(1.0);
            (moved <= most, before)
        });
        let (zh, en) = match (before, change) {
            (Some(before), Some(most)) => (
                format!("，上次 {before} 行，变化不得超过 {}", percent(most)),
                format!(", {before} at the last check, a change of at most {} wanted", percent(most)),
            ),
            _ => (String::new(), String::new()),
        };
        let bound = |bound: Option<u64>| bound.map_or_else(|| "-".to_owned(), |bound| bound.to_string());
        let says = Text::new(
            format!("{rows} 行，要求 {} 至 {} 行{zh}", bound(min), bound(max)),
            format!("{rows} rows, {} to {} wanted{en}", bound(min), bound(max)),
        );
        if change.is_some() && before.is_none() && inside && min.is_none() && max.is_none() {
            return Outcome { measured: Some(rows as f64), ..waiting(outcome) };
        }
        verdict(outcome, inside && changed.is_none_or(|(fits, _)| fits), rows as f64, says)
    }

    fn age(&self, kind: ValueKind, gathered: &Gathered, max_days: f64, outcome: Outcome) -> Outcome {
        let newest =
            gathered.moments.as_ref().filter(|moments| moments.count > 0).map(|moments| moments.whole.1);
        let now = self.plan.options.now;
        let age = newest.map(|newest| match kind {
            ValueKind::Day => (days(now.date_naive()) - newest) as f64,
            _ => (now.timestamp_micros() - newest) as f64 / DAY_MICROS as f64,
        });
        let Some(age) = age else {
            let says = Text::new("没有一个日期", "there is not a single date");
            return Outcome { standing: Standing::Failed, says, ..outcome };
        };
        let shown = (age * 100.0).round() / 100.0;
        let says = Text::new(
            format!("最新一行 {shown} 天前，要求不超过 {max_days} 天"),
            format!("the newest row is {shown} days old, at most {max_days} wanted"),
        );
        verdict(outcome, age <= max_days, age, says)
    }

    fn statistic(
        &self,
        measure: Measure,
        gathered: &Gathered,
        (min, max): (Option<f64>, Option<f64>),
        outcome: Outcome,
    ) -> Outcome {
        let moments = gathered.moments.as_ref().filter(|moments| moments.count > 0);
        let different = || gathered.different().map(|found| found.value);
        let rows = (gathered.present + gathered.missing).max(1) as f64;
        let value = match measure {
            Measure::Min => moments.map(|moments| moments.real.0),
            Measure::Max => moments.map(|moments| moments.real.1),
            Measure::Mean => moments.and_then(|moments| moments.mean()),
            Measure::Sum => moments.map(|moments| moments.sum()),
            Measure::Deviation => moments.and_then(|moments| moments.deviation()),
            Measure::Median => {
                gathered.histogram.as_ref().and_then(|histogram| histogram.finish().quantile(0.5))
            }
            Measure::Distinct => different(),
            Measure::DistinctShare => different().map(|found| found / gathered.present.max(1) as f64),
            Measure::Missing => Some(gathered.missing as f64),
            Measure::MissingShare => Some(gathered.missing as f64 / rows),
        };
        let Some(value) = value else {
            return Outcome { says: Text::new("没有值", "there is no value"), ..outcome };
        };
        let bound = |bound: Option<f64>| bound.map_or_else(|| "-".to_owned(), |bound| bound.to_string());
        let says = Text::new(
            format!("测得 {value}，要求 {} 至 {}", bound(min), bound(max)),
            format!("{value} measured, {} to {} wanted", bound(min), bound(max)),
        );
        let fits = min.is_none_or(|min| value >= min) && max.is_none_or(|max| value <= max);
        let estimated = matches!(measure, Measure::Median)
            || matches!(measure, Measure::Distinct | Measure::DistinctShare)
                && gathered.different().is_some_and(|found| found.error > 0.0);
        Outcome { estimated, ..verdict(outcome, fits, value, says) }
    }
}

fn verdict(outcome: Outcome, passes: bool, measured: f64, says: Text) -> Outcome {
    let standing = if passes { Standing::Passed } else { Standing::Failed };
    Outcome { standing, measured: Some(measured), says, ..outcome }
}

fn waiting(outcome: Outcome) -> Outcome {
    let says = Text::new("还没有可比较的基线", "there is nothing to compare with yet");
    Outcome { standing: Standing::Waiting, says, ..outcome }
}

fn listed<T: AsRef<str>>(names: &[T], none: &str) -> String {
    /// Names shown; the rest is counted.
    const SHOWN: usize = 20;
    if names.is_empty() {
        return none.to_owned();
    }
    let mut shown = names.iter().take(SHOWN).map(AsRef::as_ref).collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN {
        shown.push_str(&format!(" … ({})", names.len()));
    }
    shown
}
