//! From caller, dataset, action and purpose to the grant that applies, in memory.
//!
//! Grants are data, found by hash of subject and dataset, so that ten thousand of them cost what ten do.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use brain_kernel::party::{Party, Role};
use brain_kernel::predicate::{Mask, Predicate};
use brain_kernel::side::DataSide;
use brain_policy::Action;
use chrono::{DateTime, Utc};

use super::{
    ANY_PURPOSE, DatasetFacts, Grant, GrantCard, NODE_OWNER, NewGrant, PRODUCT_ZONE, Reach, Subject,
};
use crate::requests::purpose;

/// What the caller wants of a dataset.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) action: Action,
    pub(super) purpose: &'a str,
    pub(super) now: DateTime<Utc>,
}

/// Why a grant that names the dataset does not open it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Miss {
    /// Its time is over.
    Expired,
    /// It is for another purpose.
    Purpose,
    /// It does not open this action.
    Action,
    /// The dataset's grade is above its limit.
    Grade,
    /// The dataset or the caller is outside its reach.
    Reach,
}

/// Every grant not taken back, by whom it was given to.
#[derive(Default)]
pub(super) struct Snapshot(HashMap<Subject, Shelf>);

/// The grants of one subject, by dataset.
#[derive(Default)]
struct Shelf {
    exact: HashMap<String, Vec<Arc<GrantCard>>>,
    prefixes: HashMap<String, Vec<Arc<GrantCard>>>,
    /// Lengths of the prefixes, in bytes: only these beginnings of a name can be one.
    lengths: BTreeSet<usize>,
}

impl Shelf {
    fn add(&mut self, card: GrantCard) {
        let card = Arc::new(card);
        match card.grant.dataset.strip_suffix('*') {
            Some(prefix) => {
                self.lengths.insert(prefix.len());
                self.prefixes.entry(prefix.to_owned()).or_default().push(card);
            }
            None => self.exact.entry(card.grant.dataset.clone()).or_default().push(card),
        }
    }

    fn naming<'a>(&'a self, dataset: &'a str) -> impl Iterator<Item = &'a Arc<GrantCard>> {
        let beginnings = self.lengths.iter().filter_map(|length| dataset.get(..*length));
        let by_prefix = beginnings.filter_map(|prefix| self.prefixes.get(prefix));
        self.exact.get(dataset).into_iter().chain(by_prefix).flatten()
    }
}

impl Snapshot {
    pub(super) fn new(rules: Vec<GrantCard>) -> Self {
        let mut by_subject: HashMap<Subject, Shelf> = HashMap::new();
        for rule in rules {
            by_subject.entry(rule.grant.subject.clone()).or_default().add(rule);
        }
        Self(by_subject)
    }

    pub(super) fn best(&self, party: &Party, dataset: &DatasetFacts, wanted: &Wanted<'_>) -> Option<Grant> {
        let mut best: Option<Grant> = None;
        self.each(party, &dataset.name, |card| {
            if let Ok(next) = applied(card, party, dataset, wanted)
                && best.as_ref().is_none_or(|so_far| precedes(&next, so_far, wanted.action))
            {
                best = Some(next);
            }
        });
        best
    }

    pub(super) fn the(
        &self,
        id: &str,
        party: &Party,
        dataset: &DatasetFacts,
        wanted: &Wanted<'_>,
    ) -> Option<Grant> {
        let mut found = None;
        self.each(party, &dataset.name, |card| {
            if card.id == id {
                found = applied(card, party, dataset, wanted).ok();
            }
        });
        found
    }

    pub(super) fn candidates(
        &self,
        party: &Party,
        dataset: &DatasetFacts,
        wanted: &Wanted<'_>,
    ) -> Vec<(Arc<GrantCard>, Option<Miss>)> {
        let mut found = Vec::new();
        self.each(party, &dataset.name, |card| {
            found.push((Arc::clone(card), applied(card, party, dataset, wanted).err()));
        });
        found
    }

    pub(super) fn all(&self) -> Vec<Arc<GrantCard>> {
        let of_shelf = |shelf: &Shelf| {
            shelf.exact.values().chain(shelf.prefixes.values()).flatten().cloned().collect::<Vec<_>>()
        };
        let mut all: Vec<_> = self.0.values().flat_map(of_shelf).collect();
        all.sort_by(|a, b| a.id.cmp(&b.id));
        all
    }

