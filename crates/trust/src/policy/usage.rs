//! How often each grant and policy decides something: counted in memory, written now and then.

use std::sync::{Mutex, PoisonError};

use brain_kernel::party::{Party, Role};
use brain_store::use_counter;
use chrono::{DateTime, Utc};
use rustc_hash::FxHashMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Decision, Policy};
use crate::identity::{oversees_rights, require_role};
use crate::{GrantCard, Result};

const GRANT: &str = "grant";
const POLICY: &str = "policy";

#[derive(Clone, Copy)]
struct Hits {
    number: i64,
    last: DateTime<Utc>,
}

type Counters = FxHashMap<String, Hits>;

/// Hits not yet written.
#[derive(Default)]
pub(super) struct Usage(Mutex<(Counters, Counters)>);

impl Usage {
    pub(super) fn count(&self, decision: &Decision, now: DateTime<Utc>) {
        let mut hits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (grants, policies) = &mut *hits;
        if let Some(grant) = &decision.grant {
            hit(grants, &grant.id, now);
        }
        for policy in &decision.policies {
            hit(policies, policy, now);
        }
    }

    fn take(&self) -> (Counters, Counters) {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn put_back(&self, taken: (Counters, Counters)) {
        let mut hits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        taken.0.into_iter().for_each(|(id, more)| add(&mut hits.0, id, more));
        taken.1.into_iter().for_each(|(id, more)| add(&mut hits.1, id, more));
    }
}

fn hit(counters: &mut Counters, id: &str, now: DateTime<Utc>) {
    match counters.get_mut(id) {
        Some(hits) => *hits = Hits { number: hits.number + 1, last: now },
        None => {
            counters.insert(id.to_owned(), Hits { number: 1, last: now });
        }
    }
}

fn add(counters: &mut Counters, id: String, more: Hits) {
    counters
        .entry(id)
        .and_modify(|hits| *hits = Hits { number: hits.number + more.number, last: hits.last.max(more.last) })
        .or_insert(more);
}

/// A grant or policy, how often it decided, and whether it is needed (GB/T 22239-2019 8.1.3.2b).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UseCard {
    /// `grant` or `policy`.
    pub kind: String,
    /// Its id.
    pub id: String,
    /// Decisions it made.
    pub hits: i64,
    /// The last one; `None` where it was never used.
    pub last_at: Option<DateTime<Utc>>,
    /// A wider grant to the same subject, by id, that makes this one superfluous.
    pub shadowed_by: Option<String>,
}

impl Policy {
    /// Write what was counted. Called now and then and at the end; a crash loses what was counted since.
    pub async fn flush_usage(&self) -> Result<()> {
        let taken = self.0.usage.take();
        if taken.0.is_empty() && taken.1.is_empty() {
            return Ok(());
        }
        let written = self.write(&taken).await;
        if written.is_err() {
            self.0.usage.put_back(taken);
        }
        written
    }

    async fn write(&self, taken: &(Counters, Counters)) -> Result<()> {
        let transaction = self.0.store.transaction().await?;
        for (kind, counters) in [(GRANT, &taken.0), (POLICY, &taken.1)] {
            for (id, hits) in counters {
                use_counter::add(&transaction, kind, id, hits.number, hits.last).await?;
            }
        }
        Ok(transaction.commit().await?)
    }

    /// Every grant and policy in force with its use, least used first. Security administrators
    /// and auditors only.
    pub async fn usage(&self, actor: &Party) -> Result<Vec<UseCard>> {
        if !oversees_rights(actor) {
            require_role(actor, Role::SecurityAdministrator)?;
        }
        self.flush_usage().await?;
        let counters = use_counter::all(self.0.store.db()).await?;
        let found = |kind: &str, id: &str| counters.iter().find(|row| row.kind == kind && row.id == id);
        let card = |kind: &str, id: &str, shadowed_by: Option<String>| {
            let row = found(kind, id);
            UseCard {
                kind: kind.to_owned(),
                id: id.to_owned(),
                hits: row.map_or(0, |row| row.hits),
                last_at: row.map(|row| row.last_at),
                shadowed_by,
            }
        };
        let grants = self.0.grants.all();
        let shadow =
            |card: &GrantCard| grants.iter().find(|other| shadows(other, card)).map(|other| other.id.clone());
        let mut cards: Vec<UseCard> =
            grants.iter().map(|grant| card(GRANT, &grant.id, shadow(grant))).collect();
        let rules = self.0.rules.load();
        cards.extend(rules.book.rules().iter().map(|rule| card(POLICY, &rule.id, None)));
        cards.sort_by(|a, b| {
            a.hits.cmp(&b.hits).then_with(|| a.last_at.cmp(&b.last_at)).then_with(|| a.id.cmp(&b.id))
        });
        Ok(cards)
    }
}

/// Whether `wide` opens to the same subject everything that `narrow` does, and as long.
fn shadows(wide: &GrantCard, narrow: &GrantCard) -> bool {
    let (w, n) = (&wide.grant, &narrow.grant);
    let names = match w.dataset.strip_suffix('*') {
        Some(prefix) => n.dataset.starts_with(prefix),
        None => w.dataset == n.dataset,
    };
    let covers = names
        && w.subject == n.subject
        && w.reach == n.reach
        && w.rows == n.rows
        && (w.masks.is_empty() && w.mask_from.is_none() || w.masks == n.masks && w.mask_from == n.mask_from)
        && (w.columns.is_none() || w.columns == n.columns)
        && (w.grade_max.is_none() || w.grade_max >= n.grade_max && n.grade_max.is_some())
        && (w.purpose == crate::grants::ANY_PURPOSE || w.purpose == n.purpose)
        && w.actions == n.actions
        && (n.agreement.is_none() || w.agreement == n.agreement)
        && (w.until.is_none() || n.until.is_some_and(|until| w.until >= Some(until)));
    // Of two that say the same the older one stays.
    covers && wide.id != narrow.id && (w != n || wide.id < narrow.id)
}
