//! How often an executor asks for work: often around the beginnings and ends of its tasks, else seldom.
//!
//! Where a task ends, the next stage can begin as soon as the scheduler is told, and Ballista tells it when it asks again.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// Pause between two requests around the beginning or end of a task.
const BRISK: Duration = Duration::from_millis(5);
/// Pause at all other times: a new query waits no longer.
const CALM: Duration = Duration::from_millis(50);
/// How long after the beginning or end of a task the next stage is waited for.
const BRISK_FOR: Duration = Duration::from_millis(200);

/// The pace of one executor.
#[derive(Debug, Clone)]
pub(crate) struct Pace {
    ask: Arc<Notify>,
    hurried: Arc<Mutex<Instant>>,
}

impl Pace {
    /// Must be called inside a runtime.
    pub(crate) fn new() -> Self {
        Self { ask: Arc::default(), hurried: Arc::new(Mutex::new(Instant::now())) }
    }

    /// What wakes the asking.
    pub(crate) fn ask(&self) -> Arc<Notify> {
        Arc::clone(&self.ask)
    }

    /// A task has begun or ended.
    pub(crate) fn hurry(&self) {
        *self.hurried.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        self.ask.notify_one();
    }

    /// Wake the asking for ever.
    pub(crate) async fn keep(self) {
        loop {
            let last = *self.hurried.lock().unwrap_or_else(PoisonError::into_inner);
            tokio::time::sleep(pause(last.elapsed())).await;
            self.ask.notify_one();
        }
    }
}

/// How long to wait so long after a task began or ended.
fn pause(since: Duration) -> Duration {
    if since < BRISK_FOR { BRISK } else { CALM }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_executor_asks_often_around_its_tasks_and_seldom_else() {
        assert_eq!((pause(Duration::ZERO), pause(BRISK_FOR)), (BRISK, CALM));
        let pace = Pace::new();
        pace.hurry();
        // At once, before anybody keeps the pace.
        pace.ask.notified().await;
        let keeping = tokio::spawn(pace.clone().keep());
        pace.ask.notified().await;
        pace.ask.notified().await;
        keeping.abort();
    }
}
