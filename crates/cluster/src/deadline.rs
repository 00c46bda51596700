//! The moment after which nobody waits for a job, which travels with its plan.

use brain_kernel::clock::{Clock as _, SystemClock};
use datafusion::common::config::{ConfigEntry, ConfigExtension, ExtensionOptions};
use datafusion::common::{Result, config_err};
use datafusion::prelude::SessionConfig;
use std::any::Any;
use std::time::Duration;
use tokio::time::Instant;

/// Milliseconds since 1970 of the deadline; 0 for none. Machines of a cluster keep their clocks within a second or so.
#[derive(Debug, Clone, Default)]
pub(crate) struct Deadline {
    unix_ms: i64,
}

const KEY: &str = "deadline_ms";

impl Deadline {
    /// This many from now on.
    pub(crate) fn at(until: Instant) -> Self {
        let left = until.saturating_duration_since(Instant::now());
        let left = i64::try_from(left.as_millis()).unwrap_or(i64::MAX);
        Self { unix_ms: SystemClock.now().timestamp_millis().saturating_add(left) }
    }

    /// What is left of it; `None` where there is none.
    pub(crate) fn left(config: &SessionConfig) -> Option<Duration> {
        let at = config.options().extensions.get::<Self>().map_or(0, |deadline| deadline.unix_ms);
        let left = at.saturating_sub(SystemClock.now().timestamp_millis());
        (at > 0).then(|| Duration::from_millis(u64::try_from(left).unwrap_or_default()))
    }
}

impl ConfigExtension for Deadline {
    const PREFIX: &'static str = "brain";
}

impl ExtensionOptions for Deadline {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }

    fn cloned(&self) -> Box<dyn ExtensionOptions> {
        Box::new(self.clone())
    }

    fn set(&mut self, key: &str, value: &str) -> Result<()> {
        match (key, value.parse()) {
            (KEY, Ok(unix_ms)) => {
                self.unix_ms = unix_ms;
                Ok(())
            }
            _ => config_err!("{key} = {value} is no setting of a job"),
        }
    }

    fn entries(&self) -> Vec<ConfigEntry> {
        vec![ConfigEntry {
            key: format!("{}.{KEY}", Self::PREFIX),
            value: Some(self.unix_ms.to_string()),
            description: "when nobody waits for the job any more",
        }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_arrives_with_the_settings_of_a_plan() {
        let until = Instant::now() + Duration::from_secs(90);
        let sent = SessionConfig::new().with_option_extension(Deadline::at(until));
        let mut received = SessionConfig::new().with_option_extension(Deadline::default());
        assert_eq!(Deadline::left(&received), None);
        for entry in sent.options().entries() {
            if let Some(value) = &entry.value {
                // Settings of the engine that cannot be set are the same on both sides.
                let _ = received.options_mut().set(&entry.key, value);
            }
        }
        let left = Deadline::left(&received).unwrap();
        assert!(left > Duration::from_secs(80) && left <= Duration::from_secs(90), "{left:?}");
        assert!(received.options_mut().set("brain.deadline_ms", "soon").is_err());
    }
}
