//! Component runs in the background: begun, watched, stopped, and kept for a while after they end.
//!
//! In memory on purpose: a result is an answer, not a record — evidence records the run. A restart forgets them.

use crate::error::Error;
use brain_component::{Outcome, Registry, RunOptions};
use brain_kernel::clock::Clock;
use brain_kernel::error::Failure;
use brain_kernel::party::Party;
use brain_kernel::progress::{Cancel, Progress};
use brain_trust::AccessOrigin;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tracing::Instrument as _;
use uuid::Uuid;

/// Runs at work at the same time, of all accounts.
const LIVE_MAX: usize = 64;
/// Runs at work at the same time, of one account.
const LIVE_PER_ACCOUNT_MAX: usize = 8;
/// Ended runs kept, of all accounts and of one: the oldest go first.
const KEPT_MAX: usize = 64;
const KEPT_PER_ACCOUNT_MAX: usize = 8;
/// How long an ended run is kept, minutes.
const KEPT_MINUTES: i64 = 10;
/// Longest time a run may take; beyond it, it is stopped.
const RUN_TIME_MAX: Duration = Duration::from_hours(1);

/// The background runs of a node; cheap to clone.
#[derive(Clone)]
pub(crate) struct ComponentRuns(Arc<Inner>);

struct Inner {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// By id; ids grow with time, so the first is the oldest.
    runs: BTreeMap<String, Run>,
    stopping: bool,
}

struct Run {
    owner: String,
    component: String,
    trace_id: String,
    created_at: DateTime<Utc>,
    progress: Progress,
    cancel: Cancel,
    ended: Option<Ended>,
    over: watch::Sender<bool>,
}

#[derive(Clone)]
struct Ended {
    at: DateTime<Utc>,
    outcome: SharedOutcome,
}

/// How a run ended, for everybody who asks.
pub(crate) type SharedOutcome = Arc<Result<Outcome, Failure>>;

/// A run as its owner sees it.
pub(crate) struct View {
    pub(crate) id: String,
    pub(crate) component: String,
    /// Number of the request that began it.
    pub(crate) trace_id: String,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) progress: Progress,
    pub(crate) cancelled: bool,
    /// When it ended, until when it is kept, and how it ended.
    pub(crate) ended: Option<(DateTime<Utc>, DateTime<Utc>, SharedOutcome)>,
}

/// What to run.
pub(crate) struct Asked {
    pub(crate) component: String,
    pub(crate) parameters: Value,
    pub(crate) purpose: String,
    pub(crate) trace_id: String,
    pub(crate) origin: AccessOrigin,
}

/// A run just begun. Dropping it stops the run, unless it is let go.
pub(crate) struct Begun {
    pub(crate) id: String,
    cancel: Option<Cancel>,
    over: watch::Receiver<bool>,
}

impl Begun {
    /// Wait until the run has ended, but not longer than `patience`; whether it has.
    pub(crate) async fn ended_within(&mut self, patience: Duration) -> bool {
        tokio::time::timeout(patience, self.over.wait_for(|over| *over)).await.is_ok_and(|over| over.is_ok())
    }

    /// From now on the run goes on without its caller.
    pub(crate) fn let_go(mut self) {
        self.cancel = None;
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        if let Some(cancel) = &self.cancel {
            cancel.cancel();
        }
    }
}

