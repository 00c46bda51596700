//! Who may serve, as two small machines over time that is only ever measured, never compared between machines.
//!
//! The active node ([`Tenure`]) shows a sign of life now and then; each time it looks first whether somebody has claimed
//! a higher epoch. A standby ([`Vigil`]) that saw no new sign for the time of the lease claims the next epoch and then
//! waits for the time of safety. An active node that could not look for the time of safety stops by itself. Whatever
//! the delays, the standby begins only after the active has ended:
//!
//! ```text
//! active    look ── ends at the latest `safety` after its last look that saw no claim
//! standby                claim ─────────────── begins `safety` after its claim
//! ```
//!
//! A look that saw no claim began before the claim; so its tenure ends before the standby begins.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Longest lease an operator may set, seconds.
pub const LEASE_S_MAX: u32 = 600;

/// Times that follow from the one an operator sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeaseTimes {
    /// Without a sign of life for so long a standby claims the next epoch.
    pub lease: Duration,
    /// Without having looked for so long the active node ends.
    pub safety: Duration,
    /// Between two signs of life.
    pub beat: Duration,
}

impl LeaseTimes {
    /// The times of a lease of so many seconds.
    #[must_use]
    pub const fn of(lease_s: u32) -> Self {
        let lease = lease_s as u64 * 1_000;
        Self {
            lease: Duration::from_millis(lease),
            safety: Duration::from_millis(lease * 3 / 5),
            beat: Duration::from_millis(lease / 8),
        }
    }
}

/// What an active node does where it cannot reach the other site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnLoss {
    /// It ends, so that a standby may take its place.
    Stop,
    /// It goes on; a standby takes its place only when somebody says so.
    GoOn,
}

/// Whether an active node may go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It may.
    Serve,
    /// It may, though it does not know whether somebody else serves too: so it was configured.
    ServeAlone,
    /// Somebody else holds this higher epoch.
    Superseded(u64),
    /// It does not know, and ends.
    Lost,
}

/// The active node's side.
#[derive(Debug)]
pub struct Tenure {
    epoch: u64,
    safety: Duration,
    on_loss: OnLoss,
    looked: Duration,
    higher: Option<u64>,
}

impl Tenure {
    /// Of the holder of `epoch`, whose last look began at `now`.
    #[must_use]
    pub const fn new(epoch: u64, safety: Duration, on_loss: OnLoss, now: Duration) -> Self {
        Self { epoch, safety, on_loss, looked: now, higher: None }
    }

    /// A look that began at `began` found this highest epoch.
    pub fn looked(&mut self, began: Duration, highest: u64) {
        if highest > self.epoch {
            self.higher = Some(highest);
        } else {
            self.looked = self.looked.max(began);
        }
    }

    /// From now on it does this where it cannot look.
    pub const fn set_on_loss(&mut self, on_loss: OnLoss) {
        self.on_loss = on_loss;
    }

    /// Whether it may go on at `now`.
    #[must_use]
    pub fn verdict(&self, now: Duration) -> Verdict {
        match (self.higher, self.on_loss) {
            (Some(epoch), _) => Verdict::Superseded(epoch),
            (None, _) if now.saturating_sub(self.looked) < self.safety => Verdict::Serve,
            (None, OnLoss::GoOn) => Verdict::ServeAlone,
            (None, OnLoss::Stop) => Verdict::Lost,
        }
    }
}

/// A sign of life as a standby sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sign {
    /// Epoch of whoever serves.
    pub epoch: u64,
    /// Counts its signs.
    pub beat: u64,
    /// Whether it ends where it cannot look.
    pub stops: bool,
    /// Whether it said that it ended.
    pub ended: bool,
}

/// What a standby does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duty {
    /// It follows.
    Follow,
    /// It follows though the sign has not changed for the time of the lease: the active node goes on where it cannot
    /// reach the other site, so it may well be alive.
    Silent,
    /// It claims the epoch after this one.
    Claim(u64),
}

/// The standby's side.
#[derive(Debug)]
pub struct Vigil {
    lease: Duration,
    last: Option<(Sign, Duration)>,
}

impl Vigil {
    /// Of a standby that has seen nothing yet.
    #[must_use]
    pub const fn new(lease: Duration) -> Self {
        Self { lease, last: None }
    }

    /// The sign that stood there at `now`; `None` where the site cannot be read. Silence counts only while it can.
    pub fn saw(&mut self, now: Duration, sign: Option<Sign>) {
        self.last = match (sign, self.last) {
            (Some(sign), Some((last, since))) if sign == last => Some((last, since)),
            (Some(sign), _) => Some((sign, now)),
            (None, Some((last, _))) => Some((last, now)),
            (None, None) => None,
        };
    }

    /// How long the sign has not changed.
    #[must_use]
    pub fn silence(&self, now: Duration) -> Option<Duration> {
        self.last.map(|(_, since)| now.saturating_sub(since))
    }

    /// The sign seen last.
    #[must_use]
    pub fn sign(&self) -> Option<Sign> {
        self.last.map(|(sign, _)| sign)
    }

    /// What to do at `now`.
    #[must_use]
    pub fn duty(&self, now: Duration) -> Duty {
        match self.last {
            Some((sign, since)) if now.saturating_sub(since) >= self.lease => {
                if sign.stops || sign.ended {
                    Duty::Claim(sign.epoch)
                } else {
                    Duty::Silent
                }
            }
            _ => Duty::Follow,
        }
    }
}

#[cfg(test)]
mod tests;
