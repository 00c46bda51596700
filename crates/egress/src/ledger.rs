//! Who is told that a destination was called or refused: not each call, for a log that is exported would grow by its
//! own export.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use crate::Error;

/// Told of destinations. Both are called on the caller's path and must not wait.
pub trait Ledger: Send + Sync {
    /// The first call to this origin for this purpose since the program began.
    fn opened(&self, purpose: &'static str, origin: &str);
    /// A call that was refused, at most once an hour for each target.
    fn refused(&self, purpose: &'static str, target: &str, why: &Error);
}

/// Destinations remembered; beyond it the least important thing happens: nobody is told twice as often.
const REMEMBERED_MAX: usize = 4_096;
/// How long a refusal is not repeated.
const QUIET: Duration = Duration::from_hours(1);

#[derive(Default)]
pub(crate) struct Told {
    ledger: OnceLock<Arc<dyn Ledger>>,
    seen: Mutex<HashMap<(&'static str, String, bool), Instant>>,
}

impl Told {
    /// From now on this one is told; a second is not taken.
    pub(crate) fn set(&self, ledger: Arc<dyn Ledger>) -> bool {
        self.ledger.set(ledger).is_ok()
    }

    pub(crate) fn opened(&self, purpose: &'static str, origin: &str) {
        if let Some(ledger) = self.ledger.get()
            && self.is_new((purpose, origin.to_owned(), true), None)
        {
            ledger.opened(purpose, origin);
        }
    }

    pub(crate) fn refused(&self, purpose: &'static str, target: &str, why: &Error) {
        if let Some(ledger) = self.ledger.get()
            && self.is_new((purpose, target.to_owned(), false), Some(QUIET))
        {
            ledger.refused(purpose, target, why);
        }
    }

    fn is_new(&self, key: (&'static str, String, bool), again_after: Option<Duration>) -> bool {
        let now = Instant::now();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(when) = seen.get_mut(&key) {
            let due = again_after.is_some_and(|quiet| now.duration_since(*when) >= quiet);
            if due {
                *when = now;
            }
            return due;
        }
        if seen.len() >= REMEMBERED_MAX {
            seen.retain(|(_, _, opened), when| *opened || now.duration_since(*when) < QUIET);
        }
        if seen.len() >= REMEMBERED_MAX {
            // A flood of targets: it has been told four thousand times already.
            return false;
        }
        seen.insert(key, now);
        true
    }
}
