//! A brake on guessing passwords and second factors, on top of the lock of the account: by the rate of failures of one
//! address, and by the number of accounts that fail from it, for who tries one password on many accounts locks none.
//!
//! In memory on purpose: a restart forgives, the account's own lock does not.

use crate::error::Error;
use crate::limits::Limits;
use crate::network::{Neighbourhood, neighbourhood};
use brain_kernel::clock::Clock;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// Window in which failures are counted, seconds.
const WINDOW_S: i64 = 60;
/// Window in which accounts that failed are counted, minutes.
const ACCOUNTS_WINDOW_MINUTES: i64 = 60;
/// Longest wait of an address, minutes.
const WAIT_MINUTES_MAX: i64 = 24 * 60;
/// Addresses remembered at once; those that come when all of them matter are judged together.
const ADDRESSES_MAX: usize = 16_384;

/// Failed sign-ins by address.
pub(crate) struct Guessing {
    clock: Arc<dyn Clock>,
    limits: Limits,
    /// Names are kept as keyed hashes: people type passwords into that field.
    hasher: RandomState,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    addresses: HashMap<Neighbourhood, Record>,
    /// Everybody for whom there is no room.
    others: Record,
    /// Failures of the whole node.
    all: Window,
    swept: Option<DateTime<Utc>>,
}

#[derive(Default, Clone, Copy)]
struct Window {
    began: DateTime<Utc>,
    failures: u32,
}

impl Window {
    fn at(&mut self, now: DateTime<Utc>) -> &mut Self {
        if !(0..WINDOW_S).contains(&(now - self.began).num_seconds()) {
            *self = Self { began: now, failures: 0 };
        }
        self
    }

    fn rest_s(self, now: DateTime<Utc>) -> u32 {
        u32::try_from(WINDOW_S - (now - self.began).num_seconds()).unwrap_or(1).max(1)
    }
}

#[derive(Default, Clone)]
struct Record {
    window: Window,
    /// Since when the accounts below are counted.
    since: DateTime<Utc>,
    /// Accounts that failed and did not succeed since.
    accounts: Vec<u64>,
    blocked_until: DateTime<Utc>,
    /// Waits in a row.
    blocks: u32,
    blocked_at: DateTime<Utc>,
}

impl Record {
    fn matters(&self, now: DateTime<Utc>) -> bool {
        now < self.blocked_until
            || now - self.blocked_at < TimeDelta::minutes(WAIT_MINUTES_MAX) && self.blocks > 0
            || now - self.window.began < TimeDelta::seconds(WINDOW_S)
            || now - self.since < TimeDelta::minutes(ACCOUNTS_WINDOW_MINUTES) && !self.accounts.is_empty()
    }
}

/// What a failure showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Suspicion {
    /// Too many accounts failed from one address; it waits until then.
    ManyAccounts {
        /// How many.
        accounts: usize,
        /// Until when nobody signs in from there.
        until: DateTime<Utc>,
    },
    /// Too many failures of all addresses together in a minute.
    ManyFailures {
        /// How many.
        failures: u32,
    },
}

impl Guessing {
    pub(crate) fn new(clock: Arc<dyn Clock>, limits: Limits) -> Self {
        Self { clock, limits, hasher: RandomState::new(), state: Mutex::default() }
    }

    /// Count a try as failed until [`Self::succeeded`] says otherwise, so that parallel tries count too.
    pub(crate) fn begin(&self, address: Option<IpAddr>) -> Result<(), Error> {
        let Some(address) = address else { return Ok(()) };
        let now = self.clock.now();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let record = state.record(neighbourhood(address), now);
        if now < record.blocked_until {
            let left = (record.blocked_until - now).num_seconds();
            return Err(Error::SignInRate { retry_s: u32::try_from(left).unwrap_or(u32::MAX).max(1) });
        }
        let window = record.window.at(now);
        if window.failures >= self.limits.failed_sign_ins_per_minute {
            return Err(Error::SignInRate { retry_s: window.rest_s(now) });
        }
        window.failures += 1;
        Ok(())
    }

    /// The try was bad: `name` is the account, or what stands for it.
    pub(crate) fn failed(&self, address: Option<IpAddr>, name: &str) -> Vec<Suspicion> {
        let now = self.clock.now();
        let mut found = Vec::new();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let all = state.all.at(now);
        all.failures += 1;
        if all.failures == self.limits.failed_sign_ins_alarm {
            found.push(Suspicion::ManyFailures { failures: all.failures });
        }
        let Some(address) = address else { return found };
        let account = self.hasher.hash_one(name.trim().to_lowercase());
        let record = state.record(neighbourhood(address), now);
        if now - record.since >= TimeDelta::minutes(ACCOUNTS_WINDOW_MINUTES) {
            record.since = now;
            record.accounts.clear();
        }
        if !record.accounts.contains(&account) {
            record.accounts.push(account);
        }
        if record.accounts.len() >= self.limits.guessed_accounts as usize {
            if now - record.blocked_at >= TimeDelta::minutes(WAIT_MINUTES_MAX) {
                record.blocks = 0;
            }
            let minutes = i64::from(self.limits.guessing_wait_minutes) << record.blocks.min(16);
            record.blocked_until = now + TimeDelta::minutes(minutes.min(WAIT_MINUTES_MAX));
            record.blocked_at = now;
            record.blocks += 1;
            let accounts = record.accounts.len();
            record.accounts.clear();
            found.push(Suspicion::ManyAccounts { accounts, until: record.blocked_until });
        }
        found
    }

