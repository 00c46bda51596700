//! Why a corpus was not built or not read.

use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::language::Text;
use std::path::{Path, PathBuf};

/// What this crate answers with.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a corpus was not built or not read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A parameter is out of bounds, or the file of parameters is not understood.
    #[error("{option}: {}", problem.en)]
    Option {
        /// Name of the parameter as in `corpus.toml`.
        option: String,
        /// What is wrong, with the bounds.
        problem: Text,
    },
    /// A file or folder could not be read.
    #[error("{}: {source}", path.display())]
    Read {
        /// File or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file could not be written; nothing of the version stays.
    #[error("{}: {source}", path.display())]
    Write {
        /// File or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The folder of versions lies in the folder that is read, so a build would read its own output.
    #[error("{} lies in {}", to.display(), from.display())]
    Inside {
        /// What is read.
        from: PathBuf,
        /// Where versions go.
        to: PathBuf,
    },
    /// More files or documents than allowed.
    #[error("more than {limit} {what}")]
    TooMany {
        /// `files` or `documents`.
        what: &'static str,
        /// The bound.
        limit: u64,
    },
    /// No document stayed.
    #[error("none of {documents} documents of {files} files stayed")]
    Empty {
        /// Files found.
        files: u64,
        /// Documents read.
        documents: u64,
        /// The most frequent reasons with their counts.
        reasons: String,
    },
    /// The folder is no version, or no longer the version that was written.
    #[error("{}: {}", path.display(), problem.en)]
    Damaged {
        /// File or folder.
        path: PathBuf,
        /// What is wrong.
        problem: Text,
    },
    /// The caller asked to stop; what was written has been removed.
    #[error("cancelled")]
    Cancelled,
    /// A defect of this program.
    #[error("{0}")]
    Internal(String),
}

impl Error {
    pub(crate) fn read(path: &Path, source: std::io::Error) -> Self {
        Self::Read { path: path.to_owned(), source }
    }

    pub(crate) fn write(path: &Path, source: std::io::Error) -> Self {
        Self::Write { path: path.to_owned(), source }
    }

    pub(crate) fn option(option: impl Into<String>, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::Option { option: option.into(), problem: Text::new(zh, en) }
    }

    pub(crate) fn damaged(path: &Path, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::Damaged { path: path.to_owned(), problem: Text::new(zh, en) }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        use ErrorKind::{Cancelled, Exhausted, InvalidArgument, NotFound, Precondition, Unavailable};
        match error {
            Error::Option { option, problem } => Self::new(
                InvalidArgument,
                "corpus/option",
                format!("语料库参数 {option} 有误：{}", problem.zh),
                format!("Corpus parameter {option}: {}", problem.en),
            ),
            Error::Read { path, source } => Self::new(
                NotFound,
                "corpus/read",
                format!("无法读取 {}：{source}", path.display()),
                format!("Cannot read {}: {source}", path.display()),
            )
            .with_hint("请检查路径与读取权限。", "Check the path and the permission to read it."),
            Error::Write { path, source } => Self::new(
                Unavailable,
                "corpus/write",
                format!("无法写入 {}：{source}", path.display()),
                format!("Cannot write {}: {source}", path.display()),
            )
            .with_hint(
                "请检查磁盘空间与权限；已写的部分已删除。",
                "Check space and permissions; what had been written was removed.",
            ),
            Error::Inside { from, to } => Self::new(
                Precondition,
                "corpus/inside",
                format!("输出文件夹 {} 位于输入文件夹 {} 之内", to.display(), from.display()),
                format!("The output folder {} lies in the input folder {}", to.display(), from.display()),
            )
            .with_hint("请换一个输出文件夹。", "Choose another output folder."),
            Error::TooMany { what, limit } => Self::new(
                Exhausted,
                "corpus/too-many",
                format!("超过 {limit} 个{}", if what == "files" { "文件" } else { "文档" }),
                format!("There are more than {limit} {what}"),
            )
            .with_hint(
                "请分批构建，或在 corpus.toml 中调高 files_max、documents_max（每个文档约占 600 字节内存）。",
                "Build in parts, or raise files_max and documents_max in corpus.toml (a document takes about 600 bytes of memory).",
            ),
            Error::Empty { files, documents, reasons } => Self::new(
                Precondition,
                "corpus/empty",
                format!("{files} 个文件中的 {documents} 个文档无一保留：{reasons}"),
                format!("None of the {documents} documents of {files} files stayed: {reasons}"),
            )
            .with_hint(
                "请检查输入，或在 corpus.toml 中放宽规则。",
                "Check the input, or loosen the rules in corpus.toml.",
            ),
            Error::Damaged { path, problem } => Self::new(
                Precondition,
                "corpus/damaged",
                format!("{}：{}", path.display(), problem.zh),
                format!("{}: {}", path.display(), problem.en),
            ),
            Error::Cancelled => Self::new(
                Cancelled,
                "corpus/cancelled",
                "构建已取消，已写的部分已删除",
                "The build was cancelled, and what it had written was removed",
            ),
            Error::Internal(_) => Self::internal("corpus/internal"),
        }
    }
}