impl ComponentRuns {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Inner { clock, state: Mutex::default() }))
    }

    /// Begin a run in the background.
    pub(crate) fn start(&self, registry: Registry, party: Party, asked: Asked) -> Result<Begun, Error> {
        let Asked { component, parameters, purpose, trace_id, origin } = asked;
        let options = RunOptions { purpose, origin, ..RunOptions::default() };
        let begun = self.enter(&party.account, &component, trace_id, &options)?;
        let leave = Leave { runs: self.clone(), id: begun.id.clone(), outcome: None };
        let work = async move {
            let mut leave = leave;
            let cancel = options.cancel.clone();
            let run = registry.run(&component, &party, parameters, options);
            leave.outcome = Some(in_time(run, &cancel).await);
        };
        tokio::spawn(work.in_current_span());
        Ok(begun)
    }

    fn enter(
        &self,
        owner: &str,
        component: &str,
        trace_id: String,
        options: &RunOptions,
    ) -> Result<Begun, Error> {
        let now = self.0.clock.now();
        let mut state = self.lock();
        if state.stopping {
            return Err(Error::Stopping);
        }
        prune(&mut state, now);
        let alive = |run: &&Run| run.ended.is_none();
        let own = state.runs.values().filter(alive).filter(|run| run.owner == owner).count();
        if own >= LIVE_PER_ACCOUNT_MAX {
            return Err(Error::TooManyComponentRuns { limit: LIVE_PER_ACCOUNT_MAX });
        }
        if state.runs.values().filter(alive).count() >= LIVE_MAX {
            return Err(Error::Busy);
        }
        let id = Uuid::now_v7().to_string();
        let (over, watching) = watch::channel(false);
        let run = Run {
            owner: owner.to_owned(),
            component: component.to_owned(),
            trace_id,
            created_at: now,
            progress: options.progress.clone(),
            cancel: options.cancel.clone(),
            ended: None,
            over,
        };
        state.runs.insert(id.clone(), run);
        Ok(Begun { id, cancel: Some(options.cancel.clone()), over: watching })
    }

    /// A run of this account. Another account's run is as unknown as one that never was.
    pub(crate) fn find(&self, owner: &str, id: &str) -> Option<View> {
        let mut state = self.lock();
        prune(&mut state, self.0.clock.now());
        let run = state.runs.get(id).filter(|run| run.owner == owner)?;
        let ended = run.ended.as_ref();
        Some(View {
            id: id.to_owned(),
            component: run.component.clone(),
            trace_id: run.trace_id.clone(),
            created_at: run.created_at,
            progress: run.progress.clone(),
            cancelled: run.cancel.is_cancelled(),
            ended: ended.map(|ended| (ended.at, ended.at + kept_for(), ended.outcome.clone())),
        })
    }

    /// Stop a run that is at work, forget one that has ended; whether this account had it.
    pub(crate) fn stop(&self, owner: &str, id: &str) -> bool {
        let mut state = self.lock();
        prune(&mut state, self.0.clock.now());
        let Some(run) = state.runs.get(id).filter(|run| run.owner == owner) else { return false };
        run.cancel.cancel();
        if run.ended.is_some() {
            state.runs.remove(id);
        }
        true
    }

    /// Stop every run and take no more: the node is stopping.
    pub(crate) fn stop_all(&self) {
        let mut state = self.lock();
        state.stopping = true;
        for run in state.runs.values() {
            run.cancel.cancel();
        }
    }

    fn end(&self, id: &str, outcome: Result<Outcome, Failure>) {
        let now = self.0.clock.now();
        let mut state = self.lock();
        if let Some(run) = state.runs.get_mut(id) {
            run.ended = Some(Ended { at: now, outcome: Arc::new(outcome) });
            run.over.send_replace(true);
        }
        prune(&mut state, now);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends the run even if the component panics.
struct Leave {
    runs: ComponentRuns,
    id: String,
    outcome: Option<Result<Outcome, Failure>>,
}

impl Drop for Leave {
    fn drop(&mut self) {
        let outcome = self.outcome.take().unwrap_or_else(|| {
            tracing::error!(run = self.id, "a component run ended without an outcome");
            Err(Failure::internal("api/internal"))
        });
        self.runs.end(&self.id, outcome);
    }
}

async fn in_time(
    run: impl Future<Output = Result<Outcome, Failure>>,
    cancel: &Cancel,
) -> Result<Outcome, Failure> {
    let mut run = std::pin::pin!(run);
    tokio::select! {
        biased;
        outcome = &mut run => outcome,
        () = tokio::time::sleep(RUN_TIME_MAX) => {
            cancel.cancel();
            // The run ends by itself now, and leaves its evidence; what it answers is that it was cancelled.
            drop(run.await);
            Err(Error::Timeout { seconds: RUN_TIME_MAX.as_secs() }.into())
        }
    }
}

fn kept_for() -> TimeDelta {
    TimeDelta::minutes(KEPT_MINUTES)
}

/// Forget what ended too long ago, and the oldest beyond the limits.
fn prune(state: &mut State, now: DateTime<Utc>) {
    state.runs.retain(|_, run| run.ended.as_ref().is_none_or(|ended| now < ended.at + kept_for()));
    let mut kept: BTreeMap<String, usize> = BTreeMap::new();
    let mut all = 0;
    let mut gone = Vec::new();
    for (id, run) in state.runs.iter().rev().filter(|(_, run)| run.ended.is_some()) {
        let own = kept.entry(run.owner.clone()).or_default();
        *own += 1;
        all += 1;
        if *own > KEPT_PER_ACCOUNT_MAX || all > KEPT_MAX {
            gone.push(id.clone());
        }
    }
    for id in gone {
        state.runs.remove(&id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicI64, Ordering};

    #[derive(Default)]
    struct Hand(AtomicI64);

    impl Clock for Hand {
        fn now(&self) -> DateTime<Utc> {
            DateTime::from_timestamp(1_700_000_000 + self.0.load(Ordering::Relaxed), 0).unwrap()
        }
    }

    fn runs() -> (Arc<Hand>, ComponentRuns) {
        let clock = Arc::new(Hand::default());
        (clock.clone(), ComponentRuns::new(clock))
    }

    fn enter(runs: &ComponentRuns, owner: &str) -> Result<String, Error> {
        let begun = runs.enter(owner, "chain.list", String::new(), &RunOptions::default())?;
        let id = begun.id.clone();
        begun.let_go();
        Ok(id)
    }

    fn failure() -> Result<Outcome, Failure> {
        Err(Failure::internal("test/one"))
    }

    #[test]
    fn only_its_owner_sees_a_run_or_stops_it() {
        let (_, runs) = runs();
        let id = enter(&runs, "ann").unwrap();
        assert!(runs.find("bob", &id).is_none() && !runs.stop("bob", &id));
        assert!(!runs.find("ann", &id).unwrap().cancelled);
        assert!(runs.stop("ann", &id));
        assert!(runs.find("ann", &id).unwrap().cancelled, "stopped, and still there to be looked at");
        runs.end(&id, failure());
        assert!(runs.find("ann", &id).unwrap().ended.is_some());
        assert!(runs.stop("ann", &id), "an ended run is forgotten");
        assert!(runs.find("ann", &id).is_none());
    }

    #[test]
    fn an_ended_run_is_kept_ten_minutes_and_the_oldest_goes_when_there_are_too_many() {
        let (clock, runs) = runs();
        let ids: Vec<String> = (0..=KEPT_PER_ACCOUNT_MAX)
            .map(|_| {
                let id = enter(&runs, "ann").unwrap();
                runs.end(&id, failure());
                id
            })
            .collect();
        let seen = |id: &String| runs.find("ann", id).is_some();
        assert!(!seen(&ids[0]) && ids[1..].iter().all(seen));
        clock.0.store(KEPT_MINUTES * 60 - 1, Ordering::Relaxed);
        assert!(seen(&ids[1]));
        clock.0.store(KEPT_MINUTES * 60, Ordering::Relaxed);
        assert!(!ids.iter().any(seen));
    }

    #[test]
    fn one_account_cannot_take_every_place_and_a_stopping_node_takes_nobody() {
        let (_, runs) = runs();
        let first: Vec<String> = (0..LIVE_PER_ACCOUNT_MAX).map(|_| enter(&runs, "ann").unwrap()).collect();
        assert!(matches!(enter(&runs, "ann"), Err(Error::TooManyComponentRuns { .. })));
        let other = enter(&runs, "bob").unwrap();
        runs.end(&first[0], failure());
        assert!(enter(&runs, "ann").is_ok(), "an ended run frees its place");
        runs.stop_all();
        assert!(matches!(enter(&runs, "eve"), Err(Error::Stopping)));
        assert!(runs.find("bob", &other).unwrap().cancelled);
    }

    #[tokio::test]
    async fn a_caller_who_goes_away_stops_the_run_until_it_is_let_go() {
        let (_, runs) = runs();
        let options = RunOptions::default();
        drop(runs.enter("ann", "chain.list", String::new(), &options).unwrap());
        assert!(options.cancel.is_cancelled());
        let options = RunOptions::default();
        let mut begun = runs.enter("ann", "chain.list", String::new(), &options).unwrap();
        assert!(!begun.ended_within(Duration::from_millis(5)).await);
        runs.end(&begun.id.clone(), failure());
        assert!(begun.ended_within(Duration::from_mins(1)).await);
        begun.let_go();
        assert!(!options.cancel.is_cancelled());
    }
}