    /// The try was good after all: who mistypes and then signs in is guessing nothing.
    pub(crate) fn succeeded(&self, address: Option<IpAddr>, name: &str) {
        let Some(address) = address else { return };
        let now = self.clock.now();
        let account = self.hasher.hash_one(name.trim().to_lowercase());
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let record = state.record(neighbourhood(address), now);
        record.window.failures = record.window.failures.saturating_sub(1);
        record.accounts.retain(|failed| *failed != account);
    }
}

impl State {
    fn record(&mut self, of: Neighbourhood, now: DateTime<Utc>) -> &mut Record {
        if self.addresses.len() >= ADDRESSES_MAX && !self.addresses.contains_key(&of) {
            // Looking through all of them for each newcomer would be work for an attacker to order.
            if self.swept.is_none_or(|swept| now - swept >= TimeDelta::seconds(1)) {
                self.swept = Some(now);
                self.addresses.retain(|_, record| record.matters(now));
            }
            if self.addresses.len() >= ADDRESSES_MAX {
                return &mut self.others;
            }
        }
        self.addresses.entry(of).or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicI64, Ordering};

    #[derive(Default)]
    struct Hand(AtomicI64);

    impl Clock for Hand {
        fn now(&self) -> DateTime<Utc> {
            DateTime::from_timestamp(1_700_000_000 + self.0.load(Ordering::Relaxed), 0).unwrap()
        }
    }

    fn guessing() -> (Arc<Hand>, Guessing, Limits) {
        let clock = Arc::new(Hand::default());
        let limits = Limits::default();
        (clock.clone(), Guessing::new(clock, limits.clone()), limits)
    }

    #[expect(clippy::unnecessary_wraps, reason = "as the callers have it")]
    fn address(last: u8) -> Option<IpAddr> {
        Some(IpAddr::from([10, 0, 0, last]))
    }

    #[test]
    fn one_address_is_slowed_down_and_forgiven_after_the_window_while_others_go_on() {
        let (clock, guessing, limits) = guessing();
        for _ in 0..limits.failed_sign_ins_per_minute {
            assert!(guessing.begin(address(1)).is_ok());
        }
        assert!(matches!(guessing.begin(address(1)), Err(Error::SignInRate { retry_s: 60 })));
        assert!(guessing.begin(address(2)).is_ok());
        clock.0.store(WINDOW_S, Ordering::Relaxed);
        assert!(guessing.begin(address(1)).is_ok());
    }

    #[test]
    fn good_sign_ins_never_count() {
        let (_, guessing, limits) = guessing();
        for at in 0..limits.failed_sign_ins_per_minute * 3 {
            assert!(guessing.begin(address(1)).is_ok());
            guessing.succeeded(address(1), &at.to_string());
        }
        for at in 0..limits.guessed_accounts * 3 {
            let name = at.to_string();
            assert_eq!(guessing.failed(address(3), &name), [], "mistyped");
            guessing.succeeded(address(3), &name);
        }
    }

    #[test]
    fn one_password_on_many_accounts_shuts_the_address_out_longer_each_time() {
        let (clock, guessing, limits) = guessing();
        let spray = |round: u32| {
            let mut last = Vec::new();
            for at in 0..limits.guessed_accounts {
                last = guessing.failed(address(1), &format!("{round}-{at}"));
            }
            last
        };
        let now = clock.now();
        let wait = i64::from(limits.guessing_wait_minutes);
        let accounts = limits.guessed_accounts as usize;
        assert_eq!(spray(0), [Suspicion::ManyAccounts { accounts, until: now + TimeDelta::minutes(wait) }]);
        assert!(matches!(guessing.begin(address(1)), Err(Error::SignInRate { retry_s: 900 })));
        assert!(guessing.begin(address(2)).is_ok());
        clock.0.store(wait * 60, Ordering::Relaxed);
        assert!(guessing.begin(address(1)).is_ok());
        let until = clock.now() + TimeDelta::minutes(2 * wait);
        assert_eq!(spray(1), [Suspicion::ManyAccounts { accounts, until }]);
    }

    #[test]
    fn one_account_tried_again_and_again_is_the_lock_s_business() {
        let (_, guessing, limits) = guessing();
        for _ in 0..limits.guessed_accounts * 2 {
            assert_eq!(guessing.failed(address(1), "Ann "), []);
        }
    }

    #[test]
    fn a_network_of_guessers_raises_an_alarm_once_a_minute() {
        let (_, guessing, limits) = guessing();
        let alarms: Vec<Suspicion> = (0..limits.failed_sign_ins_alarm * 2)
            .flat_map(|at| guessing.failed(address(at as u8), "ann"))
            .collect();
        assert_eq!(alarms, [Suspicion::ManyFailures { failures: limits.failed_sign_ins_alarm }]);
    }

    #[test]
    fn a_flood_of_addresses_takes_bounded_memory_and_frees_nobody() {
        let (_, guessing, limits) = guessing();
        for _ in 0..limits.failed_sign_ins_per_minute {
            assert!(guessing.begin(address(1)).is_ok());
        }
        for at in 0..60_000_u32 {
            let site = u128::from(0x2001_0db8_0000_0000_u64 + u64::from(at)) << 64;
            let _ = guessing.begin(Some(IpAddr::from(site.to_be_bytes())));
        }
        assert_eq!(guessing.state.lock().unwrap().addresses.len(), ADDRESSES_MAX);
        assert!(guessing.begin(address(1)).is_err(), "still slowed down");
        let newcomer = Some(IpAddr::from([0x2001_0dba_u128 << 96, 0][0].to_be_bytes()));
        assert!(guessing.begin(newcomer).is_err(), "newcomers share what is left");
    }
}
