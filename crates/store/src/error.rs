//! What can go wrong between the program and its database.

use brain_kernel::error::{ErrorKind, Failure};
use sea_orm::{DbErr, SqlErr};

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// A failure of the operational store.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address is neither `sqlite:PATH` nor `postgres://…`.
    #[error("unsupported database address {0:?}")]
    UnsupportedUrl(String),
    /// The database file or its folder cannot be created or protected.
    #[error("cannot prepare database file {path}: {cause}")]
    File {
        /// The file.
        path: String,
        /// What the operating system said.
        cause: std::io::Error,
    },
    /// A page of the database file is not what was written: the disk or another program changed it.
    #[error("page {page} of {path} is not what was written")]
    Damaged {
        /// The file.
        path: String,
        /// Counted from 1.
        page: u32,
    },
    /// The file with the sums of the database's pages is damaged itself.
    #[error("{path} is damaged")]
    DamagedSums {
        /// The file.
        path: String,
    },
    /// The disk of the database is full.
    #[error("the disk of the database is full")]
    DiskFull,
    /// The database cannot be reached.
    #[error("cannot connect to the database: {0}")]
    Connect(DbErr),
    /// The database was written by a newer program.
    #[error("database carries migration {0:?} unknown to this program")]
    NewerSchema(String),
    /// A migration failed; the transaction was rolled back.
    #[error("migration failed: {0}")]
    Migration(DbErr),
    /// A database that is to be filled from another one holds rows already.
    #[error("table {0} is not empty")]
    NotEmpty(String),
    /// Another writer held the database longer than the busy timeout.
    #[error("database busy for {seconds} s")]
    Busy {
        /// How long the caller waited, in seconds.
        seconds: u64,
    },
    /// A unique key exists already.
    #[error("already exists: {0}")]
    AlreadyExists(String),
    /// The row does not exist.
    #[error("no {what} {id:?}")]
    NotFound {
        /// Kind of row, for example `ingest run`.
        what: &'static str,
        /// Its key.
        id: String,
    },
    /// The row changed since the caller read it.
    #[error("{what} {id:?} changed meanwhile")]
    Stale {
        /// Kind of row.
        what: &'static str,
        /// Its key.
        id: String,
    },
    /// A stored value is not one of the values this program writes.
    #[error("stored value of {field} is not understood: {value:?}")]
    Corrupt {
        /// Table and column.
        field: &'static str,
        /// What was found.
        value: String,
    },
    /// Any other error of the engine.
    #[error("database: {0}")]
    Database(DbErr),
}

impl From<DbErr> for Error {
    fn from(cause: DbErr) -> Self {
        if crate::sqlite::stop_if_unsynced(&cause) {
            return Self::DiskFull;
        }
        match cause.sql_err() {
            Some(SqlErr::UniqueConstraintViolation(what)) => Self::AlreadyExists(what),
            _ if matches!(cause, DbErr::Conn(_) | DbErr::ConnectionAcquire(_)) => Self::Connect(cause),
            _ => Self::Database(cause),
        }
    }
}

impl Error {
    /// A failure while connecting.
    pub(crate) fn connect(cause: DbErr) -> Self {
        if crate::sqlite::stop_if_unsynced(&cause) { Self::DiskFull } else { Self::Connect(cause) }
    }

    /// A failure while migrating.
    pub(crate) fn migration(cause: DbErr) -> Self {
        if crate::sqlite::stop_if_unsynced(&cause) { Self::DiskFull } else { Self::Migration(cause) }
    }

