//! What can go wrong with an index. A query that finds nothing is no error, and neither is an odd one.

use brain_kernel::error::{ErrorKind, Failure};
use std::path::PathBuf;

/// Every way the index refuses.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// The folder of the index cannot be made, read or emptied.
    #[error("search index in {folder}: {source}")]
    Folder {
        /// Where the index is.
        folder: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The engine failed while writing or reading.
    #[error("search engine: {0}")]
    Engine(#[from] tantivy::TantivyError),
    /// An entry in the index cannot be read back.
    #[error("search index holds an entry that cannot be read: {0}")]
    Entry(#[from] serde_json::Error),
    /// Whoever hands over the entries failed; nothing was changed.
    #[error("{0}")]
    Entries(Failure),
}

/// Shorthand.
pub type Result<T> = std::result::Result<T, SearchError>;

impl From<SearchError> for Failure {
    fn from(error: SearchError) -> Self {
        match error {
            SearchError::Folder { .. } => Self::new(
                ErrorKind::Unavailable,
                "search/folder",
                "检索索引所在的文件夹不可用。",
                "The folder of the search index cannot be used.",
            )
            .with_hint(
                "请检查磁盘空间和文件夹权限；索引会自动重建。",
                "Check disk space and the folder's permissions; the index rebuilds itself.",
            ),
            SearchError::Engine(_) => Self::new(
                ErrorKind::Unavailable,
                "search/engine",
                "检索暂时不可用。",
                "Search is not available at the moment.",
            )
            .with_hint(
                "请稍后再试；重启节点会检查并在需要时重建索引。",
                "Try again later; a restart checks the index and rebuilds it where needed.",
            ),
            SearchError::Entry(_) => Self::internal("search/entry"),
            SearchError::Entries(failure) => failure,
        }
    }
}
