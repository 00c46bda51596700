//! A SQLite database that stands still while it is copied page by page.
//!
//! While nobody writes, the log is folded back to its end and a reader begins. Such a reader needs the database file
//! alone, and until it ends SQLite folds nothing into the file (sqlite.org/walformat.html, `WAL_READ_LOCK(0)`): the file
//! is the database as it was at that moment, while writers go on in the log.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, Statement, TransactionTrait as _};

use crate::turn::outcome;
use crate::wal::ChangedPages;
use crate::{Engine, Error, Result, Store};

/// Longest time readers may keep the log from being folded back, seconds.
const FOLDED_IN_S: u64 = 5;
/// Pause between two tries.
const PAUSE: Duration = Duration::from_millis(50);

/// A database that stands still. Other readers and writers go on; the log grows until this is dropped, so keep it short.
#[derive(Debug)]
pub struct Frozen {
    path: PathBuf,
    reader: DatabaseTransaction,
    changed: ChangedPages,
}

impl Frozen {
    /// The file that is exactly what was committed when this was made.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A connection that sees the same.
    #[must_use]
    pub fn db(&self) -> &impl ConnectionTrait {
        &self.reader
    }

    /// Pages that changed since the database was frozen last.
    #[must_use]
    pub fn changed(&self) -> &ChangedPages {
        &self.changed
    }

    /// Let the file change again.
    pub async fn thaw(self) -> Result<()> {
        Ok(self.reader.rollback().await?)
    }
}

impl Store {
    /// Let the database stand still; `None` on PostgreSQL, whose files are its server's.
    ///
    /// [`Error::Busy`] when readers kept the log from being folded back for five seconds.
    pub async fn freeze(&self) -> Result<Option<Frozen>> {
        if self.engine() != Engine::Sqlite {
            return Ok(None);
        }
        let store = self.clone();
        // To its end, also when the caller goes away: what the disk says is heard before the next one writes.
        let freezing = tokio::spawn(async move { store.freeze_now().await });
        outcome(freezing).await.unwrap_or(Err(Error::Busy { seconds: 0 })).map(Some)
    }

    async fn freeze_now(&self) -> Result<Frozen> {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(FOLDED_IN_S);
        while tokio::time::Instant::now() < deadline {
            let turn = self.db().writers.turn().await?;
            self.0.watch().keep();
            let (turn, folding) = self.checkpoint(turn, "PASSIVE").await?;
            if folding.is_whole() {
                let reader = self.pool().begin().await?;
                // A transaction reads from the moment of its first statement on.
                let first = Statement::from_string(DbBackend::Sqlite, "SELECT count(*) FROM sqlite_master");
                reader.query_one_raw(first).await?;
                drop(turn);
                let changed = self.0.watch().take();
                let path = self.0.file.clone().unwrap_or_default();
                return Ok(Frozen { path, reader, changed });
            }
            drop(turn);
            tokio::time::sleep(PAUSE).await;
        }
        Err(Error::Busy { seconds: FOLDED_IN_S })
    }
}
