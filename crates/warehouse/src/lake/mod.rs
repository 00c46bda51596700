//! Delta tables under `<data>/lake/<zone>/<table>`. Private to the crate: the door stands in front of it.

pub(crate) mod check;
pub(crate) mod checked;
pub(crate) mod commit;
pub(crate) mod prune;
pub(crate) mod read;
pub(crate) mod sums;

use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where the tables lie.
#[derive(Debug, Clone)]
pub(crate) struct Lake {
    root: PathBuf,
    open_tables: Arc<read::OpenTables>,
    whole: Arc<check::Whole>,
}

impl Lake {
    /// A lake in `<data>/lake`.
    pub(crate) fn new(data: &Path) -> Self {
        Self { root: data.join("lake"), open_tables: Arc::default(), whole: Arc::default() }
    }

    fn root(&self) -> &Path {
        &self.root
    }

    /// Folder of `zone.table`, for example `<data>/lake/raw/registry`.
    pub(crate) fn folder(&self, dataset: &str) -> PathBuf {
        let (zone, table) = dataset.split_once('.').unwrap_or(("raw", dataset));
        self.root.join(zone).join(table)
    }
}
