//! Background ingest runs of this process: progress, cancelling, and waiting for them at shutdown.
//!
//! What a run did is remembered by the store; here is only what the store cannot know: how far a live one is, and the
//! token that stops it.

use crate::component_runs::ComponentRuns;
use crate::error::Error;
use crate::upload::Folder;
use brain_kernel::clock::Clock;
use brain_kernel::error::Failure;
use brain_kernel::party::Party;
use brain_kernel::progress::{Cancel, Progress};
use brain_warehouse::Warehouse;
use brain_warehouse::ingest::IngestRequest;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// Runs alive at the same time, waiting ones included.
const RUNS_MAX: usize = 32;
/// After a cancel, how long runs get to undo what they began.
const CANCEL_GRACE: Duration = Duration::from_secs(10);

/// The live runs of a node; cheap to clone. Give it a chance at shutdown with [`Runs::drain`].
#[derive(Clone)]
pub struct Runs(Arc<Inner>);

struct Inner {
    live: Mutex<State>,
    count: watch::Sender<usize>,
    components: ComponentRuns,
    per_account: usize,
}

#[derive(Default)]
struct State {
    runs: BTreeMap<String, Live>,
    stopping: bool,
}

/// A run that has not ended.
#[derive(Debug, Clone)]
pub(crate) struct Live {
    pub(crate) actor: String,
    pub(crate) mapping: String,
    pub(crate) file: String,
    pub(crate) progress: Progress,
    pub(crate) cancel: Cancel,
}

impl std::fmt::Debug for Runs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runs").field("live", &*self.0.count.borrow()).finish()
    }
}

impl Runs {
    /// `per_account` runs of one account may be alive.
    pub(crate) fn new(clock: Arc<dyn Clock>, per_account: usize) -> Self {
        let components = ComponentRuns::new(clock);
        Self(Arc::new(Inner {
            live: Mutex::default(),
            count: watch::Sender::new(0),
            components,
            per_account,
        }))
    }

    /// The component runs, which end with the node like the ingests do.
    pub(crate) fn components(&self) -> &ComponentRuns {
        &self.0.components
    }

    /// Begin a run in the background. The upload's folder goes when the run ends.
    pub(crate) fn start(
        &self,
        warehouse: Warehouse,
        party: Party,
        id: &str,
        request: IngestRequest,
        upload: Folder,
    ) -> Result<(), Error> {
        let live = Live {
            actor: party.account.clone(),
            mapping: request.mapping.clone(),
            file: request.options.file_name.clone().unwrap_or_default(),
            progress: Progress::new(),
            cancel: Cancel::new(),
        };
        self.enter(id, live.clone())?;
        let (runs, id) = (self.clone(), id.to_owned());
        tokio::spawn(async move {
            // Leaves the list even if the ingest panics.
            let _leave = Leave { runs, id: id.clone() };
            let _upload = upload;
            match warehouse.ingest(&party, request, live.progress, live.cancel).await {
                Ok(report) => tracing::info!(run = %id, rows = report.rows_landed, "ingest ended well"),
                Err(error) => {
                    let failure = Failure::from(error);
                    tracing::warn!(run = %id, code = failure.code, "ingest ended badly");
                }
            }
        });
        Ok(())
    }

    /// A live run.
    pub(crate) fn live(&self, id: &str) -> Option<Live> {
        self.lock().runs.get(id).cloned()
    }

    /// Whether another run of this account may begin.
    pub(crate) fn admits(&self, account: &str) -> Result<(), Error> {
        admits(&self.lock(), account, self.0.per_account)
    }

    /// Stop component runs and wait until every ingest has ended; after `timeout` cancel what is left and wait a little longer. New runs are
    /// refused from now on. Returns how many were left when even that did not help.
    pub async fn drain(&self, timeout: Duration) -> usize {
        self.lock().stopping = true;
        self.0.components.stop_all();
        if self.ended(timeout).await {
            return 0;
        }
        for run in self.lock().runs.values() {
            run.cancel.cancel();
        }
        if self.ended(CANCEL_GRACE).await { 0 } else { self.lock().runs.len() }
    }

    async fn ended(&self, patience: Duration) -> bool {
        let mut count = self.0.count.subscribe();
        let none_left = count.wait_for(|left| *left == 0);
        tokio::time::timeout(patience, none_left).await.is_ok()
    }

    fn enter(&self, id: &str, live: Live) -> Result<(), Error> {
        let mut state = self.lock();
        admits(&state, &live.actor, self.0.per_account)?;
        state.runs.insert(id.to_owned(), live);
        self.0.count.send_replace(state.runs.len());
        Ok(())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn admits(state: &State, account: &str, per_account: usize) -> Result<(), Error> {
    if state.stopping {
        return Err(Error::Stopping);
    }
    if state.runs.len() >= RUNS_MAX {
        return Err(Error::TooManyRuns { limit: RUNS_MAX });
    }
    if state.runs.values().filter(|run| run.actor == account).count() >= per_account {
        return Err(Error::TooManyOwnRuns { limit: per_account });
    }
    Ok(())
}

struct Leave {
    runs: Runs,
    id: String,
}

impl Drop for Leave {
    fn drop(&mut self) {
        let mut state = self.runs.lock();
        state.runs.remove(&self.id);
        self.runs.0.count.send_replace(state.runs.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use brain_kernel::clock::SystemClock;

    fn live() -> Live {
        live_of("a")
    }

    fn live_of(actor: &str) -> Live {
        let (progress, cancel) = (Progress::new(), Cancel::new());
        Live { actor: actor.into(), mapping: "m".into(), file: "f".into(), progress, cancel }
    }

    #[tokio::test]
    async fn draining_refuses_new_runs_waits_for_old_ones_and_cancels_the_stubborn() {
        let runs = Runs::new(Arc::new(SystemClock), 8);
        let run = live();
        runs.enter("one", run.clone()).unwrap();
        let worker = tokio::spawn({
            let leave = Leave { runs: runs.clone(), id: "one".into() };
            async move {
                while !run.cancel.is_cancelled() {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                drop(leave);
            }
        });
        assert_eq!(runs.drain(Duration::from_millis(20)).await, 0);
        assert!(matches!(runs.enter("two", live()), Err(Error::Stopping)));
        worker.await.unwrap();
    }

    #[test]
    fn more_runs_than_allowed_are_refused() {
        let runs = Runs::new(Arc::new(SystemClock), 8);
        for at in 0..RUNS_MAX {
            runs.enter(&at.to_string(), live_of(&(at / 8).to_string())).unwrap();
        }
        assert!(matches!(runs.enter("more", live()), Err(Error::TooManyRuns { limit: RUNS_MAX })));
    }

    #[test]
    fn one_account_cannot_take_every_place() {
        let runs = Runs::new(Arc::new(SystemClock), 8);
        for at in 0..8 {
            runs.enter(&at.to_string(), live()).unwrap();
        }
        assert!(matches!(runs.enter("more", live()), Err(Error::TooManyOwnRuns { limit: 8 })));
        assert!(runs.admits("b").is_ok() && runs.admits("a").is_err());
    }
}
