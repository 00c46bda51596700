//! A brake on guessing passwords from one address, on top of the lock of the account.

use crate::error::Error;
use brain_kernel::clock::Clock;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// Failed sign-ins one address may have within the window.
const FAILURES_MAX: u32 = 30;
/// The window, seconds.
const WINDOW_S: i64 = 60;
/// Addresses remembered at once; when full, those whose window passed are forgotten, then everybody.
const ADDRESSES_MAX: usize = 10_000;

/// Failed sign-ins by address. In memory on purpose: a restart forgives, the account's own lock does not.
pub(crate) struct Throttle {
    clock: Arc<dyn Clock>,
    windows: Mutex<HashMap<IpAddr, Window>>,
}

#[derive(Clone, Copy)]
struct Window {
    began: DateTime<Utc>,
    failures: u32,
}

impl Throttle {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, windows: Mutex::default() }
    }

    /// Count a try as failed until [`Self::forgive`] says otherwise, so that parallel tries count too.
    pub(crate) fn begin(&self, address: Option<IpAddr>) -> Result<(), Error> {
        let Some(address) = address else { return Ok(()) };
        let now = self.clock.now();
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        if windows.len() >= ADDRESSES_MAX && !windows.contains_key(&address) {
            windows.retain(|_, window| now - window.began < TimeDelta::seconds(WINDOW_S));
            if windows.len() >= ADDRESSES_MAX {
                windows.clear();
            }
        }
        let window = windows.entry(address).or_insert(Window { began: now, failures: 0 });
        let age = (now - window.began).num_seconds();
        if !(0..WINDOW_S).contains(&age) {
            *window = Window { began: now, failures: 0 };
        }
        if window.failures >= FAILURES_MAX {
            let retry_s = u64::try_from(WINDOW_S - (now - window.began).num_seconds()).unwrap_or(1).max(1);
            return Err(Error::SignInRate { retry_s });
        }
        window.failures += 1;
        Ok(())
    }

    /// The try was good after all.
    pub(crate) fn forgive(&self, address: Option<IpAddr>) {
        let Some(address) = address else { return };
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(window) = windows.get_mut(&address) {
            window.failures = window.failures.saturating_sub(1);
        }
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

    #[test]
    fn one_address_is_slowed_down_and_forgiven_after_the_window_while_others_go_on() {
        let clock = Arc::new(Hand::default());
        let throttle = Throttle::new(clock.clone());
        let (one, other) = (Some(IpAddr::from([10, 0, 0, 1])), Some(IpAddr::from([10, 0, 0, 2])));
        for _ in 0..FAILURES_MAX {
            assert!(throttle.begin(one).is_ok());
        }
        assert!(matches!(throttle.begin(one), Err(Error::SignInRate { retry_s: 60 })));
        assert!(throttle.begin(other).is_ok());
        clock.0.store(WINDOW_S, Ordering::Relaxed);
        assert!(throttle.begin(one).is_ok());
    }

    #[test]
    fn good_sign_ins_never_count() {
        let throttle = Throttle::new(Arc::new(Hand::default()));
        let one = Some(IpAddr::from([10, 0, 0, 1]));
        for _ in 0..FAILURES_MAX * 3 {
            assert!(throttle.begin(one).is_ok());
            throttle.forgive(one);
        }
    }
}
