//! SQLite, tuned for state that must survive a power cut.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sea_orm::sqlx::error::DatabaseError;
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sea_orm::sqlx::{self, Connection as _, SqliteConnection};

use sea_orm::{DbErr, RuntimeErr};

use crate::{Error, Result};

/// How long a statement waits for another process's lock, in seconds.
pub(crate) const BUSY_TIMEOUT_S: u64 = 10;

/// The file behind `sqlite:PATH` or `sqlite://PATH`, without query part.
pub(crate) fn path_of(url: &str) -> Result<PathBuf> {
    let rest = url.strip_prefix("sqlite:").ok_or_else(|| Error::UnsupportedUrl(url.to_owned()))?;
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    let path = rest.split('?').next().unwrap_or_default();
    // An in-memory database would be a different one per pooled connection.
    if path.is_empty() || path.contains(":memory:") {
        return Err(Error::UnsupportedUrl(url.to_owned()));
    }
    Ok(PathBuf::from(path))
}

/// Create the file if missing and make it readable by its owner only. SQLite gives `-wal` and `-shm` the same mode.
pub(crate) fn prepare_file(path: &Path) -> Result<()> {
    let attempt = || -> std::io::Result<()> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        {
            use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
            options.mode(0o600);
            let file = options.open(path)?;
            file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
        }
        #[cfg(not(unix))]
        options.open(path)?;
        brain_durable::sync_folder(folder_of(path))
    };
    attempt().map_err(|cause| Error::File { path: path.display().to_string(), cause })
}

/// The files that are a database: itself, and what lies beside it.
#[must_use]
pub fn files_of(database: &Path) -> [PathBuf; 4] {
    ["", "-wal", "-shm", "-sums"].map(|ending| {
        let mut file = database.as_os_str().to_owned();
        file.push(ending);
        file.into()
    })
}

fn folder_of(path: &Path) -> &Path {
    // A file named by nothing else lies in the working folder.
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."))
}

/// Bring the name of the write-ahead log to disk before anything is committed to it.
///
/// SQLite does so at the first commit of each connection and ignores what comes of it ("so ignore errors on the fsync",
/// `unixSync`): with a name that is lost, a power cut would take every commit in the log.
async fn name_the_log(connection: &mut SqliteConnection, database: &Path) -> sqlx::Result<()> {
    // The log is made by the first statement that reads.
    sqlx::query("SELECT count(*) FROM sqlite_master").execute(&mut *connection).await?;
    brain_durable::sync_folder(folder_of(database)).map_err(sqlx::Error::Io)
}

/// SQLite does not fold the log when its last connection closes: what it brings into the file then, nobody has summed,
/// and of a sync that fails nobody hears.
#[expect(unsafe_code, reason = "one call of SQLite that the driver does not offer")]
async fn never_fold_at_the_end(connection: &mut SqliteConnection) -> sqlx::Result<()> {
    let mut handle = connection.lock_handle().await?;
    let nowhere = std::ptr::null_mut::<std::ffi::c_int>();
    // SAFETY: the handle is open and locked while it is borrowed; this operation takes a number and a pointer that may
    // be null (sqlite.org/c3ref/c_dbconfig_defensive.html, `SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE`).
    let answer = unsafe {
        libsqlite3_sys::sqlite3_db_config(
            handle.as_raw_handle().as_ptr(),
            libsqlite3_sys::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE,
            1,
            nowhere,
        )
    };
    if answer == libsqlite3_sys::SQLITE_OK {
        Ok(())
    } else {
        Err(sqlx::Error::Protocol(format!("SQLite: {answer}")))
    }
}

/// Pages are folded back from the write-ahead log by [`crate::folding`], never by SQLite itself: its own folding at a
/// commit ignores a sync that failed and tries again at the next one.
const NO_FOLDING_OF_ITS_OWN: &str = "0";

/// WAL lets readers go on while one writes; FULL makes a commit survive a power cut.
pub(crate) fn tune(options: SqliteConnectOptions) -> SqliteConnectOptions {
    options
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(BUSY_TIMEOUT_S))
        .create_if_missing(true)
        // Freed pages are overwritten: a deleted session or key leaves no trace in the file.
        .pragma("secure_delete", "ON")
        .pragma("wal_autocheckpoint", NO_FOLDING_OF_ITS_OWN)
}

/// Each new connection has its log named on disk, folds nothing when it closes, and goes back to the pool only when no
/// transaction is left in it.
///
/// SQLite rolls a transaction back by itself when its disk is full or fails; the driver's own rollback then finds none,
/// and the driver goes on counting one. On such a connection a later transaction would be a savepoint, its rollback
/// would leave it open, and others would read through it what was never committed.
pub(crate) fn keep_clean(pool: SqlitePoolOptions, database: PathBuf) -> SqlitePoolOptions {
    let database = Arc::new(database);
    let pool = pool.after_connect(move |connection, _| {
        let database = Arc::clone(&database);
        Box::pin(async move {
            never_fold_at_the_end(connection).await?;
            name_the_log(connection, &database).await
        })
    });
    pool.after_release(|connection, _| {
        Box::pin(async move {
            // A rollback of a dropped transaction is on its way; the answer comes after it.
            connection.ping().await?;
            Ok(!connection.is_in_transaction())
        })
    })
}

/// Whether SQLite said `SQLITE_BUSY` (5) or one of its extended forms: another connection holds the lock.
pub(crate) fn is_busy(error: &DbErr) -> bool {
    code_of(error).is_some_and(|code| code & 0xff == BUSY)
}

/// `SQLITE_BUSY`.
const BUSY: u32 = 5;
/// `SQLITE_FULL`.
const FULL: u32 = 13;
/// `SQLITE_IOERR_FSYNC` and `SQLITE_IOERR_DIR_FSYNC`.
const UNSYNCED: [u32; 2] = [1034, 1290];

/// End the process where SQLite could not bring its files to disk; otherwise whether the disk is full.
///
/// SQLite rolls the transaction back and would write and sync again at the next one, but what an earlier sync of the
/// same file promised is unknown by then.
pub(crate) fn stop_if_unsynced(error: &DbErr) -> bool {
    match code_of(error) {
        Some(code) if UNSYNCED.contains(&code) => brain_durable::halt("store/brain.db", error),
        Some(code) => code & 0xff == FULL,
        None => false,
    }
}

/// SQLite's extended result code; PostgreSQL's codes are five characters and never below 10000.
fn code_of(error: &DbErr) -> Option<u32> {
    let (DbErr::Conn(RuntimeErr::SqlxError(cause))
    | DbErr::Exec(RuntimeErr::SqlxError(cause))
    | DbErr::Query(RuntimeErr::SqlxError(cause))) = error
    else {
        return None;
    };
    let code = cause.as_database_error().and_then(DatabaseError::code)?;
    (code.len() < 5).then(|| code.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::path_of;
    use std::path::PathBuf;

    #[test]
    fn both_spellings_of_a_sqlite_address_name_the_same_file_and_memory_is_refused() {
        assert_eq!(path_of("sqlite:/d/b.db").unwrap(), PathBuf::from("/d/b.db"));
        assert_eq!(path_of("sqlite:///d/b.db?mode=rwc").unwrap(), PathBuf::from("/d/b.db"));
        assert_eq!(path_of("sqlite:rel/b.db").unwrap(), PathBuf::from("rel/b.db"));
        assert_eq!(path_of("sqlite::memory:").unwrap_err().code(), "store/unsupported-url");
        assert_eq!(path_of("sqlite:").unwrap_err().code(), "store/unsupported-url");
    }
}
