//! Delta tables, in the data folder or on an object store. Private to the crate: the door stands in front of it.
//!
//! `<data>/lake/<zone>/<table>` or `s3://bucket/prefix/<zone>/<table>`; what a table is made of is the same in both.
//! Start at [`Lake`]; [`files`] and [`objects`] are where the two kinds of place differ.

pub(crate) mod check;
pub(crate) mod checked;
pub(crate) mod commit;
pub(crate) mod files;
pub(crate) mod history;
pub(crate) mod objects;
pub(crate) mod prune;
pub(crate) mod read;
pub(crate) mod rearrange;
pub(crate) mod sums;

use objects::Objects;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where files wait on this machine until an object store has them.
const STAGING: &str = "_staging";

/// Where the tables lie.
#[derive(Debug, Clone)]
pub(crate) struct Lake {
    /// `<data>/lake`: the tables themselves, or only files on their way to an object store.
    root: PathBuf,
    objects: Option<Arc<Objects>>,
    open_tables: Arc<read::OpenTables>,
    whole: Arc<check::Whole>,
}

impl Lake {
    /// A lake in `<data>/lake`.
    pub(crate) fn new(data: &Path) -> Self {
        Self { root: data.join("lake"), objects: None, open_tables: Arc::default(), whole: Arc::default() }
    }

    /// A lake on an object store, whose files are written in `<data>/lake/_staging` first.
    pub(crate) fn on(data: &Path, objects: Objects) -> Self {
        let root = data.join("lake").join(STAGING);
        Self { root, objects: Some(Arc::new(objects)), ..Self::new(data) }
    }

    fn root(&self) -> &Path {
        &self.root
    }

    /// The object store, where there is one.
    pub(crate) fn objects(&self) -> Option<&Objects> {
        self.objects.as_deref()
    }

    /// Folder of `zone.table` on this machine, for example `<data>/lake/raw/registry`.
    pub(crate) fn folder(&self, dataset: &str) -> PathBuf {
        let (zone, table) = parts(dataset);
        self.root.join(zone).join(table)
    }
}

/// Zone and table of a dataset.
fn parts(dataset: &str) -> (&str, &str) {
    dataset.split_once('.').unwrap_or(("raw", dataset))
}
