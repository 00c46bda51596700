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
use crate::turn::heard;
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

/// What this process knows of the pages of its database.
#[derive(Debug, Default)]
pub(crate) struct Pages {
    pub(crate) watch: PageWatch,
    sums: Option<PageSums>,
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
        let _turn = self.db().writers.turn().await?;
        self.checkpoint("PASSIVE").await.map(drop)
    }

    async fn fold_if_long(&self) -> Result<()> {
        let _turn = self.db().writers.turn().await?;
        let unfolded = self.on_disk(|inner| inner.look()).await?;
        if unfolded >= FOLD_FROM_BYTES { self.checkpoint("PASSIVE").await.map(drop) } else { Ok(()) }
    }

    /// Fold the log back in this way; the caller holds the turn. The process ends when the disk refuses.
    pub(crate) async fn checkpoint(&self, mode: &str) -> Result<Folding> {
        self.on_disk(|inner| inner.before_folding()).await?;
        let pool = self.pool().clone();
        let statement = Statement::from_string(DbBackend::Sqlite, format!("PRAGMA wal_checkpoint({mode})"));
        let row = heard(None, async move { pool.query_one_raw(statement).await }).await?;
        let number = |at: usize| row.as_ref().map_or(Ok(0), |row| row.try_get_by_index::<i32>(at));
        let folding = Folding { busy: number(0)? != 0, frames: number(1)?, folded: number(2)? };
        self.on_disk(move |inner| inner.after_folding(folding)).await?;
        Ok(folding)
    }

    /// Make the sums of a database that has none yet.
    pub(crate) async fn keep_sums(&self) -> Result<()> {
        let _turn = self.db().writers.turn().await?;
        self.on_disk(|inner| {
            if inner.pages().sums.is_none() {
                inner.sum_anew()?;
            }
            Ok(())
        })
        .await
    }

    /// Hold every page of the file against its sum, while nobody folds.
    pub(crate) async fn check_sums(&self) -> Result<()> {
        let _turn = self.db().writers.turn().await?;
        self.on_disk(|inner| {
            let (Some(file), Some(mut sums)) = (&inner.file, inner.pages().sums.clone()) else {
                return Ok(());
            };
            let in_log = pages_in(&log_of(file)).map_err(|cause| unusable(file, cause))?;
            sums.check(file, &in_log)
        })
        .await
    }

    /// Work that waits for a disk, beside the threads that answer callers.
    async fn on_disk<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let inner = Arc::clone(&self.0);
        match tokio::task::spawn_blocking(move || work(&inner)).await {
            Ok(done) => done,
            Err(ended) if ended.is_panic() => std::panic::resume_unwind(ended.into_panic()),
            // Only when the program ends.
            Err(_) => Err(Error::Busy { seconds: 0 }),
        }
    }
}

/// The sums of a database that was there before, each page held against them; `None` where it has none.
pub(crate) fn checked_sums(file: &Path) -> Result<Option<PageSums>> {
    let length = std::fs::metadata(file).map_err(|cause| unusable(file, cause))?.len();
    let Some(mut sums) = PageSums::read(file)? else { return Ok(None) };
    if length <= CHECKED_AT_START_BYTES {
        let in_log = pages_in(&log_of(file)).map_err(|cause| unusable(file, cause))?;
        sums.check(file, &in_log)?;
    }
    Ok(Some(sums))
}

fn unusable(file: &Path, cause: io::Error) -> Error {
    if brain_durable::is_full(&cause) {
        Error::DiskFull
    } else {
        Error::File { path: file.display().to_string(), cause }
    }
}

impl Pages {
    pub(crate) fn new(sums: Option<PageSums>) -> Self {
        Self { watch: PageWatch::default(), sums }
    }
}

impl Inner {
    /// Look at the log; how much of it is not in the file, bytes.
    fn look(&self) -> Result<u64> {
        let Some(file) = &self.file else { return Ok(0) };
        let watch = &mut self.pages().watch;
        watch.before_folding(&log_of(file)).map_err(|cause| unusable(file, cause))?;
        Ok(watch.unfolded_bytes())
    }

    /// No page comes into the file before its sum is on disk.
    fn before_folding(&self) -> Result<()> {
        self.look()?;
        let Some(file) = &self.file else { return Ok(()) };
        let Pages { watch, sums } = &mut *self.pages();
        if let (Some(sums), Some(coming)) = (sums, watch.coming()) {
            sums.announce(coming);
            sums.write(file).map_err(|cause| unusable(file, cause))?;
        }
        Ok(())
    }

    fn after_folding(&self, folding: Folding) -> Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        let mut pages = self.pages();
        if !pages.watch.after_folding(folding.frames, folding.folded) {
            // Another program wrote or folded: what the file holds now is what its pages are measured by.
            tracing::warn!(
                "the write-ahead log was not the one this node wrote; all of the database is read"
            );
            drop(pages);
            return self.sum_anew();
        }
        if folding.is_whole()
            && let Some(sums) = &mut pages.sums
            && sums.awaits()
        {
            let settled = sums.settle(file).and_then(|()| sums.write(file));
            settled.map_err(|cause| unusable(file, cause))?;
        }
        Ok(())
    }

    /// Take what the file holds now for what it should hold.
    fn sum_anew(&self) -> Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        let sums = PageSums::of(file).and_then(|sums| sums.write(file).map(|()| sums));
        self.pages().sums = Some(sums.map_err(|cause| unusable(file, cause))?);
        Ok(())
    }

    pub(crate) fn pages(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
