//! Folding the write-ahead log back into the database (checkpoint), where a failure is seen.
//!
//! SQLite folds by itself at the end of a commit, but hides what comes of it: a sync that failed is tried again at the
//! next commit, on pages the kernel may have forgotten. So its own folding is switched off, and this task does it as a
//! statement, whose error ends the process when it is a sync that failed.

use std::path::{Path, PathBuf};
use std::sync::Weak;
use std::time::Duration;

use crate::store::Inner;
use crate::{Error, Store};

/// How often the length of the log is looked at.
const LOOK: Duration = Duration::from_secs(1);
/// Length from which the log is folded back, bytes; SQLite's own measure is 1,000 pages of 4 KiB.
const FOLD_FROM_BYTES: u64 = 4 << 20;

/// The write-ahead log beside a database.
pub(crate) fn log_of(database: &Path) -> PathBuf {
    let mut log = database.as_os_str().to_owned();
    log.push("-wal");
    log.into()
}

/// Fold whenever the log is long, until the last handle of the store is gone.
pub(crate) fn keep_folding(store: &Store, log: PathBuf) {
    let store = std::sync::Arc::downgrade(&store.0);
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(LOOK).await;
            if !look(&store, &log).await {
                return;
            }
        }
    });
}

/// Fold once if it is time; whether to go on looking.
async fn look(store: &Weak<Inner>, log: &Path) -> bool {
    let Some(inner) = store.upgrade() else { return false };
    // A log that was never written is no log.
    let long = std::fs::metadata(log).is_ok_and(|log| log.len() >= FOLD_FROM_BYTES);
    if long && let Err(error) = Store(inner).fold().await {
        tracing::warn!(%error, "the write-ahead log could not be folded back; trying again");
    }
    true
}

impl Store {
    /// Fold what is committed back into the database, as far as readers allow. The process ends when the disk refuses.
    pub async fn fold(&self) -> Result<(), Error> {
        let _turn = self.db().writers.turn().await?;
        self.checkpoint("PASSIVE").await.map(drop)
    }
}
