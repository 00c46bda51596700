//! What is remembered of each account and rule: a sliding window, bounded, advanced one event at a time.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use brain_store::audit::{ProfileRow, RecordRow};
use brain_store::evidence::LeafRow;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::rules::{Accesses, ActKey, AlertCondition, AlertRule, Rulebook};
use crate::incidents::{Raised, Reference};

/// Events remembered of one account and rule; the oldest go first.
const EVENTS_MAX: usize = 5_000;
/// Accounts remembered in all; beyond it, those quiet the longest are forgotten.
const KEYS_MAX: usize = 50_000;
/// Records named by one hit.
const REFERENCES_MAX: usize = 100;
/// Days of an account's own habit.
pub(super) const HABIT_DAYS: i64 = 30;

/// One counted event.
#[derive(Debug, Clone, Copy)]
struct Counted {
    at: DateTime<Utc>,
    amount: [u64; 2],
    reference: Reference,
}

/// A window of one rule for one account.
#[derive(Debug, Default)]
struct Window {
    events: VecDeque<Counted>,
    sums: [u64; 2],
}

impl Window {
    fn push(&mut self, counted: Counted, length: TimeDelta) {
        while self.events.front().is_some_and(|old| counted.at - old.at >= length)
            || self.events.len() >= EVENTS_MAX
        {
            self.drop_oldest();
        }
        for (sum, more) in self.sums.iter_mut().zip(counted.amount) {
            *sum = sum.saturating_add(more);
        }
        self.events.push_back(counted);
    }

    fn drop_oldest(&mut self) {
        if let Some(old) = self.events.pop_front() {
            for (sum, less) in self.sums.iter_mut().zip(old.amount) {
                *sum = sum.saturating_sub(less);
            }
        }
    }

    fn references(&self) -> Vec<Reference> {
        self.events.iter().rev().take(REFERENCES_MAX).map(|event| event.reference).collect()
    }

    fn newest(&self) -> Option<DateTime<Utc>> {
        self.events.back().map(|event| event.at)
    }
}

/// Datasets an account touched, by day.
#[derive(Debug, Default)]
struct Habit {
    days: BTreeMap<String, BTreeSet<String>>,
    /// Day and rule of the last hit: one a day.
    told: BTreeSet<(String, String)>,
}

/// Everything rules remember.
#[derive(Debug, Default)]
pub(super) struct Windows {
    windows: HashMap<(String, String), Window>,
    habits: HashMap<String, Habit>,
    /// What accounts touched for the first time today, to be stored.
    fresh: Vec<ProfileRow>,
}

impl Windows {
    /// Take in what accounts touched before.
    pub(super) fn remember(&mut self, rows: Vec<ProfileRow>) {
        for row in rows {
            self.habits.entry(row.account).or_default().days.entry(row.day).or_default().insert(row.dataset);
        }
    }

    /// What accounts touched for the first time since this was last asked.
    pub(super) fn take_fresh(&mut self) -> Vec<ProfileRow> {
        std::mem::take(&mut self.fresh)
    }

    /// An access that ended; rules that are hit.
    pub(super) fn record(&mut self, book: &Rulebook, row: &RecordRow) -> Vec<Raised> {
        if row.phase == "open" {
            return Vec::new();
        }
        let datasets = datasets_of(row);
        let day = book.hours.day(row.recorded_at);
        self.touch(row, &day, &datasets);
        let reference = Reference::Audit(row.seq);
        let mut raised = Vec::new();
        for rule in book.rules.iter().filter(|rule| rule.enabled) {
            let of = |list: &[String], value: &str| list.is_empty() || list.iter().any(|one| one == value);
            match &rule.condition {
                AlertCondition::Volume(volume) => {
                    let counts = of(&volume.actions, &row.action) && of(&volume.channels, &row.channel);
                    if counts {
                        let amount = [natural(row.rows), natural(row.bytes)];
                        let limits = [volume.rows, volume.bytes];
                        let counted = Counted { at: row.recorded_at, amount, reference };
                        raised.extend(self.count(rule, &row.account, counted, limits, ["rows", "bytes"]));
                    }
                }
                AlertCondition::Accesses(accesses) => {
                    if counts(book, accesses, row) {
                        let counted = Counted { at: row.recorded_at, amount: [1, 0], reference };
                        let limits = [Some(accesses.count), None];
                        raised.extend(self.count(rule, &row.account, counted, limits, ["accesses", ""]));
                    }
                }
                AlertCondition::Breadth(breadth) => {
                    if row.outcome != "denied" && !datasets.is_empty() {
                        let limit = |habit: &Habit| {
                            breadth.least.max(breadth.times.saturating_mul(average(habit, &day)))
                        };
                        raised.extend(self.breadth(rule, &row.account, &day, limit, reference));
                    }
                }
                AlertCondition::Acts(_) => {}
            }
        }
        raised
    }

