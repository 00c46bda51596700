//! Who writes next (写入次序).
//!
//! A sync that fails must end the process before anybody syncs the same file again. Two things could come between: the
//! caller of a commit goes away, so that nobody hears what the disk said, and another connection commits before it was
//! heard. So every write is work of its own, which goes on without its caller, and holds the turn until its outcome was
//! looked at.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, Weak};
use std::time::Duration;

use sea_orm::{
    ConnAcquireErr, ConnectionTrait, DatabaseConnection, DbBackend, DbErr, ExecResult, QueryResult,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait as _,
};
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::task::JoinHandle;

use crate::sqlite::{BUSY_TIMEOUT_S, stop_if_unsynced};
use crate::store::Fence;
use crate::{Error, Result};

/// Held while one writes; `None` on PostgreSQL, whose writers need no order.
pub(crate) type Turn = Option<OwnedMutexGuard<()>>;

/// The order of writers. SQLite has one at a time; queueing here is fair, its own busy handler is a lottery.
#[derive(Clone)]
pub(crate) struct Writers {
    turns: Option<Arc<Mutex<()>>>,
    pub(crate) fence: Fence,
}

impl std::fmt::Debug for Writers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writers").field("fenced", &self.fence.get().is_some()).finish_non_exhaustive()
    }
}

/// The turns of each database file that somebody in this process has open.
///
/// They belong to the file, not to the handle: who opens a database that a task of an earlier handle still writes to
/// waits for that task, so that the log is never folded while another handle adds to it.
static TURNS: std::sync::Mutex<Option<HashMap<PathBuf, Weak<Mutex<()>>>>> = std::sync::Mutex::new(None);

fn turns_of(file: &Path) -> Arc<Mutex<()>> {
    let file = file.canonicalize().unwrap_or_else(|_| file.to_owned());
    let mut known = TURNS.lock().unwrap_or_else(PoisonError::into_inner);
    let known = known.get_or_insert_default();
    known.retain(|_, turns| turns.strong_count() > 0);
    let there = known.get(&file).and_then(Weak::upgrade);
    there.unwrap_or_else(|| {
        let turns = Arc::default();
        known.insert(file, Arc::downgrade(&turns));
        turns
    })
}

impl Writers {
    /// Of this SQLite file; `None` on PostgreSQL.
    pub(crate) fn of(file: Option<&Path>) -> Self {
        Self { turns: file.map(turns_of), fence: Fence::default() }
    }

    /// Wait for the writer before us, at most the busy timeout.
    pub(crate) async fn turn(&self) -> Result<Turn> {
        let Some(writers) = self.turns.clone() else { return Ok(None) };
        let turn = tokio::time::timeout(Duration::from_secs(BUSY_TIMEOUT_S), writers.lock_owned());
        Ok(Some(turn.await.map_err(|_| Error::Busy { seconds: BUSY_TIMEOUT_S })?))
    }

    /// Whether this process may still write: it does not come back where not.
    pub(crate) fn ask_fence(&self) {
        if let Some(fence) = self.fence.get() {
            fence();
        }
    }
}

/// Do this to its end, also when the caller goes away; the process ends there when the disk did not take it.
pub(crate) async fn heard<T: Send + 'static>(
    turn: Turn,
    work: impl Future<Output = std::result::Result<T, DbErr>> + Send + 'static,
) -> std::result::Result<T, DbErr> {
    let task = tokio::spawn(async move {
        let done = work.await;
        if let Err(error) = &done {
            stop_if_unsynced(error);
        }
        drop(turn);
        done
    });
    outcome(task).await.unwrap_or(Err(DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed)))
}

/// What a task came to, its panic included; `None` only when the program ends.
pub(crate) async fn outcome<T>(task: JoinHandle<T>) -> Option<T> {
    match task.await {
        Ok(done) => Some(done),
        Err(ended) if ended.is_panic() => std::panic::resume_unwind(ended.into_panic()),
        Err(_) => None,
    }
}

/// The connections: reads go straight to them, each write of one statement waits for its turn.
#[derive(Debug, Clone)]
pub struct Connections {
    pub(crate) pool: DatabaseConnection,
    pub(crate) writers: Writers,
}

