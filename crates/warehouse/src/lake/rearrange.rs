//! The same rows in other files: fewer, larger, in a better order; and files that no version ever named.
//!
//! A rearrangement is a commit of its own that changes no data (`dataChange` false in the log): versions before it stay
//! readable from the files they had until a retention rule takes them out. Its run id says that it is one, so that
//! nobody takes its version for new data.

use super::Lake;
use super::commit::{Note, StagedFile, add};
use crate::Result;
use chrono::{DateTime, Utc};
use deltalake_core::kernel::Action;
use deltalake_core::kernel::transaction::{CommitBuilder, CommitProperties};
use deltalake_core::logstore::LogStore as _;
use deltalake_core::protocol::{DeltaOperation, checkpoints};
use std::collections::BTreeSet;

/// How the run ids of rearrangements begin.
pub(crate) const RUN_PREFIX: &str = "rearrange-";
/// Where the log says which checkpoint is the newest.
const LAST_CHECKPOINT: &str = "_delta_log/_last_checkpoint";

/// Whether a run put the same rows into other files.
pub(crate) fn is_rearrangement(run_id: &str) -> bool {
    run_id.starts_with(RUN_PREFIX)
}

/// The files that one version consists of.
#[derive(Debug)]
pub(crate) struct Layout {
    pub(crate) version: u64,
    pub(crate) files: Vec<StagedFile>,
}

impl Lake {
    /// The files of the newest version; `None` before the first commit.
    pub(crate) async fn layout(&self, dataset: &str) -> Result<Option<Layout>> {
        let Some(table) = self.table(dataset).await? else { return Ok(None) };
        let Some(version) = table.version() else { return Ok(None) };
        let state = table.snapshot()?;
        let file = |file: deltalake_core::kernel::LogicalFileView| StagedFile {
            name: file.path().into_owned(),
            bytes: u64::try_from(file.size()).unwrap_or_default(),
            rows: file.num_records().unwrap_or_default() as u64,
            written_ms: file.modification_time(),
        };
        let mut files: Vec<StagedFile> = state.snapshot().log_data().iter().map(file).collect();
        files.sort_by(|a, b| (a.written_ms, &a.name).cmp(&(b.written_ms, &b.name)));
        Ok(Some(Layout { version, files }))
    }

    /// Put `new` in the place of `old`, which hold the same rows. `None` where the table has moved on since `version`;
    /// nothing is committed then. The caller holds the turn of whoever else commits to the table.
    pub(crate) async fn rearrange(
        &self,
        dataset: &str,
        version: u64,
        (old, new): (&[StagedFile], &[StagedFile]),
        note: &Note,
    ) -> Result<Option<u64>> {
        let Some(table) = self.table(dataset).await? else { return Ok(None) };
        if table.version() != Some(version) {
            return Ok(None);
        }
        let state = table.snapshot()?;
        let leaving: BTreeSet<&str> = old.iter().map(|file| file.name.as_str()).collect();
        let mut actions: Vec<Action> = state
            .snapshot()
            .log_data()
            .iter()
            .filter(|file| leaving.contains(file.path().as_ref()))
            .map(|file| Action::Remove(file.remove_action(false)))
            .collect();
        if actions.len() != old.len() {
            return Ok(None);
        }
        actions.extend(new.iter().map(|file| {
            let mut add = add(file);
            add.data_change = false;
            Action::Add(add)
        }));
        let metadata = [("userMetadata".to_owned(), serde_json::Value::String(serde_json::to_string(note)?))];
        let properties =
            CommitProperties::default().with_metadata(metadata).with_cleanup_expired_logs(Some(false));
        let target = new.iter().map(|file| file.bytes).max().unwrap_or_default();
        let operation = DeltaOperation::Optimize {
            predicate: None,
            target_size: i64::try_from(target).unwrap_or(i64::MAX),
        };
        let builder: CommitBuilder = properties.into();
        let done = builder.with_actions(actions).build(Some(state), table.log_store(), operation).await?;
        self.bring_to_disk(dataset, done.version())?;
        Ok(Some(done.version()))
    }

    /// Files that no commit ever named and that have not been written since `before`, without those of `runs`.
    pub(crate) async fn orphans(
        &self,
        dataset: &str,
        before: DateTime<Utc>,
        runs: &BTreeSet<String>,
    ) -> Result<Vec<String>> {
        let mut files = self.files(dataset).await?;
        files.retain(|file| file.changed < before && file.run().is_some_and(|run| !runs.contains(run)));
        let mut names: BTreeSet<String> = files.into_iter().map(|file| file.name).collect();
        if let Some(layout) = self.layout(dataset).await? {
            for file in layout.files {
                names.remove(&file.name);
            }
            if !names.is_empty()
                && let Some(table) = self.table(dataset).await?
            {
                let known = self.ever_added(&table, 0).await?;
                names.retain(|name| !known.contains(name));
            }
        }
        Ok(names.into_iter().collect())
    }

    /// Write a checkpoint where more than `commits_max` commits have come since the last; whether one was written.
    pub(crate) async fn checkpoint(&self, dataset: &str, commits_max: u64) -> Result<bool> {
        let Some(table) = self.table(dataset).await? else { return Ok(false) };
        let Some(version) = table.version() else { return Ok(false) };
        let last = last_checkpoint(&table).await?;
        let since = version.saturating_add(1).saturating_sub(last.map_or(0, |last| last.saturating_add(1)));
        if since <= commits_max {
            return Ok(false);
        }
        checkpoints::create_checkpoint(&table, None).await?;
        self.sum_log(dataset)?;
        Ok(true)
    }
}

async fn last_checkpoint(table: &deltalake_core::DeltaTable) -> Result<Option<u64>> {
    use object_store::ObjectStoreExt as _;
    let store = table.log_store().object_store(None);
    let found = match store.get(&LAST_CHECKPOINT.into()).await {
        Ok(found) => found.bytes().await.map_err(deltalake_core::DeltaTableError::from)?,
        Err(object_store::Error::NotFound { .. }) => return Ok(None),
        Err(error) => return Err(deltalake_core::DeltaTableError::from(error).into()),
    };
    let said: serde_json::Value = serde_json::from_slice(&found)?;
    Ok(said.get("version").and_then(serde_json::Value::as_u64))
}
