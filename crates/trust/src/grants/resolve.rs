//! From caller, dataset and purpose to the grant that applies, in memory.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use brain_kernel::party::Party;
use brain_kernel::predicate::{Mask, Predicate};
use brain_kernel::side::DataSide;
use chrono::{DateTime, Utc};

use super::{ANY_PURPOSE, DatasetFacts, Grant, GrantCard, Reach, Subject};

/// Every grant not taken back, by whom it was given to.
#[derive(Default)]
pub(super) struct Snapshot(HashMap<Subject, Vec<GrantCard>>);

impl Snapshot {
    pub(super) fn new(rules: Vec<GrantCard>) -> Self {
        let mut by_subject: HashMap<Subject, Vec<GrantCard>> = HashMap::new();
        for rule in rules {
            by_subject.entry(rule.grant.subject.clone()).or_default().push(rule);
        }
        Self(by_subject)
    }

    pub(super) fn resolve(
        &self,
        party: &Party,
        dataset: &DatasetFacts,
        purpose: &str,
        now: DateTime<Utc>,
    ) -> Option<Grant> {
        let own = self.0.get(&Subject::Account(party.account.clone()));
        let of_role = self.0.get(&Subject::Role(party.role));
        own.into_iter()
            .chain(of_role)
            .flatten()
            .filter_map(|rule| applied(rule, party, dataset, purpose, now))
            // Ids break ties, so that the same question always names the same grant.
            .min_by(|a, b| permissiveness(a).cmp(&permissiveness(b)).then_with(|| a.id.cmp(&b.id)))
    }
}

/// Smaller is more permitting: all rows before some, fewer masks before more, longer before shorter.
fn permissiveness(grant: &Grant) -> (bool, usize, bool, Reverse<Option<DateTime<Utc>>>) {
    (!is_every_row(&grant.rows), grant.masks.len(), grant.until.is_some(), Reverse(grant.until))
}

fn is_every_row(rows: &Predicate) -> bool {
    matches!(rows, Predicate::All(parts) if parts.is_empty())
}

fn applied(
    rule: &GrantCard,
    party: &Party,
    dataset: &DatasetFacts,
    purpose: &str,
    now: DateTime<Utc>,
) -> Option<Grant> {
    let given = &rule.grant;
    let valid = given.until.is_none_or(|until| now <= until)
        && (given.purpose == ANY_PURPOSE || given.purpose == purpose)
        && matches(&given.dataset, &dataset.name)
        && given.grade_max.is_none_or(|most| dataset.grade <= most);
    if !valid {
        return None;
    }
    Some(Grant {
        id: rule.id.clone(),
        dataset: dataset.name.clone(),
        rows: reached_rows(given.reach, &given.rows, party, dataset)?,
        masks: masks(rule, dataset),
        purpose: purpose.to_owned(),
        until: given.until,
        basis: given.basis.clone(),
    })
}

/// The rows within reach, or `None` when the dataset is not.
fn reached_rows(reach: Reach, rows: &Predicate, party: &Party, dataset: &DatasetFacts) -> Option<Predicate> {
    match reach {
        Reach::All => Some(rows.clone()),
        Reach::Unrestricted => {
            (dataset.restricted_by.is_none() && dataset.side != DataSide::Enterprise).then(|| rows.clone())
        }
        Reach::OwnRows => {
            // Without an organisation nothing is one's own.
            party.organisation.as_ref()?;
            let own = Predicate::OwnOrganisation { column: dataset.restricted_by.clone()? };
            Some(if is_every_row(rows) { own } else { Predicate::All(vec![own, rows.clone()]) })
        }
        Reach::Owned => {
            party.organisation.as_ref().filter(|organisation| organisation.as_str() == dataset.owner)?;
            Some(rows.clone())
        }
    }
}

fn masks(rule: &GrantCard, dataset: &DatasetFacts) -> BTreeMap<String, Mask> {
    let mut masks: BTreeMap<String, Mask> = match rule.grant.mask_from {
        Some(least) => dataset
            .columns
            .iter()
            .filter(|column| column.grade >= least)
            .map(|column| (column.name.clone(), Mask::Redact))
            .collect(),
        None => BTreeMap::new(),
    };
    for (column, mask) in &rule.grant.masks {
        // Hidden by grade stays hidden.
        masks.entry(column.clone()).or_insert_with(|| mask.clone());
    }
    masks
}

fn matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix),
        None => pattern == name,
    }
}
