//! What the log of a table tells: which run made which version, and which files it brought.

use super::Lake;
use super::commit::Note;
use crate::Result;
use deltalake_core::DeltaTable;
use deltalake_core::kernel::Action;
use deltalake_core::logstore::{LogStore as _, get_actions};
use futures::TryStreamExt as _;
use std::collections::BTreeSet;

/// Commits looked back for a run's id: a run is looked for when its commit may just have been made, and each commit may
/// be a call to an object store.
const HISTORY_MAX: usize = 200;
/// Commits looked back for the newest run; one of another program names none.
const RECENT: usize = 10;

/// A file that a commit added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AddedFile {
    pub(crate) name: String,
    pub(crate) rows: u64,
    pub(crate) bytes: u64,
}

impl Lake {
    /// The version a run committed to a dataset, if it did.
    pub(crate) async fn version_of_run(&self, dataset: &str, run_id: &str) -> Result<Option<u64>> {
        let recent = self.recent_runs(dataset, HISTORY_MAX).await?;
        Ok(recent.into_iter().find(|(_, run)| run == run_id).map(|(version, _)| version))
    }

    /// The run that made a version; `None` for a version of another program.
    pub(crate) async fn run_of(&self, dataset: &str, version: u64) -> Result<Option<String>> {
        let latest = self.latest(dataset).await?.unwrap_or_default();
        let back = usize::try_from(latest.saturating_sub(version)).unwrap_or(usize::MAX).saturating_add(1);
        let recent = self.recent_runs(dataset, back).await?;
        Ok(recent.into_iter().find(|(of, _)| *of == version).map(|(_, run)| run))
    }

    /// Runs that began files in a table's folder after the newest commit of a run; ids of runs ascend with time.
    pub(crate) async fn unfinished_runs(&self, dataset: &str) -> Result<BTreeSet<String>> {
        let files = self.files(dataset).await?;
        let mut runs: BTreeSet<String> =
            files.iter().filter_map(|file| file.run().map(str::to_owned)).collect();
        if runs.is_empty() {
            return Ok(runs);
        }
        if let Some((_, newest)) =
            self.recent_runs(dataset, RECENT).await?.into_iter().max_by(|a, b| a.1.cmp(&b.1))
        {
            runs.retain(|run| *run > newest);
        }
        Ok(runs)
    }

    /// The runs of the newest `limit` versions, newest first.
    async fn recent_runs(&self, dataset: &str, limit: usize) -> Result<Vec<(u64, String)>> {
        let Some(table) = self.table(dataset).await? else { return Ok(Vec::new()) };
        let Some(latest) = table.version() else { return Ok(Vec::new()) };
        let history: Vec<_> = table.history(Some(limit)).try_collect().await?;
        let noted = history.iter().zip(0..).filter_map(|(info, age)| {
            let note: Note = serde_json::from_str(info.user_metadata.as_deref()?).ok()?;
            Some((latest.saturating_sub(age), note.run_id))
        });
        Ok(noted.collect())
    }

    /// Files whose rows were new in versions after `from`, up to `to`; `None` where a row was taken away or rewritten.
    pub(super) async fn added_files(
        &self,
        table: &DeltaTable,
        from: u64,
        to: u64,
    ) -> Result<Option<Vec<AddedFile>>> {
        let mut added = Vec::new();
        for version in from.saturating_add(1)..=to {
            for action in actions(table, version).await? {
                match action {
                    Action::Remove(remove) if remove.data_change => return Ok(None),
                    Action::Add(add) if add.data_change => added.push(AddedFile {
                        rows: rows_of(add.stats.as_deref()),
                        bytes: u64::try_from(add.size).unwrap_or_default(),
                        name: add.path,
                    }),
                    _ => {}
                }
            }
        }
        Ok(Some(added))
    }

    /// Names of all files that commits from `from` to the newest added, whether they are in a version still or not.
    pub(super) async fn ever_added(&self, table: &DeltaTable, from: u64) -> Result<BTreeSet<String>> {
        let mut names = BTreeSet::new();
        for version in from..=table.version().unwrap_or_default() {
            let actions = actions(table, version).await?.into_iter();
            names.extend(actions.filter_map(|action| match action {
                Action::Add(add) => Some(add.path),
                _ => None,
            }));
        }
        Ok(names)
    }
}

/// What a commit did. A commit that is not there cannot be passed over: what it added would be forgotten.
async fn actions(table: &DeltaTable, version: u64) -> Result<Vec<Action>> {
    let bytes = table.log_store().read_commit_entry(version).await?;
    let bytes = bytes.ok_or_else(|| deltalake_core::DeltaTableError::InvalidVersion(version))?;
    Ok(get_actions(version, &bytes)?)
}

fn rows_of(stats: Option<&str>) -> u64 {
    let stats: Option<serde_json::Value> = stats.and_then(|stats| serde_json::from_str(stats).ok());
    stats.and_then(|stats| stats.get("numRecords")?.as_u64()).unwrap_or_default()
}
