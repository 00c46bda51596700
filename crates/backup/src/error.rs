//! What can go wrong.

use brain_kernel::error::{ErrorKind, Failure};

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// A failure of backup or restore.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file cannot be read or written.
    #[error("{path}: {cause}")]
    File {
        /// Which.
        path: String,
        /// What the operating system said.
        cause: std::io::Error,
    },
    /// A file of the backup is not what was written.
    #[error("backup damaged: {what}")]
    Damaged {
        /// Which part.
        what: String,
    },
    /// No snapshot is at or before the point asked for.
    #[error("no snapshot {0}")]
    NoSnapshot(String),
    /// The folder to restore into is in use.
    #[error("{0} is not empty")]
    NotEmpty(String),
    /// Another backup or thinning out is under way there.
    #[error("{0} is in use")]
    Busy(String),
    /// Trust failed.
    #[error(transparent)]
    Trust(#[from] brain_trust::Error),
    /// A key or a seal failed.
    #[error(transparent)]
    Crypto(#[from] brain_crypto::Error),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] brain_store::Error),
}

impl Error {
    /// Stable code of this failure.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::File { .. } => "backup/file",
            Self::Damaged { .. } => "backup/damaged",
            Self::NoSnapshot(_) => "backup/no-snapshot",
            Self::NotEmpty(_) => "backup/not-empty",
            Self::Busy(_) => "backup/busy",
            Self::Trust(error) => error.code(),
            Self::Crypto(error) => error.code(),
            Self::Store(error) => error.code(),
        }
    }

    pub(crate) fn at(path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.display().to_string();
        move |cause| match cause.kind() {
            std::io::ErrorKind::InvalidData => Self::Damaged { what: path },
            _ => Self::File { path, cause },
        }
    }

    pub(crate) fn damaged(what: impl Into<String>) -> Self {
        Self::Damaged { what: what.into() }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let code = error.code();
        match error {
            Error::File { path, cause } if brain_durable::is_full(&cause) => Self::new(
                ErrorKind::Exhausted,
                "backup/disk-full",
                format!("磁盘已满，无法写入 {path}。"),
                format!("The disk is full; {path} cannot be written."),
            )
            .with_hint(
                "请腾出空间后重试；已有快照不受影响。",
                "Make room and try again; earlier snapshots are whole.",
            ),
            Error::File { path, cause } => Self::new(
                ErrorKind::Unavailable,
                code,
                format!("无法读写 {path}：{cause}"),
                format!("Cannot read or write {path}: {cause}"),
            )
            .with_hint(
                "请检查目录、权限与磁盘空间。",
                "Check the folder, its permissions and the disk's room.",
            ),
            Error::Damaged { what } => Self::new(
                ErrorKind::Precondition,
                code,
                format!("备份损坏：{what}"),
                format!("The backup is damaged: {what}"),
            )
            .with_hint(
                "恢复已停止，未留下半个节点；请改用另一时间点或另一份备份。",
                "Nothing was restored; use another point in time or another copy of the backup.",
            ),
            Error::NoSnapshot(point) => Self::new(
                ErrorKind::NotFound,
                code,
                format!("没有 {point} 或更早的快照。"),
                format!("There is no snapshot at or before {point}."),
            )
            .with_hint("用 brain backup 目录 --list 查看。", "See brain backup <folder> --list."),
            Error::NotEmpty(path) => Self::new(
                ErrorKind::Precondition,
                code,
                format!("{path} 不是空目录，拒绝覆盖。"),
                format!("{path} is not empty; refusing to overwrite."),
            )
            .with_hint("请恢复到新的数据文件夹。", "Restore into a new data folder."),
            Error::Busy(path) => Self::new(
                ErrorKind::Precondition,
                code,
                format!("{path} 正在备份或清理。"),
                format!("A backup or thinning out of {path} is under way."),
            )
            .with_hint("请等待其结束。", "Wait until it ends."),
            Error::Trust(error) => error.into(),
            Error::Crypto(error) => error.into(),
            Error::Store(error) => error.into(),
        }
    }
}
