//! Alerts (告警): rules as data, counted one event at a time over audit records and evidence entries; a hit raises an
//! incident.
//!
//! Invariant: an event is counted once, also across a restart: what was counted and what it raised are one commit.
//! Deliberately absent: telling anybody outside the node.

mod hours;
mod rules;
mod window;

use std::sync::Arc;

use brain_kernel::party::Party;
use brain_store::{Store, audit as records, evidence as leaves, setting};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::identity::{oversees_rights, require_role};
use crate::incidents::Raised;
use crate::{Audit, Incidents, Result};
use window::{HABIT_DAYS, Windows};

pub use hours::Hours;
pub use rules::{Accesses, ActKey, Acts, AlertCondition, AlertDuty, AlertRule, Breadth, Rulebook, Volume};

/// Setting that holds how far events were counted.
const COUNTED: &str = "alerts.counted";
/// Events taken at once.
const AT_ONCE: u64 = 1_000;
/// Events after which is stored how far was counted, even where nothing was raised.
const STORE_EVERY: u64 = 5_000;
/// Entries of the evidence log looked at again after a restart, to fill windows.
const LOOK_BACK_MAX: i64 = 50_000;

/// How far events were counted: positions of the next ones.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Counted {
    audit: i64,
    evidence: i64,
}

/// A cheap-clone handle to the node's alerts.
#[derive(Clone)]
pub struct Alerts(Arc<Inner>);

struct Inner {
    store: Store,
    audit: Audit,
    incidents: Incidents,
    rulebook: Arc<Rulebook>,
    // Who holds this counts.
    state: tokio::sync::Mutex<State>,
}

#[derive(Default)]
struct State {
    counted: Counted,
    windows: Windows,
    since_stored: u64,
    day: String,
}

impl Alerts {
    pub(crate) async fn open(
        store: Store,
        audit: Audit,
        incidents: Incidents,
        rulebook: Arc<Rulebook>,
    ) -> Result<Self> {
        let state = State::load(&store, &rulebook).await?;
        let state = tokio::sync::Mutex::new(state);
        Ok(Self(Arc::new(Inner { store, audit, incidents, rulebook, state })))
    }

    /// The rules in force. Security administrators and auditors.
    pub fn rulebook(&self, actor: &Party) -> Result<Rulebook> {
        if !oversees_rights(actor) {
            require_role(actor, brain_kernel::party::Role::SecurityAdministrator)?;
        }
        Ok((*self.0.rulebook).clone())
    }

    /// Count everything that happened since; how many rules were hit.
    pub async fn advance(&self) -> Result<u64> {
        self.0.audit.flush().await?;
        let mut state = self.0.state.lock().await;
        let mut hits = 0;
        loop {
            let (more, raised) = self.some(&mut state).await?;
            hits += raised;
            if !more {
                return Ok(hits);
            }
        }
    }

    async fn some(&self, state: &mut State) -> Result<(bool, u64)> {
        let (db, book) = (self.0.store.db(), &self.0.rulebook);
        let rows = records::records_from(db, state.counted.audit, AT_ONCE).await?;
        let acts = leaves::leaves_from(db, state.counted.evidence, AT_ONCE).await?;
        if rows.is_empty() && acts.is_empty() {
            return Ok((false, 0));
        }
        let mut raised: Vec<Raised> = Vec::new();
        // In the order they happened, so that windows move forward only.
        let (mut rows, mut acts) = (rows.iter().peekable(), acts.iter().peekable());
        let mut counted = state.counted;
        loop {
            let row_first = match (rows.peek(), acts.peek()) {
                (Some(row), Some(act)) => row.recorded_at <= act.recorded_at,
                (Some(_), None) => true,
                (None, Some(_)) => false,
                (None, None) => break,
            };
            if row_first {
                let Some(row) = rows.next() else { break };
                raised.extend(state.windows.record(book, row));
                counted.audit = row.seq + 1;
            } else {
                let Some(act) = acts.next() else { break };
                raised.extend(state.windows.act(book, act));
                counted.evidence = act.seq + 1;
            }
            state.since_stored += 1;
        }
        state.counted = counted;
        let fresh = state.windows.take_fresh();
        if !raised.is_empty() || !fresh.is_empty() || state.since_stored >= STORE_EVERY {
            if let Err(error) = self.store(counted, &raised, fresh).await {
                // Windows have moved on and the store has not: take both up again from what is stored.
                *state = State::load(&self.0.store, book).await?;
                return Err(error);
            }
            state.since_stored = 0;
        }
        self.turn_of_day(state).await?;
        Ok((true, raised.len() as u64))
    }

