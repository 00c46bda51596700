//! What looks like an attack is told once to the evidence log: kind, source address, target and time
//! (GB/T 22239-2019 8.1.3.3 d). In bounded memory, and never so often that an attacker could fill the log.

use brain_trust::{Evidence, EvidenceEntry};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long the same is not told again.
const QUIET: Duration = Duration::from_mins(10);
/// Different alarms remembered.
const REMEMBERED_MAX: usize = 4_096;
/// Most alarms told in a minute, of all kinds.
const PER_MINUTE_MAX: u32 = 60;

/// Tells alarms.
pub(crate) struct Alarms {
    evidence: Evidence,
    state: Mutex<State>,
}

struct State {
    told: HashMap<(&'static str, String), Instant>,
    minute: Instant,
    in_minute: u32,
}

impl State {
    fn new(now: Instant) -> Self {
        Self { told: HashMap::new(), minute: now, in_minute: 0 }
    }

    fn is_due(&mut self, kind: &'static str, subject: &str, now: Instant) -> bool {
        let key = (kind, subject.to_owned());
        if self.told.get(&key).is_some_and(|when| now.duration_since(*when) < QUIET) {
            return false;
        }
        if now.duration_since(self.minute) >= Duration::from_mins(1) {
            (self.minute, self.in_minute) = (now, 0);
        }
        if self.in_minute >= PER_MINUTE_MAX {
            return false;
        }
        if self.told.len() >= REMEMBERED_MAX {
            self.told.retain(|_, when| now.duration_since(*when) < QUIET);
            if self.told.len() >= REMEMBERED_MAX {
                return false;
            }
        }
        self.told.insert(key, now);
        self.in_minute += 1;
        true
    }
}

impl Alarms {
    pub(crate) fn new(evidence: Evidence) -> Self {
        Self { evidence, state: Mutex::new(State::new(Instant::now())) }
    }

    /// Tell that `actor` did something to `subject` that it should not, unless it was told lately.
    pub(crate) fn raise(&self, kind: &'static str, actor: &str, subject: &str, body: Value) {
        metrics::counter!("brain_alarms_total", "kind" => kind).increment(1);
        let due = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.is_due(kind, subject, Instant::now())
        };
        if !due {
            return;
        }
        tracing::warn!(kind, actor, subject, "alarm");
        let entry = EvidenceEntry {
            kind: kind.to_owned(),
            actor: actor.to_owned(),
            subject: subject.to_owned(),
            body,
        };
        let evidence = self.evidence.clone();
        // Beside the request: whoever is refused shall not wait for the log.
        tokio::spawn(async move {
            if let Err(error) = evidence.record(entry).await {
                tracing::error!(kind, %error, "an alarm could not be recorded");
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_is_told_once_in_a_while_and_a_flood_is_not_told_at_all() {
        let start = Instant::now();
        let mut state = State::new(start);
        assert!(state.is_due("limit.exceeded", "a", start) && !state.is_due("limit.exceeded", "a", start));
        assert!(state.is_due("session.guessing", "a", start), "another kind is another alarm");
        let told = (0..1_000).filter(|at| state.is_due("limit.exceeded", &at.to_string(), start)).count();
        assert_eq!(told, PER_MINUTE_MAX as usize - 2);
        let later = start + QUIET;
        assert!(state.is_due("limit.exceeded", "a", later));
    }
}
