//! Challenges that wait for a passkey's answer (仪式质询): each is for one purpose, and is gone with the first answer to
//! it, good or bad.
//!
//! In memory on purpose: they live minutes, and a restart asks again.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use crate::{Result, keys};

/// Minutes a challenge waits.
pub(super) const MINUTES: i64 = 5;
/// Challenges waiting at once; when full, those past their time go first, then the oldest.
const WAITING_MAX: usize = 10_000;
/// Bytes of a challenge (§13.4.3 asks for 16 at least).
pub(super) const NONCE_BYTES: usize = 32;

/// What a challenge is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::identity) enum Purpose {
    /// A new passkey, asked for in a session.
    Create { account: String, session: String },
    /// The second step of a sign-in, by the hash of its question.
    SecondFactor { account: String, question: String },
    /// The second factor again, in a session.
    StepUp { account: String, session: String },
    /// A sign-in by passkey alone; whose it is, the answer says.
    SignIn,
}

struct Waiting {
    purpose: Purpose,
    expires_at: DateTime<Utc>,
}

/// Challenges by their bytes.
#[derive(Default)]
pub(in crate::identity) struct Ceremonies(Mutex<HashMap<[u8; NONCE_BYTES], Waiting>>);

impl Ceremonies {
    /// Make a challenge.
    pub(super) fn begin(&self, purpose: Purpose, now: DateTime<Utc>) -> Result<[u8; NONCE_BYTES]> {
        let nonce = keys::random::<NONCE_BYTES>()?;
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() >= WAITING_MAX {
            waiting.retain(|_, one| one.expires_at > now);
            if waiting.len() >= WAITING_MAX
                && let Some(oldest) =
                    waiting.iter().min_by_key(|(_, one)| one.expires_at).map(|(nonce, _)| *nonce)
            {
                waiting.remove(&oldest);
            }
        }
        waiting.insert(nonce, Waiting { purpose, expires_at: now + TimeDelta::minutes(MINUTES) });
        Ok(nonce)
    }

    /// What the challenge was for, once.
    pub(super) fn take(&self, nonce: &[u8], now: DateTime<Utc>) -> Option<Purpose> {
        let nonce: [u8; NONCE_BYTES] = nonce.try_into().ok()?;
        let found = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&nonce)?;
        (found.expires_at > now).then_some(found.purpose)
    }
}

#[cfg(test)]
mod tests {
    use super::{Ceremonies, MINUTES, Purpose, WAITING_MAX};
    use chrono::{DateTime, TimeDelta};

    #[test]
    fn a_challenge_is_answered_once_and_in_time() {
        let (ceremonies, now) = (Ceremonies::default(), DateTime::from_timestamp(0, 0).unwrap());
        let nonce = ceremonies.begin(Purpose::SignIn, now).unwrap();
        assert_eq!(ceremonies.take(&nonce, now), Some(Purpose::SignIn));
        assert_eq!(ceremonies.take(&nonce, now), None);
        let late = ceremonies.begin(Purpose::SignIn, now).unwrap();
        assert_eq!(ceremonies.take(&late, now + TimeDelta::minutes(MINUTES)), None);
        assert_eq!(ceremonies.take(b"short", now), None);
    }

    #[test]
    fn challenges_that_nobody_answers_do_not_fill_the_memory() {
        let (ceremonies, now) = (Ceremonies::default(), DateTime::from_timestamp(0, 0).unwrap());
        for at in 0..WAITING_MAX + 10 {
            ceremonies.begin(Purpose::SignIn, now + TimeDelta::milliseconds(at as i64)).unwrap();
        }
        assert_eq!(ceremonies.0.lock().unwrap().len(), WAITING_MAX);
    }
}
