//! Work beside the requests that is told when the node stops, and ends in order.

use brain_kernel::progress::Cancel;
use std::future::Future;
use std::time::Duration;
use tokio::task::JoinHandle;

/// A task that looks at its token now and then.
pub struct Background {
    cancel: Cancel,
    task: JoinHandle<()>,
}

impl Background {
    /// Begin the work, which ends soon after its token says so.
    pub fn begin<F>(work: impl FnOnce(Cancel) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let cancel = Cancel::new();
        Self { task: tokio::spawn(work(cancel.clone())), cancel }
    }

    /// Tell it, and wait until it has ended; what has not within `patience` is cut off.
    pub async fn end(mut self, patience: Duration) {
        self.cancel.cancel();
        if tokio::time::timeout(patience, &mut self.task).await.is_err() {
            tracing::warn!("work in the background did not end when it was told, and is cut off");
            self.task.abort();
            // Cut off on purpose; a panic inside was logged by its hook.
            drop(self.task.await);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    #[tokio::test]
    async fn work_under_way_is_told_and_ends_in_order_and_what_does_not_listen_is_cut_off() {
        let finished = Arc::new(AtomicBool::new(false));
        let seen = finished.clone();
        let listening = Background::begin(|cancel| async move {
            while !cancel.is_cancelled() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            tokio::task::yield_now().await;
            seen.store(true, Ordering::Release);
        });
        tokio::task::yield_now().await;
        listening.end(Duration::from_mins(1)).await;
        assert!(finished.load(Ordering::Acquire), "it went through its end");

        let held = Arc::new(());
        let kept = held.clone();
        let deaf = Background::begin(|_| async move {
            std::future::pending::<()>().await;
            drop(kept);
        });
        tokio::task::yield_now().await;
        deaf.end(Duration::from_millis(1)).await;
        assert_eq!(Arc::strong_count(&held), 1, "and what it held is free");
    }
}
