//! Rules proposed from a profile (规则建议), each with what it rests on.
//!
//! A proposal is a guess from what was seen; the caller runs it on the table before showing it and lets the owner decide.

use brain_kernel::language::Text;
use chrono::{DateTime, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::profile::{ColumnProfile, Profile, ValueKind};
use crate::rule::{AgeOf, Check, DriftMeasure, Literal, Order, Rule, Rules, Scheme, Severity};
use crate::sketch::shape;

/// Fewer rows say nothing about those to come.
const ROWS_MIN: u64 = 50;
/// Most values of a proposed list.
const VALUES_MAX: usize = 30;
/// Columns of days that are compared with each other.
const DAY_COLUMNS_MAX: usize = 6;

/// A proposed rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "QualityProposal")]
pub struct Proposal {
    /// The rule.
    pub rule: Rule,
    /// What was seen.
    pub evidence: Text,
}

/// Rules the table seems to follow and `existing` does not ask for yet.
#[must_use]
pub fn propose(profile: &Profile, existing: &Rules, now: DateTime<Utc>) -> Vec<Proposal> {
    if profile.rows < ROWS_MIN {
        return Vec::new();
    }
    let mut proposals = vec![row_count(profile.rows)];
    for column in &profile.columns {
        proposals.extend(column_proposals(column, profile.rows, now));
    }
    proposals.extend(orders_of_days(profile));
    proposals.retain(|proposal| {
        let known =
            |rule: &Rule| rule.id == proposal.rule.id || same_subject(&rule.check, &proposal.rule.check);
        !existing.rules.iter().any(known)
    });
    proposals
}

/// Whether two checks are of one kind about the same columns.
fn same_subject(a: &Check, b: &Check) -> bool {
    a.name() == b.name() && a.columns() == b.columns()
}

fn proposal(id: String, severity: Severity, at_least: f64, check: Check, zh: String, en: String) -> Proposal {
    let rule = Rule { id, title: None, severity, owner: None, at_least, when: Vec::new(), check };
    Proposal { rule, evidence: Text::new(zh, en) }
}

/// An id of the characters an id may have.
fn id(column: &str, what: &str) -> String {
    let plain: String = column
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' })
        .take(80)
        .collect();
    // Columns with Chinese names would all be called the same.
    let mark = if plain.contains('-') {
        format!("-{:04x}", crate::keys::hash(column.as_bytes()) as u16)
    } else {
        String::new()
    };
    format!("{plain}{mark}.{what}")
}

fn row_count(rows: u64) -> Proposal {
    proposal(
        "table.row-count".to_owned(),
        Severity::Warning,
        1.0,
        Check::RowCount { min: Some(1), max: None, change_at_most: Some(0.5) },
        format!("现有 {rows} 行；一次变化超过一半多半是误传"),
        format!("{rows} rows now; losing or gaining half at once is usually a mistake"),
    )
}

fn column_proposals(column: &ColumnProfile, rows: u64, now: DateTime<Utc>) -> Vec<Proposal> {
    let (name, present) = (column.name.as_str(), column.present);
    let mut found = Vec::new();
    found.extend(complete(column, rows));
    if present < ROWS_MIN {
        return found;
    }
    found.extend(unique(column));
    let is_code = column.credit_codes > 0 && column.credit_codes * 100 >= present * 95;
    if is_code {
        let share = floor(column.credit_codes as f64 / present as f64);
        found.push(proposal(
            id(name, "check-digit"),
            Severity::Error,
            share,
            Check::CheckDigit { column: name.to_owned(), scheme: Scheme::Uscc },
            format!("{} 个值中 {} 个是校验位正确的统一社会信用代码", present, column.credit_codes),
            format!("{} of {present} values are credit codes with a right check digit", column.credit_codes),
        ));
    } else if column.kind == ValueKind::Text {
        found.extend(
            list(column).or_else(|| date(column)).or_else(|| pattern(column)).or_else(|| length(column)),
        );
    }
    if matches!(column.kind, ValueKind::Whole | ValueKind::Real) {
        found.extend(not_negative(column));
    }
    if matches!(column.kind, ValueKind::Day | ValueKind::Instant) {
        found.extend(not_in_future(column, now));
        found.extend(age(column, now));
    }
    found.extend(drift(column));
    found
}

/// A share rounded down to a tenth of a per cent, so that what was seen passes.
fn floor(share: f64) -> f64 {
    if share >= 1.0 { 1.0 } else { ((share * 1_000.0).floor() / 1_000.0).max(0.001) }
}

fn complete(column: &ColumnProfile, rows: u64) -> Option<Proposal> {
    let filled = column.present - column.blank;
    let share = filled as f64 / rows as f64;
    (share >= 0.9).then(|| {
        proposal(
            id(&column.name, "complete"),
            if share >= 1.0 { Severity::Error } else { Severity::Warning },
            floor(share),
            Check::Complete { column: column.name.clone(), blank_counts: false },
            format!("{rows} 行中 {filled} 行有值"),
            format!("{filled} of {rows} rows have a value"),
        )
    })
}

fn unique(column: &ColumnProfile) -> Option<Proposal> {
    let distinct = column.distinct?;
    let keyish = matches!(column.kind, ValueKind::Text | ValueKind::Whole);
    // Within two standard errors all different; whether they are is measured before it is shown.
    let seems = distinct.value >= column.present as f64 * (1.0 - 2.0 * distinct.error);
    (keyish && seems).then(|| {
        proposal(
            id(&column.name, "unique"),
            Severity::Error,
            1.0,
            Check::Unique { columns: vec![column.name.clone()] },
            format!("{} 个值各不相同", column.present),
            format!("{} values, all different", column.present),
        )
    })
}

fn list(column: &ColumnProfile) -> Option<Proposal> {
    let few = column.top_lacks == 0
        && !column.top.is_empty()
        && column.top.len() <= VALUES_MAX
        && column.distinct.is_some_and(|distinct| distinct.value <= VALUES_MAX as f64);
    // Each value often enough that another would have been seen.
    let often = column.present >= 20 * column.top.len() as u64;
    let whole = column.top.iter().all(|one| one.value.chars().count() < 200 && !one.value.trim().is_empty());
    (few && often && whole).then(|| {
        let mut values: Vec<String> = column.top.iter().map(|one| one.value.clone()).collect();
        values.sort_unstable();
        proposal(
            id(&column.name, "one-of"),
            Severity::Warning,
            1.0,
            Check::OneOf {
                column: column.name.clone(),
                values: values.into_iter().map(Literal::Text).collect(),
            },
            format!("{} 个值只有 {} 种", column.present, column.top.len()),
            format!("{} values, only {} different ones", column.present, column.top.len()),
        )
    })
}

fn date(column: &ColumnProfile) -> Option<Proposal> {
    (column.days * 100 >= column.present * 95).then(|| {
        proposal(
            id(&column.name, "date"),
            Severity::Warning,
            floor(column.days as f64 / column.present as f64),
            Check::Date { column: column.name.clone() },
            format!("{} 个值中 {} 个能读作日期", column.present, column.days),
            format!("{} of {} values can be read as a day", column.days, column.present),
        )
    })
}

fn pattern(column: &ColumnProfile) -> Option<Proposal> {
    let first = column.shapes.first()?;
    let share = first.count as f64 / column.present as f64;
    if share < 0.98 || column.distinct.is_some_and(|distinct| distinct.value < 2.0) {
        return None;
    }
    let regex = shape::regex(&first.value)?;
    Some(proposal(
        id(&column.name, "pattern"),
        Severity::Warning,
        floor(share),
        Check::Pattern { column: column.name.clone(), regex },
        format!("{} 个值中 {} 个形如 {}", column.present, first.count, first.value),
        format!("{} of {} values look like {}", first.count, column.present, first.value),
    ))
}

fn length(column: &ColumnProfile) -> Option<Proposal> {
    let lengths = column.lengths?;
    (lengths.min >= 1 && lengths.max <= 200).then(|| {
        proposal(
            id(&column.name, "length"),
            Severity::Info,
            1.0,
            Check::Length { column: column.name.clone(), min: Some(1), max: Some((lengths.max * 2) as u32) },
            format!("文本长 {} 至 {} 个字符", lengths.min, lengths.max),
            format!("texts of {} to {} characters", lengths.min, lengths.max),
        )
    })
}

fn not_negative(column: &ColumnProfile) -> Option<Proposal> {
    let min: f64 = column.min.as_ref()?.parse().ok()?;
    (min >= 0.0).then(|| {
        proposal(
            id(&column.name, "not-negative"),
            Severity::Warning,
            1.0,
            Check::Range { column: column.name.clone(), min: Some(Literal::Whole(0)), max: None },
            format!("最小值 {min}，没有负数"),
            format!("the smallest value is {min}, none is negative"),
        )
    })
}

/// Day of an extreme as shown in a profile.
fn day(shown: Option<&String>) -> Option<NaiveDate> {
    shown?.get(..10)?.parse().ok()
}

fn not_in_future(column: &ColumnProfile, now: DateTime<Utc>) -> Option<Proposal> {
    let last = day(column.max.as_ref())?;
    (last <= now.date_naive()).then(|| {
        proposal(
            id(&column.name, "not-in-future"),
            Severity::Warning,
            1.0,
            Check::Range {
                column: column.name.clone(),
                min: None,
                max: Some(Literal::Text("today+1d".to_owned())),
            },
            format!("最晚 {last}，没有将来的日期"),
            format!("the latest is {last}, none lies ahead"),
        )
    })
}

fn age(column: &ColumnProfile, now: DateTime<Utc>) -> Option<Proposal> {
    let days = (now.date_naive() - day(column.max.as_ref())?).num_days();
    (0..=400).contains(&days).then(|| {
        let max_days = (2 * days).max(7);
        proposal(
            id(&column.name, "age"),
            Severity::Info,
            1.0,
            Check::Age { column: column.name.clone(), max_days: max_days as f64, of: AgeOf::Newest },
            format!("最新一行 {days} 天前；建议允许到 {max_days} 天"),
            format!("the newest row is {days} days old; up to {max_days} are proposed"),
        )
    })
}

fn drift(column: &ColumnProfile) -> Option<Proposal> {
    let categories = column.kind == ValueKind::Text
        && column.distinct.is_some_and(|distinct| (2.0..=VALUES_MAX as f64).contains(&distinct.value));
    let spread = matches!(column.kind, ValueKind::Whole | ValueKind::Real)
        && column
            .distinct
            .is_some_and(|distinct| distinct.value >= 10.0 && distinct.value < column.present as f64 * 0.9);
    (categories || spread).then(|| {
        proposal(
            id(&column.name, "drift"),
            Severity::Info,
            1.0,
            Check::Drift { column: column.name.clone(), measure: DriftMeasure::Psi, at_most: 0.25 },
            "分布可作基线；PSI 超过 0.25 通常说明口径变了".to_owned(),
            "the distribution can serve as a baseline; a PSI above 0.25 usually means that something changed"
                .to_owned(),
        )
    })
}

/// Pairs of day columns that seem to stand in an order; the caller's run lets those pass that do.
fn orders_of_days(profile: &Profile) -> Vec<Proposal> {
    let days: Vec<&ColumnProfile> = profile
        .columns
        .iter()
        .filter(|column| {
            column.kind == ValueKind::Day && column.present >= ROWS_MIN && !column.name.starts_with('_')
        })
        .take(DAY_COLUMNS_MAX)
        .collect();
    let mut found = Vec::new();
    for left in &days {
        for right in &days {
            let earlier = (day(left.min.as_ref()), day(left.max.as_ref()))
                < (day(right.min.as_ref()), day(right.max.as_ref()));
            if left.name == right.name || !earlier {
                continue;
            }
            found.push(proposal(
                id(&format!("{}-{}", left.name, right.name), "order"),
                Severity::Warning,
                1.0,
                Check::Compare { left: left.name.clone(), order: Order::AtMost, right: right.name.clone() },
                format!("“{}”都不晚于“{}”", left.name, right.name),
                format!("{} is never after {}", left.name, right.name),
            ));
        }
    }
    found
}
