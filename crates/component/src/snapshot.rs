//! A chain graph with what was computed from it: each thing once, however many callers ask at the same time.

use brain_chain::graph::ChainGraph;
use brain_chain::search::SearchIndex;
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::progress::{Cancel, Progress};
use std::any::{Any, TypeId};
use std::future::Future;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::sync::OnceCell;

/// Derived values kept per graph; beyond, the one asked for longest ago goes.
const KEPT_MAX: usize = 64;

/// One graph and everything that follows from it alone. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Snapshot {
    pub(crate) graph: Arc<ChainGraph>,
    index: Arc<OnceLock<SearchIndex>>,
    derived: Arc<Cells<(TypeId, String), Arc<dyn Any + Send + Sync>>>,
}

impl Snapshot {
    pub(crate) fn new(graph: Arc<ChainGraph>) -> Self {
        Self { graph, index: Arc::default(), derived: Arc::new(Cells::new(KEPT_MAX)) }
    }

    /// The search index over names, aliases and pinyin of this graph; built by the first caller that searches.
    pub(crate) fn index(&self) -> &SearchIndex {
        self.index.get_or_init(|| SearchIndex::new(self.graph.clone()))
    }

    /// What `compute` makes of the graph under this key: computed once, off the threads that serve requests.
    ///
    /// Callers that come while it is computed wait for it. When the one that computes is cancelled or fails, the
    /// next one waiting computes it.
    pub(crate) async fn derived<T, F>(
        &self,
        key: &str,
        progress: &Progress,
        cancel: &Cancel,
        compute: F,
    ) -> Result<Arc<T>, Failure>
    where
        T: Send + Sync + 'static,
        F: FnOnce(&ChainGraph, &Progress, &Cancel) -> Result<T, Failure> + Send + 'static,
    {
        let cell = self.derived.cell((TypeId::of::<T>(), key.to_owned()));
        let (graph, progress, token) = (self.graph.clone(), progress.clone(), cancel.clone());
        let make = || async move {
            let work = move || -> Result<Arc<dyn Any + Send + Sync>, Failure> {
                Ok(Arc::new(compute(&graph, &progress, &token)?))
            };
            tokio::task::spawn_blocking(work).await.map_err(|_| Failure::internal("component/derived"))?
        };
        let value = unless_cancelled(cancel, cell.get_or_try_init(make)).await?.clone();
        value.downcast().map_err(|_| Failure::internal("component/derived-type"))
    }
}

/// Values by key, each made at most once at a time, so that making one never holds up those who want another.
pub(crate) struct Cells<K, V> {
    /// Most recently asked for last.
    kept: Mutex<Vec<(K, Arc<OnceCell<V>>)>>,
    kept_max: usize,
}

impl<K: PartialEq, V> Cells<K, V> {
    pub(crate) fn new(kept_max: usize) -> Self {
        Self { kept: Mutex::default(), kept_max }
    }

    /// The cell of a key, empty when nobody asked before.
    pub(crate) fn cell(&self, key: K) -> Arc<OnceCell<V>> {
        // A poisoned lock guards a list that is whole after every step.
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = match kept.iter().position(|(known, _)| *known == key) {
            Some(at) => kept.remove(at),
            None => (key, Arc::default()),
        };
        if kept.len() >= self.kept_max {
            kept.remove(0);
        }
        let cell = entry.1.clone();
        kept.push(entry);
        cell
    }
}

/// How soon a caller who waits for another's work notices that its own run was cancelled.
const CANCEL_LOOK: Duration = Duration::from_millis(50);

/// The outcome of `work`, or a refusal as soon as the caller's run is cancelled.
pub(crate) async fn unless_cancelled<T>(
    cancel: &Cancel,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let cancelled = async {
        while !cancel.is_cancelled() {
            tokio::time::sleep(CANCEL_LOOK).await;
        }
    };
    tokio::select! {
        biased;
        () = cancelled => Err(Failure::new(
            ErrorKind::Cancelled,
            "component/cancelled",
            "运行已取消。",
            "The run was cancelled.",
        )),
        done = work => done,
    }
}

#[cfg(test)]
#[path = "snapshot_tests.rs"]
mod tests;
