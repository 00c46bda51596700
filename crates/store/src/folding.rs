//! Folding the write-ahead log back into the database (checkpoint), where a failure is seen.
//!
//! SQLite folds by itself at the end of a commit, but hides what comes of it: a sync that failed is tried again at the
//! next commit, on pages the kernel may have forgotten. So its own folding is switched off, and this task does it as a
//! statement, whose error ends the process when it is a sync that failed. Nor does SQLite fold when its last connection
//! closes ([`crate::sqlite`]): no page reaches the file but with its sum ([`crate::sums`]).

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use sea_orm::{ConnectionTrait as _, DbBackend, Statement};

use crate::store::Inner;
use crate::sums::PageSums;
use crate::turn::{Turn, Writers, heard, outcome};
use crate::wal::{PageWatch, pages_in};
use crate::{Error, Result, Store};

/// How often the length of the log is looked at.
const LOOK: Duration = Duration::from_secs(1);
/// What is folded back when so much of it is not in the file, bytes; SQLite's own measure is 1,000 pages of 4 KiB.
const FOLD_FROM_BYTES: u64 = 4 << 20;
/// Database up to which every page is held against its sum at each start; a larger one by `brain doctor --deep` only.
const CHECKED_AT_START_BYTES: u64 = 1 << 30;

/// How a folding went: `PRAGMA wal_checkpoint` answers these three.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Folding {
    /// Somebody was in the way.
    pub(crate) busy: bool,
    /// Frames in the log; -1 where there is no log.
    frames: i32,
    /// Of them in the file now.
    folded: i32,
}

impl Folding {
    /// Whether the file has all of the log.
    pub(crate) const fn is_whole(self) -> bool {
        self.frames == self.folded
    }
}

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
    // A log that was never written is no log; one that was long stays so.
    let long = std::fs::metadata(log).is_ok_and(|log| log.len() >= FOLD_FROM_BYTES);
    if long && let Err(error) = Store(inner).fold_if_long().await {
        tracing::warn!(%error, "the write-ahead log could not be folded back; trying again");
    }
    true
}

impl Store {
    /// Fold what is committed back into the database, as far as readers allow. The process ends when the disk refuses.
    pub async fn fold(&self) -> Result<()> {
        let turn = self.db().writers.turn().await?;
        self.checkpoint(turn, "PASSIVE").await.map(drop)
    }

    async fn fold_if_long(&self) -> Result<()> {
        let turn = self.db().writers.turn().await?;
        let inner = Arc::clone(&self.0);
        let unfolded = on_disk(move || inner.look()).await?;
        if unfolded >= FOLD_FROM_BYTES { self.checkpoint(turn, "PASSIVE").await.map(drop) } else { Ok(()) }
    }

    /// Fold the log back in this way, to the end also when the caller goes away; the turn is given back with what came
    /// of it. The process ends when the disk refuses.
    pub(crate) async fn checkpoint(&self, turn: Turn, mode: &'static str) -> Result<(Turn, Folding)> {
        let store = self.clone();
        let folding = tokio::spawn(async move { store.fold_now(mode).await.map(|folding| (turn, folding)) });
        outcome(folding).await.unwrap_or(Err(Error::Busy { seconds: 0 }))
    }

    async fn fold_now(&self, mode: &str) -> Result<Folding> {
        let inner = Arc::clone(&self.0);
        on_disk(move || inner.before_folding()).await?;
        let pool = self.pool().clone();
        let statement = Statement::from_string(DbBackend::Sqlite, format!("PRAGMA wal_checkpoint({mode})"));
        let row = heard(None, async move { pool.query_one_raw(statement).await }).await?;
        let number = |at: usize| row.as_ref().map_or(Ok(0), |row| row.try_get_by_index::<i32>(at));
        let folding = Folding { busy: number(0)? != 0, frames: number(1)?, folded: number(2)? };
        let inner = Arc::clone(&self.0);
        on_disk(move || inner.after_folding(folding)).await?;
        Ok(folding)
    }