    /// An entry of the evidence log; rules that are hit.
    pub(super) fn act(&mut self, book: &Rulebook, leaf: &LeafRow) -> Vec<Raised> {
        let mut raised = Vec::new();
        for rule in book.rules.iter().filter(|rule| rule.enabled) {
            let AlertCondition::Acts(acts) = &rule.condition else { continue };
            let named = |kind: &String| match kind.strip_suffix('.') {
                Some(_) => leaf.kind.starts_with(kind.as_str()),
                None => leaf.kind == *kind,
            };
            // What the node does to itself when it starts is nobody's act.
            if leaf.actor == "system" && acts.by == ActKey::Actor || !acts.kinds.iter().any(named) {
                continue;
            }
            let key = match acts.by {
                ActKey::Actor => Some(leaf.actor.clone()),
                ActKey::Subject => (leaf.subject != "unknown").then(|| leaf.subject.clone()),
                ActKey::Address => address_of(leaf),
            };
            let Some(key) = key else { continue };
            let counted =
                Counted { at: leaf.recorded_at, amount: [1, 0], reference: Reference::Evidence(leaf.seq) };
            raised.extend(self.count(rule, &key, counted, [Some(acts.count), None], ["acts", ""]));
        }
        raised
    }

    fn count(
        &mut self,
        rule: &AlertRule,
        key: &str,
        counted: Counted,
        limits: [Option<u64>; 2],
        words: [&str; 2],
    ) -> Option<Raised> {
        self.make_room();
        let window = self.windows.entry((rule.id.clone(), key.to_owned())).or_default();
        window.push(counted, TimeDelta::minutes(rule.window_minutes.into()));
        let reached = limits.into_iter().zip(window.sums).zip(words).find_map(|((limit, sum), word)| {
            limit.filter(|limit| sum >= *limit).map(|limit| (word, sum, limit))
        });
        let (word, sum, limit) = reached?;
        let references = window.references();
        // The next hit takes as much again.
        *window = Window::default();
        Some(Raised {
            rule: rule.id.clone(),
            title: rule.title.clone(),
            severity: rule.severity,
            subject: key.to_owned(),
            measure: format!("{word} {sum} >= {limit} / {} min", rule.window_minutes),
            references,
        })
    }

    fn touch(&mut self, row: &RecordRow, day: &str, datasets: &[String]) {
        if row.outcome == "denied" {
            return;
        }
        for dataset in datasets {
            let habit = self.habits.entry(row.account.clone()).or_default();
            if habit.days.entry(day.to_owned()).or_default().insert(dataset.clone()) {
                let (account, dataset) = (row.account.clone(), dataset.clone());
                self.fresh.push(ProfileRow { account, day: day.to_owned(), dataset });
            }
        }
    }

    fn breadth(
        &mut self,
        rule: &AlertRule,
        account: &str,
        day: &str,
        limit: impl FnOnce(&Habit) -> u64,
        reference: Reference,
    ) -> Option<Raised> {
        let habit = self.habits.get_mut(account)?;
        let today = habit.days.get(day).map_or(0, BTreeSet::len) as u64;
        let limit = limit(habit);
        if today < limit || !habit.told.insert((day.to_owned(), rule.id.clone())) {
            return None;
        }
        Some(Raised {
            rule: rule.id.clone(),
            title: rule.title.clone(),
            severity: rule.severity,
            subject: account.to_owned(),
            measure: format!("datasets {today} >= {limit} / {day}"),
            references: vec![reference],
        })
    }

    /// Forget days beyond the habit, and accounts that have been quiet the longest when there are too many.
    pub(super) fn forget_before(&mut self, day: &str) {
        for habit in self.habits.values_mut() {
            habit.days = habit.days.split_off(day);
            habit.told.retain(|(told, _)| told.as_str() >= day);
        }
        self.habits.retain(|_, habit| !habit.days.is_empty());
    }

    fn make_room(&mut self) {
        if self.windows.len() < KEYS_MAX {
            return;
        }
        let mut times: Vec<_> = self.windows.values().filter_map(Window::newest).collect();
        let middle = times.len() / 2;
        let (_, median, _) = times.select_nth_unstable(middle);
        let median = *median;
        self.windows.retain(|_, window| window.newest().is_some_and(|newest| newest > median));
    }
}

fn counts(book: &Rulebook, accesses: &Accesses, row: &RecordRow) -> bool {
    let of = |list: &[String], value: &str| list.is_empty() || list.iter().any(|one| one == value);
    of(&accesses.actions, &row.action)
        && of(&accesses.channels, &row.channel)
        && of(&accesses.outcomes, &row.outcome)
        && (!accesses.off_hours || book.hours.is_off(row.recorded_at))
}

/// Average number of datasets a day, over the days before this one on which the account worked; rounded up.
fn average(habit: &Habit, day: &str) -> u64 {
    let first = NaiveDate::parse_from_str(day, "%Y-%m-%d")
        .ok()
        .and_then(|day| day.checked_sub_signed(TimeDelta::days(HABIT_DAYS)))
        .map(|day| day.format("%Y-%m-%d").to_string())
        .unwrap_or_default();
    let days: Vec<u64> =
        habit.days.range(first..day.to_owned()).map(|(_, datasets)| datasets.len() as u64).collect();
    if days.is_empty() { 0 } else { days.iter().sum::<u64>().div_ceil(days.len() as u64) }
}

fn natural(number: Option<i64>) -> u64 {
    number.and_then(|number| u64::try_from(number).ok()).unwrap_or_default()
}

fn datasets_of(row: &RecordRow) -> Vec<String> {
    crate::audit::inputs_of(row).unwrap_or_default().into_iter().map(|input| input.dataset).collect()
}

fn address_of(leaf: &LeafRow) -> Option<String> {
    let body: serde_json::Value = serde_json::from_str(&leaf.body).ok()?;
    Some(body.get("ip")?.as_str()?.to_owned())
}
