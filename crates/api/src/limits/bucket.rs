//! Points that grow back: the generic cell rate algorithm (ITU-T I.371) for many payers in bounded memory.
//!
//! One number a payer: the moment at which all its points will have grown back. A payer for whom that moment has
//! passed owes nothing, and forgetting it changes nothing; that is what keeps the table small.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Payers remembered at once. Who comes when all of them owe something pays from one purse with all like it: a flood of
/// addresses cannot push out those that are being held back.
const PAYERS_MAX: usize = 65_536;
/// Least time between two looks for payers to forget, nanoseconds.
const SWEEP_NS: u64 = 1_000_000_000;

/// Points of many payers. Time is nanoseconds since any fixed moment.
pub(crate) struct Buckets<K> {
    /// Nanoseconds in which a point grows back.
    point_ns: u64,
    /// Nanoseconds in which all of them do.
    full_ns: u64,
    state: Mutex<State<K>>,
}

struct State<K> {
    due: HashMap<K, u64>,
    /// The common purse.
    overflow: u64,
    swept: u64,
}

impl<K: Eq + Hash> Buckets<K> {
    pub(crate) fn new(points_per_s: u32, points_max: u32) -> Self {
        let point_ns = 1_000_000_000 / u64::from(points_per_s.max(1));
        let full_ns = point_ns.max(1) * u64::from(points_max.max(1));
        Self {
            point_ns: point_ns.max(1),
            full_ns,
            state: Mutex::new(State { due: HashMap::new(), overflow: 0, swept: 0 }),
        }
    }

    /// Pay `points`, or hear how long it takes until they are there. What costs more than anybody can have takes all.
    pub(crate) fn pay(&self, payer: K, points: u32, now_ns: u64) -> Result<(), Duration> {
        let price = (self.point_ns * u64::from(points)).min(self.full_ns);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.due.len() >= PAYERS_MAX && !state.due.contains_key(&payer) {
            if now_ns.saturating_sub(state.swept) >= SWEEP_NS {
                state.swept = now_ns;
                state.due.retain(|_, due| *due > now_ns);
            }
            if state.due.len() >= PAYERS_MAX {
                return self.charge(&mut state.overflow, price, now_ns);
            }
        }
        let due = state.due.entry(payer).or_insert(0);
        self.charge(due, price, now_ns)
    }

    fn charge(&self, due: &mut u64, price: u64, now_ns: u64) -> Result<(), Duration> {
        let after = (*due).max(now_ns) + price;
        let missing = after.saturating_sub(now_ns + self.full_ns);
        if missing > 0 {
            return Err(Duration::from_nanos(missing));
        }
        *due = after;
        Ok(())
    }

    /// Payers remembered.
    #[cfg(test)]
    fn len(&self) -> usize {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).due.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    #[test]
    fn what_was_saved_can_be_spent_at_once_and_then_only_what_grows_back() {
        let buckets = Buckets::new(10, 50);
        let start = 7 * SECOND;
        for _ in 0..50 {
            assert!(buckets.pay("a", 1, start).is_ok());
        }
        let wait = buckets.pay("a", 1, start).unwrap_err();
        assert_eq!(wait, Duration::from_millis(100));
        assert!(buckets.pay("b", 50, start).is_ok(), "another's points are another's");
        assert!(buckets.pay("a", 1, start + SECOND / 10).is_ok());
        assert!(buckets.pay("a", 10, start + SECOND).is_err(), "nine have grown back");
        assert!(buckets.pay("a", 9, start + SECOND).is_ok());
        assert!(buckets.pay("a", 50, start + 60 * SECOND).is_ok(), "more than the most is never saved");
        assert!(buckets.pay("a", 1, start + 60 * SECOND).is_err());
    }

    #[test]
    fn a_refusal_costs_nothing_and_says_when_it_would_pass() {
        let buckets = Buckets::new(1, 10);
        assert!(buckets.pay("a", 10, 0).is_ok());
        let wait = buckets.pay("a", 4, 0).unwrap_err();
        assert_eq!(buckets.pay("a", 4, 0).unwrap_err(), wait);
        assert!(buckets.pay("a", 4, wait.as_nanos() as u64).is_ok());
        assert!(buckets.pay("b", 1_000, 0).is_ok(), "what costs more than anybody has takes all");
        assert!(buckets.pay("b", 1, 0).is_err());
    }

    #[test]
    fn a_flood_of_payers_takes_bounded_memory_and_frees_nobody_who_is_held_back() {
        let buckets = Buckets::new(1, 10);
        assert!(buckets.pay(u64::MAX, 10, 0).is_ok());
        for payer in 0..200_000_u64 {
            let _ = buckets.pay(payer, 1, payer);
        }
        assert_eq!(buckets.len(), PAYERS_MAX);
        assert!(buckets.pay(u64::MAX, 1, 200_000).is_err(), "still held back");
        assert!(buckets.pay(u64::MAX - 1, 1, 200_000).is_err(), "the common purse is empty");
        let later = 3_600 * SECOND;
        assert!(buckets.pay(u64::MAX - 1, 10, later).is_ok(), "all have paid: there is room again");
        assert_eq!(buckets.len(), 1);
    }
}
