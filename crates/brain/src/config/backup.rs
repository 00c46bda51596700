//! `[backup]`: copies made by themselves.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// `[backup]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackupConfig {
    /// Folder backups go to, best on another machine; empty makes none by itself.
    pub folder: PathBuf,
    /// Hours between two.
    pub every_hours: u32,
    /// Days snapshots are kept; 0 keeps every one.
    pub keep_days: u32,
}

impl BackupConfig {
    /// Whether backups are made by themselves.
    pub fn is_on(&self) -> bool {
        !self.folder.as_os_str().is_empty()
    }
}
