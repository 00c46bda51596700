//! Time as a dependency, so that tests decide what time it is.

use chrono::{DateTime, Utc};

/// Where the time comes from.
pub trait Clock: Send + Sync + 'static {
    /// The present instant in UTC.
    fn now(&self) -> DateTime<Utc>;
}

/// The machine's clock; the only place that reads it.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that may read the machine's clock")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}
