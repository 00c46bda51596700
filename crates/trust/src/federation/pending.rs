//! Sign-ins under way at a provider (登录往返): what was sent out, and must come back from the same browser.
//!
//! In memory on purpose: they live minutes, and a restart asks again.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use crate::Secret;

/// Minutes a person may take at the provider.
pub(super) const MINUTES: i64 = 10;
/// Sign-ins under way at once; when full, those past their time go first, then the oldest.
const WAITING_MAX: usize = 10_000;

/// What a sign-in at a provider is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Aim {
    /// To open a session.
    SignIn,
    /// To link the account of an open session.
    Link { account: String, session: String },
}

/// A sign-in under way.
#[derive(Debug, Clone)]
pub(super) struct Waiting {
    pub(super) provider: String,
    pub(super) nonce: String,
    pub(super) verifier: Secret,
    /// Hash of what the browser was given to keep.
    pub(super) browser_hash: String,
    pub(super) redirect_uri: String,
    pub(super) aim: Aim,
    pub(super) expires_at: DateTime<Utc>,
}

/// Sign-ins under way by the hash of their state.
#[derive(Default)]
pub(super) struct Pending(Mutex<HashMap<String, Waiting>>);

impl Pending {
    pub(super) fn put(&self, state_hash: String, waiting: Waiting, now: DateTime<Utc>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= WAITING_MAX {
            all.retain(|_, one| one.expires_at > now);
            if all.len() >= WAITING_MAX
                && let Some(oldest) =
                    all.iter().min_by_key(|(_, one)| one.expires_at).map(|(hash, _)| hash.clone())
            {
                all.remove(&oldest);
            }
        }
        all.insert(state_hash, waiting);
    }

    /// The sign-in behind a state, once.
    pub(super) fn take(&self, state_hash: &str, now: DateTime<Utc>) -> Option<Waiting> {
        let found = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(state_hash)?;
        (found.expires_at > now).then_some(found)
    }
}

/// When a sign-in begun now is given up.
pub(super) fn ends_at(now: DateTime<Utc>) -> DateTime<Utc> {
    now + TimeDelta::minutes(MINUTES)
}

#[cfg(test)]
mod tests {
    use super::{Aim, MINUTES, Pending, WAITING_MAX, Waiting, ends_at};
    use crate::Secret;
    use chrono::{DateTime, TimeDelta, Utc};

    fn waiting(now: DateTime<Utc>) -> Waiting {
        Waiting {
            provider: "centre".to_owned(),
            nonce: "n".to_owned(),
            verifier: Secret::new("v"),
            browser_hash: "b".to_owned(),
            redirect_uri: "u".to_owned(),
            aim: Aim::SignIn,
            expires_at: ends_at(now),
        }
    }

    #[test]
    fn a_state_comes_back_once_and_in_time_and_those_forgotten_do_not_fill_the_memory() {
        let (pending, now) = (Pending::default(), DateTime::from_timestamp(0, 0).unwrap());
        pending.put("a".to_owned(), waiting(now), now);
        assert!(pending.take("a", now).is_some() && pending.take("a", now).is_none());
        pending.put("b".to_owned(), waiting(now), now);
        assert!(pending.take("b", now + TimeDelta::minutes(MINUTES)).is_none());
        for at in 0..WAITING_MAX + 10 {
            let now = now + TimeDelta::milliseconds(at as i64);
            pending.put(at.to_string(), waiting(now), now);
        }
        assert_eq!(pending.0.lock().unwrap().len(), WAITING_MAX);
    }
}
