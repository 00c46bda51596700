//! Progress and cancellation, passed into anything that may run longer than a second.

use crate::language::Text;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

/// A cheap-clone token: one side asks to stop, the other looks now and then.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// A token nobody has cancelled yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Ask the work to stop at its next check.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether somebody asked to stop.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// What a worker is at and how far: `done` of `total` (0 = unknown) of the present stage, in the worker's own unit.
#[derive(Debug, Clone, Default)]
pub struct Progress(Arc<Counters>);

#[derive(Debug, Default)]
struct Counters {
    done: AtomicU64,
    total: AtomicU64,
    stage: RwLock<Option<Text>>,
}

impl Progress {
    /// Counters at zero.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Begin a stage (阶段) of the work: its name for people, and how much there is to do in it (0 = unknown).
    pub fn begin(&self, zh: &str, en: &str, total: u64) {
        *self.0.stage.write().unwrap_or_else(PoisonError::into_inner) = Some(Text::new(zh, en));
        self.0.done.store(0, Ordering::Relaxed);
        self.set_total(total);
    }

    /// Set how much there is to do.
    pub fn set_total(&self, total: u64) {
        self.0.total.store(total, Ordering::Relaxed);
    }

    /// Advance by `amount`.
    pub fn add(&self, amount: u64) {
        self.0.done.fetch_add(amount, Ordering::Relaxed);
    }

    /// `(done, total)`.
    #[must_use]
    pub fn read(&self) -> (u64, u64) {
        (self.0.done.load(Ordering::Relaxed), self.0.total.load(Ordering::Relaxed))
    }

    /// The present stage, once one has begun.
    #[must_use]
    pub fn stage(&self) -> Option<Text> {
        self.0.stage.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The share of the present stage that is done, 0 … 1; `None` while its size is unknown.
    #[must_use]
    pub fn fraction(&self) -> Option<f64> {
        let (done, total) = self.read();
        (total > 0).then(|| (done as f64 / total as f64).min(1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_starts_from_nothing_and_its_share_never_exceeds_the_whole() {
        let progress = Progress::new();
        assert_eq!((progress.stage(), progress.fraction()), (None, None));
        progress.begin("读取", "Reading", 4);
        progress.add(3);
        assert_eq!(progress.fraction(), Some(0.75));
        progress.add(3);
        assert_eq!(progress.fraction(), Some(1.0));
        progress.begin("计算", "Computing", 0);
        assert_eq!((progress.stage(), progress.fraction()), (Some(Text::new("计算", "Computing")), None));
    }
}