    /// Make the sums of a database that has none yet.
    pub(crate) async fn keep_sums(&self) -> Result<()> {
        let Some(file) = self.0.file.clone() else { return Ok(()) };
        let _turn = self.db().writers.turn().await?;
        on_disk(move || match PageSums::read(&file)? {
            Some(_) => Ok(()),
            None => sum_anew(&file),
        })
        .await
    }

    /// Hold every page of the file against its sum, while nobody folds.
    pub(crate) async fn check_sums(&self) -> Result<()> {
        let Some(file) = self.0.file.clone() else { return Ok(()) };
        let _turn = self.db().writers.turn().await?;
        on_disk(move || check(&file)).await
    }
}

/// Work that waits for a disk, beside the threads that answer callers.
async fn on_disk<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    outcome(tokio::task::spawn_blocking(work)).await.unwrap_or(Err(Error::Busy { seconds: 0 }))
}

/// Hold every page of a database that was there before against its sum, before anything is read from it.
pub(crate) async fn check_at_start(file: PathBuf, writers: &Writers) -> Result<()> {
    let _turn = writers.turn().await?;
    on_disk(move || {
        let length = std::fs::metadata(&file).map_err(|cause| unusable(&file, cause))?.len();
        if length > CHECKED_AT_START_BYTES {
            return Ok(());
        }
        match check(&file) {
            // This program leaves a log, if an empty one. Another program, the last one that had the database open,
            // folded the log and removed it: what the file holds now is what its pages are measured by.
            Err(Error::Damaged { page, .. }) if !log_of(&file).exists() => {
                tracing::warn!(page, "another program closed the database; its pages are summed anew");
                sum_anew(&file)
            }
            other => other,
        }
    })
    .await
}

fn check(file: &Path) -> Result<()> {
    let Some(sums) = PageSums::read(file)? else { return Ok(()) };
    let in_log = pages_in(&log_of(file)).map_err(|cause| unusable(file, cause))?;
    sums.check(file, &in_log)
}

/// Take what the file holds now for what it should hold.
fn sum_anew(file: &Path) -> Result<()> {
    let sums = PageSums::of(file).and_then(|sums| sums.write(file));
    sums.map_err(|cause| unusable(file, cause))
}

fn unusable(file: &Path, cause: io::Error) -> Error {
    if brain_durable::is_full(&cause) {
        Error::DiskFull
    } else {
        Error::File { path: file.display().to_string(), cause }
    }
}

impl Inner {
    /// Look at the log; how much of it is not in the file, bytes.
    fn look(&self) -> Result<u64> {
        let Some(file) = &self.file else { return Ok(0) };
        let mut watch = self.watch();
        watch.before_folding(&log_of(file)).map_err(|cause| unusable(file, cause))?;
        Ok(watch.unfolded_bytes())
    }

    /// No page comes into the file before its sum is on disk.
    fn before_folding(&self) -> Result<()> {
        self.look()?;
        let Some(file) = &self.file else { return Ok(()) };
        let watch = self.watch();
        let (Some(mut sums), Some(coming)) = (PageSums::read(file)?, watch.coming()) else { return Ok(()) };
        // Announced by somebody who did not come to settle it. The log has begun anew since, so all of it arrived.
        let arrived = sums.awaits().is_some_and(|life| life != coming.life);
        let settled = if arrived { sums.settle(file) } else { Ok(()) };
        sums.announce(coming);
        settled.and_then(|()| sums.write(file)).map_err(|cause| unusable(file, cause))
    }

    fn after_folding(&self, folding: Folding) -> Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        if !self.watch().after_folding(folding.frames, folding.folded) {
            // Another program wrote or folded: what the file holds now is what its pages are measured by.
            tracing::warn!(
                "the write-ahead log was not the one this node wrote; all of the database is read"
            );
            return sum_anew(file);
        }
        if !folding.is_whole() {
            return Ok(());
        }
        match PageSums::read(file)? {
            Some(mut sums) if sums.awaits().is_some() => {
                let settled = sums.settle(file).and_then(|()| sums.write(file));
                settled.map_err(|cause| unusable(file, cause))
            }
            Some(_) => Ok(()),
            // Removed while the node runs, by somebody who read the message of a damaged database.
            None => sum_anew(file),
        }
    }

    pub(crate) fn watch(&self) -> MutexGuard<'_, PageWatch> {
        self.watch.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