    /// Stable code of this failure.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnsupportedUrl(_) => "store/unsupported-url",
            Self::File { .. } => "store/file",
            Self::Damaged { .. } => "store/damaged",
            Self::DamagedSums { .. } => "store/damaged-sums",
            Self::DiskFull => "store/disk-full",
            Self::Connect(_) => "store/unreachable",
            Self::NewerSchema(_) => "store/newer-schema",
            Self::Migration(_) => "store/migration",
            Self::NotEmpty(_) => "store/not-empty",
            Self::Busy { .. } => "store/busy",
            Self::AlreadyExists(_) => "store/already-exists",
            Self::NotFound { .. } => "store/not-found",
            Self::Stale { .. } => "store/stale",
            Self::Corrupt { .. } => "store/corrupt",
            Self::Database(_) => "store/internal",
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let code = error.code();
        match &error {
            Error::UnsupportedUrl(url) => Self::new(
                ErrorKind::InvalidArgument,
                code,
                format!("不支持的数据库地址：{}", without_password(url)),
                format!("Unsupported database address: {}", without_password(url)),
            )
            .with_hint(
                "请使用 sqlite:文件路径 或 postgres://用户:口令@主机/库名。",
                "Use sqlite:PATH or postgres://user:password@host/database.",
            ),
            Error::File { path, cause } => Self::new(
                ErrorKind::Unavailable,
                code,
                format!("无法准备数据库文件 {path}：{cause}"),
                format!("Cannot prepare database file {path}: {cause}"),
            )
            .with_hint(
                "请检查目录是否存在、运行用户是否可写、磁盘是否已满。",
                "Check that the folder exists, that this user may write to it and that the disk has room.",
            ),
            Error::Damaged { path, page } => Self::new(
                ErrorKind::Unavailable,
                code,
                format!("数据库文件 {path} 的第 {page} 页与写入时不同：磁盘或其他程序改动了它。"),
                format!("Page {page} of the database file {path} is not what was written: the disk or another program changed it."),
            )
            .with_hint(
                "请保留该文件，并用 brain restore 从备份恢复；确系有意改动时，删除旁边的 -sums 文件即可打开。",
                "Keep the file and restore from a backup with brain restore; if it was changed on purpose, remove the -sums file beside it to open it.",
            ),
            Error::DamagedSums { path } => Self::new(
                ErrorKind::Unavailable,
                code,
                format!("数据库页校验和文件 {path} 已损坏。"),
                format!("The file with the sums of the database's pages, {path}, is damaged."),
            )
            .with_hint(
                "磁盘可能有故障。删除该文件后数据库按现状打开，请随即运行 brain doctor --deep 与 brain evidence verify，或从备份恢复。",
                "The disk may be failing. With the file removed the database opens as it is: then run brain doctor --deep and brain evidence verify, or restore from a backup.",
            ),
            Error::DiskFull => Self::new(
                ErrorKind::Exhausted,
                code,
                "数据库所在磁盘已满，未做任何更改。",
                "The disk of the database is full; nothing was changed.",
            )
            .with_hint(
                "请管理员腾出空间后重试；读取不受影响。",
                "Ask the administrator to make room, then try again; reading goes on.",
            ),
            Error::Connect(_) => Self::new(ErrorKind::Unavailable, code, "数据库连接不上。", "The database cannot be reached.")
                .with_hint(
                    "请检查数据库服务是否运行、地址与口令是否正确。",
                    "Check that the database runs and that address and password are right.",
                ),
            Error::NewerSchema(name) => Self::new(
                ErrorKind::Precondition,
                code,
                format!("数据库由更新版本的程序写入（迁移 {name}），本程序不能打开。"),
                format!("The database was written by a newer program (migration {name}); this one must not open it."),
            )
            .with_hint(
                "请升级程序，或从升级前的备份恢复数据目录。",
                "Upgrade the program, or restore the data folder from a backup made before the upgrade.",
            ),
            Error::Migration(_) => {
                Self::new(ErrorKind::Internal, code, "数据库升级失败，未做任何更改。", "The database upgrade failed; nothing was changed.")
                    .with_hint("请把日志交给运维人员，并保留数据目录。", "Give the log to your operator and keep the data folder.")
            }
            Error::NotEmpty(table) => Self::new(
                ErrorKind::Precondition,
                code,
                format!("目标数据库的表 {table} 已有数据，未做任何更改。"),
                format!("Table {table} of the target database holds rows; nothing was changed."),
            )
            .with_hint("请使用一个新建的空库。", "Use a database that was just created."),
            Error::Busy { seconds } => Self::new(
                ErrorKind::Unavailable,
                code,
                format!("数据库忙，等待 {seconds} 秒后放弃。"),
                format!("The database stayed busy for {seconds} s; gave up."),
            )
            .with_hint("请稍后重试。", "Try again in a moment."),
            Error::AlreadyExists(_) => Self::new(ErrorKind::AlreadyExists, code, "记录已存在。", "The record exists already."),
            Error::NotFound { what, id } => {
                Self::new(ErrorKind::NotFound, code, format!("不存在：{what} {id}"), format!("Not found: {what} {id}"))
            }
            Error::Stale { what, id } => Self::new(
                ErrorKind::Precondition,
                code,
                format!("{what} {id} 已被他人更改。"),
                format!("{what} {id} was changed by somebody else meanwhile."),
            )
            .with_hint("请重新读取后再操作。", "Read it again, then decide."),
            Error::Corrupt { .. } | Error::Database(_) => {
                tracing::error!(%error, "operational store failed");
                Self::internal(code)
            }
        }
    }
}

/// The address with `user:password@` shortened to `user:***@`.
pub(crate) fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let Some((credentials, host)) = rest.rsplit_once('@') else { return url.to_owned() };
    let user = credentials.split(':').next().unwrap_or_default();
    format!("{scheme}://{user}:***@{host}")
}

#[cfg(test)]
mod tests {
    use super::{Error, without_password};
    use brain_kernel::error::Failure;
    use brain_kernel::language::Language;

    #[test]
    fn a_password_in_an_address_is_never_shown() {
        assert_eq!(without_password("postgres://brain:s3cret@db/brain"), "postgres://brain:***@db/brain");
        assert_eq!(without_password("sqlite:/data/brain.db"), "sqlite:/data/brain.db");
        let failure = Failure::from(Error::UnsupportedUrl("mysql://root:hunter2@h/d".into()));
        assert!(!failure.message(Language::En).contains("hunter2"));
        assert_eq!(failure.code, "store/unsupported-url");
    }
}
