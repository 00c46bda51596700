//! The handle: open, migrate, begin.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use brain_kernel::clock::Clock;
use chrono::{DateTime, SubsecRound, Utc};
use sea_orm::{
    ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection, DbBackend, Statement,
    TransactionTrait,
};
use uuid::{ContextV7, Timestamp, Uuid};

use crate::sqlite::{self, BUSY_TIMEOUT_S};
use crate::turn::{Writers, writing};
use crate::wal::PageWatch;
use crate::{Connections, Error, Result, Transaction, folding, migration};

/// Connections a node keeps open to its database at most.
const CONNECTIONS_MAX: u32 = 8;
/// Tries to empty the write-ahead log, a twentieth of a second apart.
const SCRUB_TRIES: u32 = 40;

/// Pause before a SQLite file that another program is opening is tried again.
const OPEN_RETRY: Duration = Duration::from_millis(20);

/// The engine behind a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// One file in the data folder.
    Sqlite,
    /// A PostgreSQL server.
    Postgres,
}

/// A cheap-clone handle to the operational store.
#[derive(Clone)]
pub struct Store(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    db: Connections,
    engine: Engine,
    clock: Arc<dyn Clock>,
    // Keeps ids made within one millisecond in order.
    ids: std::sync::Mutex<ContextV7>,
    /// The database file of SQLite.
    pub(crate) file: Option<PathBuf>,
    /// Which of its pages change.
    pub(crate) watch: std::sync::Mutex<PageWatch>,
}

/// Asked before each commit; does not return where nothing may be committed any more.
pub(crate) type Fence = Arc<OnceLock<Box<dyn Fn() + Send + Sync>>>;

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("engine", &self.0.engine).finish_non_exhaustive()
    }
}

impl Store {
    /// Open `sqlite:PATH` or `postgres://…`, creating and migrating as needed.
    ///
    /// A database with a migration this program does not know is refused with [`Error::NewerSchema`] untouched.
    pub async fn open(url: &str, clock: Arc<dyn Clock>) -> Result<Self> {
        let (engine, options) = connect_options(url)?;
        let file = (engine == Engine::Sqlite).then(|| sqlite::path_of(url)).transpose()?;
        let writers = Writers::of(file.as_deref());
        if let Some(file) = file.clone() {
            folding::check_at_start(file, &writers).await?;
        }
        let pool = connect(options).await?;
        migration::run(&pool).await?;
        let store = Self(Arc::new(Inner {
            db: Connections { pool, writers },
            engine,
            clock,
            ids: std::sync::Mutex::new(ContextV7::new()),
            file: file.clone(),
            watch: std::sync::Mutex::default(),
        }));
        if let Some(file) = file {
            store.keep_sums().await?;
            folding::keep_folding(&store, folding::log_of(&file));
        }
        Ok(store)
    }

    /// The connection pool, for reads and for single-statement writes. Never write through it while holding a
    /// [`Transaction`]: the statement would wait for it.
    #[must_use]
    pub fn db(&self) -> &Connections {
        &self.0.db
    }

    /// For a long read past the writers.
    pub(crate) fn pool(&self) -> &DatabaseConnection {
        &self.0.db.pool
    }

    /// Which engine this is.
    #[must_use]
    pub fn engine(&self) -> Engine {
        self.0.engine
    }

    /// Ask this before each commit from now on. It ends the process where this node may not write any more.
    pub fn fence(&self, fence: impl Fn() + Send + Sync + 'static) {
        // A second one would be of the same node.
        let _ = self.0.db.writers.fence.set(Box::new(fence));
    }

