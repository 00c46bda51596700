//! Why a province was not simulated.

use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::language::Text;
use std::path::{Path, PathBuf};

/// What this crate answers with.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a province was not simulated.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An option is out of bounds.
    #[error("{option}: {}", problem.en)]
    Option {
        /// Name of the option as in the manifest.
        option: &'static str,
        /// What is wrong, with the bounds.
        problem: Text,
    },
    /// The folder has something in it; nothing is ever written over.
    #[error("{} exists and is not empty", .0.display())]
    Occupied(PathBuf),
    /// A file could not be written.
    #[error("{}: {source}", path.display())]
    Write {
        /// File or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The caller asked to stop; what was written has been removed.
    #[error("cancelled")]
    Cancelled,
    /// A table inside the program is damaged, or threads could not be started.
    #[error("{0}")]
    Internal(String),
}

impl Error {
    pub(crate) fn write(path: &Path, source: std::io::Error) -> Self {
        Self::Write { path: path.to_owned(), source }
    }

    pub(crate) fn option(option: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::Option { option, problem: Text::new(zh, en) }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Option { option, problem } => Self::new(
                ErrorKind::InvalidArgument,
                "simulate/option",
                format!("参数 {option} 有误：{}", problem.zh),
                format!("Option {option}: {}", problem.en),
            ),
            Error::Occupied(path) => Self::new(
                ErrorKind::AlreadyExists,
                "simulate/occupied",
                format!("文件夹 {} 已有内容", path.display()),
                format!("The folder {} is not empty", path.display()),
            )
            .with_hint(
                "模拟从不覆盖文件；请换一个文件夹，或先自行删除它。没有 manifest.json 的文件夹是未完成的模拟。",
                "A simulation writes over nothing: choose another folder, or remove this one first. A folder without manifest.json is an unfinished simulation.",
            ),
            Error::Write { path, source } => Self::new(
                ErrorKind::Unavailable,
                "simulate/write",
                format!("无法写入 {}：{source}", path.display()),
                format!("Cannot write {}: {source}", path.display()),
            )
            .with_hint(
                "请检查磁盘空间与权限；已写的文件已删除。",
                "Check space and permissions; what had been written was removed.",
            ),
            Error::Cancelled => Self::new(
                ErrorKind::Cancelled,
                "simulate/cancelled",
                "模拟已取消，已写的文件已删除",
                "The simulation was cancelled, and what it had written was removed",
            ),
            Error::Internal(_) => Self::internal("simulate/internal"),
        }
    }
}
