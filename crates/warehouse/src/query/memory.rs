//! Memory of queries: each has its own pool, all draw on one budget of the process.

use datafusion::error::{DataFusionError, Result};
use datafusion::execution::memory_pool::{
    FairSpillPool, MemoryConsumer, MemoryLimit, MemoryPool, MemoryReservation,
};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes all queries, models and ingests of the process may hold together.
#[derive(Debug)]
pub(crate) struct Budget {
    limit_bytes: usize,
    used_bytes: AtomicUsize,
}

impl Budget {
    pub(crate) fn new(limit_mib: u64) -> Arc<Self> {
        let limit_bytes = usize::try_from(limit_mib).unwrap_or(usize::MAX).saturating_mul(1 << 20);
        Arc::new(Self { limit_bytes, used_bytes: AtomicUsize::new(0) })
    }

    /// Bytes held now.
    pub(crate) fn used_bytes(&self) -> usize {
        self.used_bytes.load(Ordering::Relaxed)
    }

    fn try_take(&self, bytes: usize) -> bool {
        self.used_bytes
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
                used.checked_add(bytes).filter(|sum| *sum <= self.limit_bytes)
            })
            .is_ok()
    }

    fn take(&self, bytes: usize) {
        self.used_bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    fn give(&self, bytes: usize) {
        self.used_bytes.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// The pool of one query: fair between its spilling operators, bounded by itself and by the process.
#[derive(Debug)]
pub(crate) struct QueryPool {
    own: FairSpillPool,
    own_limit_bytes: usize,
    budget: Arc<Budget>,
}

impl QueryPool {
    pub(crate) fn new(limit_mib: u64, budget: Arc<Budget>) -> Arc<Self> {
        let limit = usize::try_from(limit_mib).unwrap_or(usize::MAX).saturating_mul(1 << 20);
        Arc::new(Self { own: FairSpillPool::new(limit), own_limit_bytes: limit, budget })
    }
}

impl fmt::Display for QueryPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "query({} MiB)", self.own_limit_bytes >> 20)
    }
}

impl MemoryPool for QueryPool {
    fn name(&self) -> &'static str {
        "query"
    }

    fn register(&self, consumer: &MemoryConsumer) {
        self.own.register(consumer);
    }

    fn unregister(&self, consumer: &MemoryConsumer) {
        self.own.unregister(consumer);
    }

    fn grow(&self, reservation: &MemoryReservation, additional: usize) {
        self.own.grow(reservation, additional);
        self.budget.take(additional);
    }

    fn shrink(&self, reservation: &MemoryReservation, shrink: usize) {
        self.own.shrink(reservation, shrink);
        self.budget.give(shrink);
    }

    fn try_grow(&self, reservation: &MemoryReservation, additional: usize) -> Result<()> {
        if !self.budget.try_take(additional) {
            return Err(DataFusionError::ResourcesExhausted(format!(
                "the process holds {} MiB in queries already",
                self.budget.used_bytes() >> 20
            )));
        }
        self.own.try_grow(reservation, additional).inspect_err(|_| self.budget.give(additional))
    }

    fn reserved(&self) -> usize {
        self.own.reserved()
    }

    fn memory_limit(&self) -> MemoryLimit {
        MemoryLimit::Finite(self.own_limit_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_queries_share_one_budget_and_give_it_back() {
        let budget = Budget::new(10);
        let first: Arc<dyn MemoryPool> = QueryPool::new(8, Arc::clone(&budget));
        let second: Arc<dyn MemoryPool> = QueryPool::new(8, Arc::clone(&budget));
        let one = MemoryConsumer::new("sort").register(&first);
        let two = MemoryConsumer::new("sort").register(&second);
        assert!(one.try_grow(7 << 20).is_ok());
        assert!(two.try_grow(7 << 20).is_err(), "the process budget binds");
        assert!(one.try_grow(2 << 20).is_err(), "the query's own limit binds");
        drop(one);
        assert_eq!(budget.used_bytes(), 0);
        assert!(two.try_grow(7 << 20).is_ok());
    }
}
