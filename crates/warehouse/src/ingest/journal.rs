//! The decision to commit, on disk before the first commit.
//!
//! Once staged files are complete and on disk, one JSON file says which commits they belong to; its atomic appearance
//! is the point of truth of an ingest. Before it, a crash leaves orphans and the old versions; after it, a restart
//! does the commits that are still missing, each told by the run's id in the Delta log.

use super::report::TableReport;
use crate::Result;
use crate::lake::commit::StagedFile;
use crate::mapping::Mapping;
use serde::{Deserialize, Serialize};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Everything needed to finish a run without its source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Journal {
    pub(crate) run_id: String,
    pub(crate) actor: String,
    pub(crate) file: String,
    pub(crate) mapping: Mapping,
    pub(crate) tables: Vec<TableCommit>,
    pub(crate) report: super::IngestReport,
}

/// The commits of one table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct TableCommit {
    /// Position of the table in the mapping.
    pub(crate) table: usize,
    pub(crate) content_hash: String,
    /// Digest of each file, with the table's mapping; an append remembers them one by one.
    pub(crate) file_hashes: Vec<String>,
    pub(crate) rows: Vec<StagedFile>,
    pub(crate) refused: Vec<StagedFile>,
    pub(crate) report: TableReport,
}

impl Journal {
    fn path(folder: &Path, run_id: &str) -> PathBuf {
        folder.join(format!("{run_id}.json"))
    }

    /// Write durably: content first, then the name.
    pub(crate) fn write(&self, folder: &Path) -> Result<()> {
        std::fs::create_dir_all(folder)?;
        let path = Self::path(folder, &self.run_id);
        let draft = path.with_extension("draft");
        let mut file = std::fs::File::create(&draft)?;
        file.write_all(&serde_json::to_vec(self).map_err(std::io::Error::other)?)?;
        brain_durable::sync_file(&file, &draft)?;
        std::fs::rename(&draft, &path)?;
        Ok(brain_durable::sync_folder(folder)?)
    }

    /// Forget a run that is finished.
    pub(crate) fn remove(folder: &Path, run_id: &str) -> Result<()> {
        match std::fs::remove_file(Self::path(folder, run_id)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Ids of runs that were decided and not finished.
    pub(crate) fn ids(folder: &Path) -> Result<std::collections::BTreeSet<String>> {
        let entries = match std::fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(std::collections::BTreeSet::new());
            }
            Err(error) => return Err(error.into()),
        };
        let mut ids = std::collections::BTreeSet::new();
        for entry in entries {
            let name = entry?.file_name();
            ids.extend(name.to_str().and_then(|name| name.strip_suffix(".json")).map(str::to_owned));
        }
        Ok(ids)
    }

    /// Journals of runs that were decided and not finished, oldest first; drafts are removed.
    pub(crate) fn open_ones(folder: &Path) -> Result<Vec<Self>> {
        let Ok(entries) = std::fs::read_dir(folder) else { return Ok(Vec::new()) };
        let mut journals = Vec::new();
        let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        paths.sort();
        for path in paths {
            match path.extension().and_then(|extension| extension.to_str()) {
                Some("json") => {
                    let journal =
                        serde_json::from_slice(&std::fs::read(&path)?).map_err(std::io::Error::other)?;
                    journals.push(journal);
                }
                Some("draft") => std::fs::remove_file(&path)?,
                _ => {}
            }
        }
        Ok(journals)
    }
}
