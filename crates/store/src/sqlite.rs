//! SQLite, tuned for state that must survive a power cut.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sea_orm::sqlx::error::DatabaseError;
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};

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
        Ok(())
    };
    attempt().map_err(|cause| Error::File { path: path.display().to_string(), cause })
}

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
}

/// Whether SQLite said `SQLITE_BUSY` (5) or one of its extended forms: another connection holds the lock.
pub(crate) fn is_busy(error: &DbErr) -> bool {
    let (DbErr::Conn(RuntimeErr::SqlxError(cause)) | DbErr::Exec(RuntimeErr::SqlxError(cause))) = error
    else {
        return false;
    };
    cause
        .as_database_error()
        .and_then(DatabaseError::code)
        .and_then(|code| code.parse::<u32>().ok())
        .is_some_and(|code| code & 0xff == 5)
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