    async fn store(
        &self,
        counted: Counted,
        raised: &[Raised],
        fresh: Vec<records::ProfileRow>,
    ) -> Result<()> {
        let transaction = self.0.store.transaction().await?;
        for chunk in fresh.chunks(500) {
            records::touch(&transaction, chunk.to_vec()).await?;
        }
        setting::set(&transaction, COUNTED, &counted, self.0.store.now()).await?;
        self.0.incidents.hit_in(&transaction, raised).await?;
        Ok(transaction.commit().await?)
    }

    /// Once a day, days beyond the habit are forgotten.
    async fn turn_of_day(&self, state: &mut State) -> Result<()> {
        let (now, hours) = (self.0.store.now(), &self.0.rulebook.hours);
        let today = hours.day(now);
        if state.day != today {
            let first = hours.day(now - TimeDelta::days(HABIT_DAYS + 1));
            state.windows.forget_before(&first);
            records::forget_before(self.0.store.db(), &first).await?;
            state.day = today;
        }
        Ok(())
    }

    /// Count for as long as the node runs: soon after each commit of records, and at least every `interval`.
    pub(crate) async fn keep_watching(self, interval: std::time::Duration) {
        loop {
            drop(tokio::time::timeout(interval, self.0.audit.news()).await);
            if let Err(error) = self.advance().await {
                tracing::warn!(%error, "alerts could not be counted; trying again");
                tokio::time::sleep(interval).await;
            }
        }
    }
}

impl State {
    /// What was counted so far; windows are filled again from what came within the longest of them.
    async fn load(store: &Store, book: &Rulebook) -> Result<Self> {
        let stored: Option<Counted> = setting::get(store.db(), COUNTED).await?;
        let mut state = Self::default();
        let now = store.now();
        let habit = book.hours.day(now - TimeDelta::days(HABIT_DAYS + 1));
        state.windows.remember(records::touched_since(store.db(), &habit).await?);
        let Some(counted) = stored else {
            // A node that had no alerts yet begins with what comes now.
            let evidence = leaves::frontier(store.db()).await?.size;
            state.counted = Counted { audit: records::next_seq(store.db()).await?, evidence };
            let transaction = store.transaction().await?;
            setting::set(&transaction, COUNTED, &state.counted, now).await?;
            transaction.commit().await?;
            return Ok(state);
        };
        state.counted = counted;
        let since = now - book.longest_window();
        if let Some(mut from) = records::first_since(store.db(), since).await? {
            while from < counted.audit {
                let rows = records::records_from(store.db(), from, AT_ONCE).await?;
                let Some(last) = rows.last() else { break };
                from = last.seq + 1;
                rows.iter().filter(|row| row.seq < counted.audit).for_each(|row| {
                    state.windows.record(book, row);
                });
            }
        }
        let mut from = (counted.evidence - LOOK_BACK_MAX).max(0);
        while from < counted.evidence {
            let acts = leaves::leaves_from(store.db(), from, AT_ONCE).await?;
            let Some(last) = acts.last() else { break };
            from = last.seq + 1;
            acts.iter().filter(|act| act.seq < counted.evidence && act.recorded_at >= since).for_each(
                |act| {
                    state.windows.act(book, act);
                },
            );
        }
        // What was touched then is stored already.
        state.windows.take_fresh();
        Ok(state)
    }
}
