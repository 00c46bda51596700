//! Trying again: exponential back-off with jitter, for what may work a little later.

use std::time::Duration;

use rand::RngExt as _;

use crate::{Control, Error, Fetched, Landing, Position, Result, Source};

/// How often somebody who waits looks whether he was cancelled.
const CANCEL_CHECK: Duration = Duration::from_millis(100);

/// When to try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// Attempts in all.
    pub attempts_max: u32,
    /// Longest wait before the second attempt; each further one may wait twice as long.
    pub first: Duration,
    /// Longest wait of all.
    pub longest: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { attempts_max: 5, first: Duration::from_secs(2), longest: Duration::from_mins(2) }
    }
}

impl Backoff {
    /// Wait after this many failed attempts: between half and all of the step (“equal jitter”), so that many nodes that
    /// lost one source do not come back together. `share` is a random number from 0 to 1.
    fn wait(&self, failed: u32, share: f64) -> Duration {
        let doubled = self.first.saturating_mul(2u32.saturating_pow(failed.saturating_sub(1).min(20)));
        let step = doubled.min(self.longest);
        step.div_f64(2.0) + step.div_f64(2.0).mul_f64(share.clamp(0.0, 1.0))
    }
}

/// Fetch the next batch; a failure that may pass is tried again from the same position with an empty landing. Also how
/// many attempts it took.
pub async fn fetch(
    source: &dyn Source,
    after: Option<&Position>,
    landing: &mut Landing,
    control: &Control,
    backoff: &Backoff,
) -> (Result<Option<Fetched>>, u32) {
    let mut attempts = 0;
    loop {
        attempts += 1;
        let outcome = match control.check() {
            Ok(()) => attempt(source, after, landing, control).await,
            Err(error) => Err(error),
        };
        match outcome {
            Err(error) if error.is_transient() && attempts < backoff.attempts_max => {
                if let Err(error) = again(&error, attempts, control, backoff).await {
                    return (Err(error), attempts);
                }
            }
            outcome => return (outcome, attempts),
        }
    }
}

/// Take away what reading has left at the source; a failure that may pass is tried again.
pub async fn forget(source: &dyn Source, control: &Control, backoff: &Backoff) -> Result<()> {
    let mut attempts = 0;
    loop {
        attempts += 1;
        control.check()?;
        match source.forget(control).await {
            Err(error) if error.is_transient() && attempts < backoff.attempts_max => {
                again(&error, attempts, control, backoff).await?;
            }
            outcome => return outcome,
        }
    }
}

/// Wait until it is time for another attempt.
async fn again(error: &Error, attempts: u32, control: &Control, backoff: &Backoff) -> Result<()> {
    let own = backoff.wait(attempts, rand::rng().random());
    // What the source asks for counts, but nobody makes a node wait for days.
    let asked = Duration::from_secs(error.retry_after_s().unwrap_or(0)).min(backoff.longest);
    tracing::info!(%error, attempts, wait_ms = own.max(asked).as_millis() as u64, "a source is tried again");
    pause(own.max(asked), control).await
}

async fn attempt(
    source: &dyn Source,
    after: Option<&Position>,
    landing: &mut Landing,
    control: &Control,
) -> Result<Option<Fetched>> {
    landing.clear().await?;
    let fetched = source.fetch(after, landing, control).await?;
    landing.finish().await?;
    Ok(fetched)
}

/// Wait, unless somebody cancels.
pub(crate) async fn pause(long: Duration, control: &Control) -> Result<()> {
    let mut left = long;
    while !left.is_zero() {
        control.check()?;
        let piece = left.min(CANCEL_CHECK);
        tokio::time::sleep(piece).await;
        left -= piece;
    }
    if control.cancel.is_cancelled() { Err(Error::Cancelled) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_are_spread_over_half_of_the_step() {
        let backoff =
            Backoff { attempts_max: 9, first: Duration::from_secs(2), longest: Duration::from_secs(10) };
        let both = |failed| (backoff.wait(failed, 0.0).as_secs(), backoff.wait(failed, 1.0).as_secs());
        assert_eq!([1, 2, 3, 4, 40].map(both), [(1, 2), (2, 4), (4, 8), (5, 10), (5, 10)]);
    }
}
