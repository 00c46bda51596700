//! Questions that wait for their answer (质询): between password and second factor.
//!
//! In memory on purpose: they live minutes, and a restart asks again.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use super::token::{self, Kind};
use crate::{Error, Result, Secret};

/// Minutes a question waits.
const MINUTES: i64 = 5;
/// Wrong answers to one question before it is taken back.
const ATTEMPTS_MAX: u32 = 5;
/// Questions waiting at once; when full, those past their time go first, then the oldest.
const WAITING_MAX: usize = 10_000;

/// A question.
#[derive(Debug, Clone)]
pub(super) struct Challenge {
    pub(super) account: String,
    /// How the person got as far as here: what the session will say it was opened with.
    pub(super) first: String,
    pub(super) expires_at: DateTime<Utc>,
    attempts: u32,
}

/// Questions by the hash of the token that stands for them.
#[derive(Default)]
pub(super) struct Challenges(Mutex<HashMap<String, Challenge>>);

impl Challenges {
    /// Ask; the token is what the answer must come with.
    pub(super) fn ask(&self, account: &str, first: &str, now: DateTime<Utc>) -> Result<(Secret, Challenge)> {
        let (token, hash) = token::fresh(Kind::Challenge)?;
        let challenge = Challenge {
            account: account.to_owned(),
            first: first.to_owned(),
            expires_at: now + TimeDelta::minutes(MINUTES),
            attempts: 0,
        };
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() >= WAITING_MAX {
            waiting.retain(|_, challenge| challenge.expires_at > now);
            if waiting.len() >= WAITING_MAX
                && let Some(oldest) =
                    waiting.iter().min_by_key(|(_, one)| one.expires_at).map(|(hash, _)| hash.clone())
            {
                waiting.remove(&oldest);
            }
        }
        waiting.insert(hash, challenge.clone());
        Ok((token, challenge))
    }

    /// The question behind `token`, untouched.
    pub(super) fn peek(&self, token: &str, now: DateTime<Utc>) -> Result<Challenge> {
        let waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = waiting.get(&token::hash(token)).filter(|one| one.expires_at > now);
        found.cloned().ok_or(Error::ChallengeEnded)
    }

    /// The question behind `token`, counted as tried once more.
    pub(super) fn attempt(&self, token: &str, now: DateTime<Utc>) -> Result<Challenge> {
        let hash = token::hash(token);
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = waiting.get_mut(&hash).filter(|one| one.expires_at > now);
        let challenge = found.ok_or(Error::ChallengeEnded)?;
        challenge.attempts += 1;
        let (challenge, last) = (challenge.clone(), challenge.attempts >= ATTEMPTS_MAX);
        if last {
            waiting.remove(&hash);
        }
        Ok(challenge)
    }

    /// Take the question back: it was answered, or the account may no longer answer; `false` when it was gone already.
    pub(super) fn end(&self, token: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&token::hash(token)).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::{ATTEMPTS_MAX, Challenges, WAITING_MAX};
    use chrono::{DateTime, TimeDelta};

    #[test]
    fn a_question_ends_by_time_by_answers_and_by_attempts() {
        let (challenges, now) = (Challenges::default(), DateTime::from_timestamp(0, 0).unwrap());
        let (token, _) = challenges.ask("a", "password", now).unwrap();
        for _ in 0..ATTEMPTS_MAX {
            assert_eq!(challenges.attempt(token.expose(), now).unwrap().account, "a");
        }
        assert!(challenges.attempt(token.expose(), now).is_err());
        let (token, _) = challenges.ask("a", "password", now).unwrap();
        assert!(challenges.attempt(token.expose(), now + TimeDelta::minutes(5)).is_err());
        assert!(challenges.end(token.expose()) && !challenges.end(token.expose()));
    }

    #[test]
    fn questions_that_nobody_answers_do_not_fill_the_memory() {
        let (challenges, now) = (Challenges::default(), DateTime::from_timestamp(0, 0).unwrap());
        for at in 0..WAITING_MAX + 10 {
            challenges.ask("a", "password", now + TimeDelta::milliseconds(at as i64)).unwrap();
        }
        assert_eq!(challenges.0.lock().unwrap().len(), WAITING_MAX);
    }
}