impl Connections {
    async fn write<T, W>(&self, work: impl FnOnce(DatabaseConnection) -> W) -> std::result::Result<T, DbErr>
    where
        T: Send + 'static,
        W: Future<Output = std::result::Result<T, DbErr>> + Send + 'static,
    {
        let turn = self.writers.turn().await;
        let turn = turn.map_err(|_| DbErr::ConnectionAcquire(ConnAcquireErr::Timeout))?;
        self.writers.ask_fence();
        heard(turn, work(self.pool.clone())).await
    }
}

/// Whether a statement that answers rows only reads; an INSERT may answer rows too.
fn only_reads(sql: &str) -> bool {
    begins_with(sql, "select")
}

fn begins_with(sql: &str, word: &str) -> bool {
    sql.trim_start().get(..word.len()).is_some_and(|first| first.eq_ignore_ascii_case(word))
}

/// How a transaction that writes begins: on SQLite it is the writer from the start.
pub(crate) fn writing(backend: DbBackend) -> TransactionOptions {
    TransactionOptions {
        sqlite_transaction_mode: (backend == DbBackend::Sqlite).then_some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    }
}

/// A write that answers one row, on SQLite in a transaction of its own.
///
/// Alone it would be committed when the driver, content with the first row, puts the statement back, and the driver
/// passes over what SQLite says to that: the row would be answered and lost.
async fn answered(
    pool: DatabaseConnection,
    statement: Statement,
) -> std::result::Result<Option<QueryResult>, DbErr> {
    let backend = pool.get_database_backend();
    if backend != DbBackend::Sqlite || begins_with(&statement.sql, "pragma") {
        return pool.query_one_raw(statement).await;
    }
    let transaction = pool.begin_with_options(writing(backend)).await?;
    let row = transaction.query_one_raw(statement).await?;
    transaction.commit().await?;
    Ok(row)
}

#[async_trait::async_trait]
impl ConnectionTrait for Connections {
    fn get_database_backend(&self) -> DbBackend {
        self.pool.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> std::result::Result<ExecResult, DbErr> {
        self.write(|pool| async move { pool.execute_raw(statement).await }).await
    }

    async fn execute_unprepared(&self, sql: &str) -> std::result::Result<ExecResult, DbErr> {
        let sql = sql.to_owned();
        self.write(|pool| async move { pool.execute_unprepared(&sql).await }).await
    }

    async fn query_one_raw(&self, statement: Statement) -> std::result::Result<Option<QueryResult>, DbErr> {
        if only_reads(&statement.sql) {
            return self.pool.query_one_raw(statement).await;
        }
        self.write(|pool| answered(pool, statement)).await
    }

    async fn query_all_raw(&self, statement: Statement) -> std::result::Result<Vec<QueryResult>, DbErr> {
        if only_reads(&statement.sql) {
            return self.pool.query_all_raw(statement).await;
        }
        self.write(|pool| async move { pool.query_all_raw(statement).await }).await
    }
}

#[cfg(test)]
mod tests {
    use super::{Writers, heard, only_reads};
    use std::sync::Arc;
    use tokio::sync::Notify;

    #[test]
    fn what_only_reads_waits_for_no_turn() {
        for (sql, reads) in [
            ("SELECT 1", true),
            ("  select \"a\" FROM \"b\"", true),
            ("INSERT INTO \"a\" DEFAULT VALUES RETURNING \"id\"", false),
            ("PRAGMA wal_checkpoint(TRUNCATE)", false),
            ("WITH a AS (SELECT 1) DELETE FROM b", false),
            ("选择", false),
            ("", false),
        ] {
            assert_eq!(only_reads(sql), reads, "{sql}");
        }
    }

    #[tokio::test]
    async fn a_write_whose_caller_goes_away_is_heard_before_the_next_one_begins() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("state.db");
        let writers = Writers::of(Some(&file));
        let (begun, may_end) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let turn = writers.turn().await.unwrap();
        let work = {
            let (begun, may_end) = (begun.clone(), may_end.clone());
            async move {
                begun.notify_one();
                may_end.notified().await;
                Ok(())
            }
        };
        let caller = tokio::spawn(heard(turn, work));
        begun.notified().await;
        caller.abort();
        assert!(caller.await.unwrap_err().is_cancelled());
        // Another handle of the same file.
        let writers = Writers::of(Some(&file));
        let next = tokio::spawn(async move { drop(writers.turn().await.unwrap()) });
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        assert!(!next.is_finished(), "what the first one did is not heard yet");
        may_end.notify_one();
        next.await.unwrap();
    }
}