    /// The clock everything stored is stamped with.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.0.clock
    }

    /// The present instant, cut to the microsecond both engines can hold.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.0.clock.now().trunc_subsecs(6)
    }

    /// A fresh id: UUID v7 by the store's clock, so ids sort in the order they were made.
    #[must_use]
    pub fn new_id(&self) -> String {
        let now = self.0.clock.now();
        let seconds = u64::try_from(now.timestamp()).unwrap_or_default();
        let context = self.0.ids.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        Uuid::new_v7(Timestamp::from_unix(&*context, seconds, now.timestamp_subsec_nanos())).to_string()
    }

    /// Begin a write transaction, waiting for the writer before us at most the busy timeout.
    pub async fn transaction(&self) -> Result<Transaction> {
        let turn = self.0.db.writers.turn().await?;
        let options = writing(self.0.db.get_database_backend());
        let inner = self.0.db.pool.begin_with_options(options).await?;
        Ok(Transaction::new(inner, turn, self.0.db.writers.clone()))
    }

    /// Leave no trace of what was just overwritten: on SQLite the write-ahead log, which holds older pages, is folded
    /// back and emptied. PostgreSQL keeps dead rows until its own vacuum and its log until it is archived.
    pub async fn scrub(&self) -> Result<()> {
        if self.0.engine != Engine::Sqlite {
            return Ok(());
        }
        for _ in 0..SCRUB_TRIES {
            let turn = self.0.db.writers.turn().await?;
            let (turn, folding) = self.checkpoint(turn, "TRUNCATE").await?;
            if !folding.busy {
                return Ok(());
            }
            drop(turn);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        tracing::warn!("readers kept the write-ahead log from being emptied; a later checkpoint does it");
        Ok(())
    }

    /// A consistent copy of a SQLite database in a new file.
    pub(crate) async fn vacuum_into(&self, path: &str) -> Result<()> {
        if path.contains('\0') {
            return Err(Error::UnsupportedUrl(path.to_owned()));
        }
        let quoted = path.replace('\'', "''");
        // Past the writers: it reads, for as long as the database is large.
        self.0.db.pool.execute_unprepared(&format!("VACUUM INTO '{quoted}'")).await?;
        Ok(())
    }

    /// What is wrong with the file, one line each: a page that is not what was written, and what SQLite finds wrong with
    /// the structure. PostgreSQL has tools of its own.
    pub async fn check(&self) -> Result<Vec<String>> {
        if self.0.engine != Engine::Sqlite {
            return Ok(Vec::new());
        }
        match self.check_sums().await {
            Err(damaged @ (Error::Damaged { .. } | Error::DamagedSums { .. })) => {
                return Ok(vec![damaged.to_string()]);
            }
            other => other?,
        }
        let statement = Statement::from_string(DbBackend::Sqlite, "PRAGMA integrity_check(20)");
        let rows = self.0.db.query_all_raw(statement).await?;
        let lines = rows
            .iter()
            .map(|row| row.try_get_by_index::<String>(0))
            .collect::<std::result::Result<Vec<_>, _>>()?;
        Ok(lines.into_iter().filter(|line| line != "ok").collect())
    }

    /// Whether the database answers; for readiness checks.
    pub async fn ping(&self) -> Result<()> {
        self.0.db.pool.ping().await.map_err(Error::connect)
    }

    /// Close every connection; on SQLite the write-ahead log is folded back into the file and left empty.
    pub async fn close(&self) -> Result<()> {
        let turn = match &self.0.file {
            Some(_) => {
                let turn = self.db().writers.turn().await?;
                // What stays in the log is read by the next start.
                let folded = self.checkpoint(turn, "TRUNCATE").await;
                folded.inspect_err(|error| tracing::warn!(%error, "the log was not folded back")).ok()
            }
            None => None,
        };
        // Nobody writes between the folding and the end.
        let closed = self.0.db.pool.clone().close().await.map_err(Error::connect);
        drop(turn);
        closed
    }
}

/// Connect, waiting for another program that has just this moment opened the same SQLite file.
///
/// Changing a new file to write-ahead logging fails at once when another connection holds a lock: SQLite does not ask
/// its busy handler there (sqlite.org/wal.html, "Read-Only Databases" and `SQLITE_BUSY`), so the wait is ours.
async fn connect(options: ConnectOptions) -> Result<DatabaseConnection> {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(BUSY_TIMEOUT_S);
    loop {
        match Database::connect(options.clone()).await {
            Err(cause) if sqlite::is_busy(&cause) && tokio::time::Instant::now() < deadline => {
                tokio::time::sleep(OPEN_RETRY).await;
            }
            outcome => return outcome.map_err(Error::connect),
        }
    }
}

fn connect_options(url: &str) -> Result<(Engine, ConnectOptions)> {
    let engine = if url.starts_with("sqlite:") {
        Engine::Sqlite
    } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        Engine::Postgres
    } else {
        return Err(Error::UnsupportedUrl(url.to_owned()));
    };
    let mut options = match engine {
        Engine::Postgres => ConnectOptions::new(url),
        Engine::Sqlite => {
            let path = sqlite::path_of(url)?;
            sqlite::prepare_file(&path)?;
            let mut options = ConnectOptions::new(format!("sqlite://{}", path.display()));
            options
                .map_sqlx_sqlite_opts(sqlite::tune)
                .map_sqlx_sqlite_pool_opts(move |pool| sqlite::keep_clean(pool, path.clone()));
            options
        }
    };
    options
        .max_connections(CONNECTIONS_MAX)
        .min_connections(1)
        .connect_timeout(Duration::from_secs(BUSY_TIMEOUT_S))
        .acquire_timeout(Duration::from_secs(BUSY_TIMEOUT_S))
        .sqlx_logging(false);
    Ok((engine, options))
}
