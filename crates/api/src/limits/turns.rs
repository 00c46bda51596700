//! How many things one caller has going at the same time.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

/// Counts by caller; a caller with nothing going is not remembered.
pub(crate) struct Turns<K> {
    most: u32,
    taken: Arc<Mutex<HashMap<K, u32>>>,
}

impl<K: Eq + Hash + Clone> Turns<K> {
    pub(crate) fn new(most: u32) -> Self {
        Self { most: most.max(1), taken: Arc::default() }
    }

    /// One more for this caller, given back when dropped; `None` when it has as many as it may.
    pub(crate) fn take(&self, caller: K) -> Option<Turn<K>> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.entry(caller.clone()).or_insert(0);
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(Turn { caller, taken: self.taken.clone() })
    }

    /// The limit.
    pub(crate) fn most(&self) -> u32 {
        self.most
    }
}

/// One thing a caller has going.
pub(crate) struct Turn<K: Eq + Hash> {
    caller: K,
    taken: Arc<Mutex<HashMap<K, u32>>>,
}

impl<K: Eq + Hash> Drop for Turn<K> {
    fn drop(&mut self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.caller) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.caller);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_caller_has_its_own_count_and_what_ends_is_given_back() {
        let turns = Turns::new(2);
        let first = turns.take("a").unwrap();
        let _second = turns.take("a").unwrap();
        assert!(turns.take("a").is_none() && turns.take("b").is_some());
        drop(first);
        assert!(turns.take("a").is_some());
        assert_eq!(turns.taken.lock().unwrap().len(), 1, "who has nothing going is forgotten");
    }
}
