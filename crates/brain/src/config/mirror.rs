//! `[mirror]`: the second site.

use brain_backup::{LeaseTimes, OnLoss};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// `[mirror]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MirrorConfig {
    /// Folder of the second site, mounted here; empty mirrors nothing. It must be there: it is never made.
    pub folder: PathBuf,
    /// Seconds between two rounds.
    pub every_s: u32,
    /// `stop` or `go_on` where the folder cannot be reached; empty is `go_on` until a node stands by, and `stop` from
    /// then on.
    pub on_loss: String,
    /// Seconds without a sign of life after which a node that stands by takes over.
    pub lease_s: u32,
}

impl MirrorConfig {
    /// Whether there is a second site.
    pub fn is_on(&self) -> bool {
        !self.folder.as_os_str().is_empty()
    }

    /// Times that follow from the lease.
    pub const fn times(&self) -> LeaseTimes {
        LeaseTimes::of(self.lease_s)
    }

    /// What to do where the folder cannot be reached. Checked when the configuration was loaded.
    pub fn on_loss(&self, stood_by: bool) -> OnLoss {
        match self.on_loss.as_str() {
            "stop" => OnLoss::Stop,
            "go_on" => OnLoss::GoOn,
            _ if stood_by => OnLoss::Stop,
            _ => OnLoss::GoOn,
        }
    }
}

/// Bounds and words.
pub(super) fn check(mirror: &MirrorConfig) -> anyhow::Result<()> {
    if !["", "stop", "go_on"].contains(&mirror.on_loss.as_str()) {
        anyhow::bail!(
            "mirror.on_loss = {0:?} 无效，请设为 \"stop\"、\"go_on\" 或空。\n\
             mirror.on_loss = {0:?}: set it to \"stop\", \"go_on\" or nothing.",
            mirror.on_loss
        );
    }
    if mirror.is_on() && !mirror.folder.is_absolute() {
        anyhow::bail!(
            "mirror.folder = {0:?} 须为绝对路径，如 \"/mnt/second-site/brain\"。\n\
             mirror.folder = {0:?}: write an absolute path, as in \"/mnt/second-site/brain\".",
            mirror.folder.display().to_string()
        );
    }
    Ok(())
}