    fn each(&self, party: &Party, dataset: &str, mut visit: impl FnMut(&Arc<GrantCard>)) {
        for subject in [Subject::Account(party.account.clone()), Subject::Role(party.role)] {
            self.0.get(&subject).into_iter().flat_map(|shelf| shelf.naming(dataset)).for_each(&mut visit);
        }
    }
}

/// The more permitting one goes first; ids break ties, so that the same question always names the same grant.
fn precedes(a: &Grant, b: &Grant, action: Action) -> bool {
    permissiveness(a, action).cmp(&permissiveness(b, action)).then_with(|| a.id.cmp(&b.id)).is_lt()
}

/// Smaller is more permitting: all rows before some, fewer masks before more, longer before shorter. What leaves the
/// node looks for an agreement before all that, since policies do.
fn permissiveness(
    grant: &Grant,
    action: Action,
) -> (bool, bool, usize, bool, Reverse<Option<DateTime<Utc>>>) {
    (
        action.leaves() && grant.agreement.is_none(),
        !is_every_row(&grant.rows),
        grant.masks.len(),
        grant.until.is_some(),
        Reverse(grant.until),
    )
}

fn is_every_row(rows: &Predicate) -> bool {
    matches!(rows, Predicate::All(parts) if parts.is_empty())
}

/// What a card that names the dataset gives now, or why nothing.
fn applied(
    rule: &GrantCard,
    party: &Party,
    dataset: &DatasetFacts,
    wanted: &Wanted<'_>,
) -> Result<Grant, Miss> {
    let given = &rule.grant;
    if given.until.is_some_and(|until| wanted.now > until) {
        return Err(Miss::Expired);
    }
    let for_it = given.purpose == ANY_PURPOSE
        || given.purpose == wanted.purpose
        || purpose::covers(&given.purpose, wanted.purpose);
    if !for_it {
        return Err(Miss::Purpose);
    }
    let opens = match &given.actions {
        Some(actions) => actions.contains(&wanted.action),
        None => Action::OF_READING.contains(&wanted.action),
    };
    if !opens {
        return Err(Miss::Action);
    }
    if given.grade_max.is_some_and(|most| dataset.grade > most) {
        return Err(Miss::Grade);
    }
    if dataset.zone == PRODUCT_ZONE && !names_products(given) && !is_own_product(party, dataset) {
        return Err(Miss::Reach);
    }
    Ok(Grant {
        id: rule.id.clone(),
        dataset: dataset.name.clone(),
        rows: reached_rows(given.reach, &given.rows, party, dataset).ok_or(Miss::Reach)?,
        masks: masks(rule, dataset),
        purpose: wanted.purpose.to_owned(),
        until: given.until,
        basis: given.basis.clone(),
        agreement: given.agreement.clone(),
    })
}

/// Whether a grant is about data products; one for datasets at large opens none.
fn names_products(given: &NewGrant) -> bool {
    given.dataset.strip_prefix(PRODUCT_ZONE).is_some_and(|rest| rest.starts_with('.'))
}

/// Whether the caller acts for the organisation that offers the product, or runs the node that does.
fn is_own_product(party: &Party, dataset: &DatasetFacts) -> bool {
    match &party.organisation {
        Some(organisation) => organisation.as_str() == dataset.owner,
        None => party.role == Role::SystemAdministrator && dataset.owner == NODE_OWNER,
    }
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
    let given = &rule.grant;
    let unasked = |name: &String| given.columns.as_ref().is_some_and(|columns| !columns.contains(name));
    let mut masks: BTreeMap<String, Mask> = dataset
        .columns
        .iter()
        .filter(|column| given.mask_from.is_some_and(|least| column.grade >= least) || unasked(&column.name))
        .map(|column| (column.name.clone(), Mask::Redact))
        .collect();
    for (column, mask) in &given.masks {
        // Hidden by grade, or not asked for, stays hidden.
        masks.entry(column.clone()).or_insert_with(|| mask.clone());
    }
    masks
}
