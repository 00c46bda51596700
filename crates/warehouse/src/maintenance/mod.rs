//! Looking after the lake (数据湖维护): small files become larger ones, big tables are laid out by the columns that are
//! asked for, logs get checkpoints, files that no version ever named go.
//!
//! Invariants: no row changes and no version stops being readable; one pass at a time; what a retention rule waits to
//! delete is left alone. Files that only past versions consist of are for retention rules, never for this.
//! Start reading at [`Maintenance::pass`].

mod order;
mod plan;

use crate::handle::Inner;
use crate::ingest::journal::Journal;
use crate::lake::commit::{Note, StagedFile};
use crate::lake::rearrange::RUN_PREFIX;
use crate::{Error, Result, Warehouse};
use brain_kernel::progress::Cancel;
use brain_store::dataset::{self, NewVersion};
use brain_store::retention;
use brain_trust::EvidenceEntry;
use chrono::TimeDelta;
use datafusion::physical_plan::execute_stream;
use futures::StreamExt as _;
use plan::Batch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Commits after which a log gets a checkpoint.
const COMMITS_MAX: u64 = 20;
/// How often it is looked between two passes whether there will be another.
const LOOK: Duration = Duration::from_millis(100);

/// `[maintenance]`: how the lake looks after itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MaintenanceOptions {
    /// Minutes between two passes; 0 makes none by itself.
    pub every_minutes: u32,
    /// A file below this is small, MiB.
    pub small_file_mib: u64,
    /// So many small files of one table become larger ones.
    pub small_files_min: u32,
    /// A file is filled up to this, MiB.
    pub target_file_mib: u64,
    /// A table's files above this are laid out by its columns in `cluster`, MiB.
    pub cluster_above_mib: u64,
    /// Hours after which a file that no version names is taken for left behind.
    pub orphan_hours: u32,
    /// Columns by which rows are laid out, of each dataset: those that queries ask for. A dataset whose rows belong to
    /// different owners is laid out by owner where nothing is said here.
    pub cluster: BTreeMap<String, Vec<String>>,
}

impl Default for MaintenanceOptions {
    fn default() -> Self {
        Self {
            every_minutes: 15,
            small_file_mib: 32,
            small_files_min: 16,
            target_file_mib: 256,
            cluster_above_mib: 64,
            orphan_hours: 168,
            cluster: BTreeMap::new(),
        }
    }
}

/// What a pass did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MaintenanceReport {
    /// Tables whose rows lie in other files now.
    pub rearranged: Vec<String>,
    /// Files they had before.
    pub files_before: u64,
    /// Files they have instead.
    pub files_after: u64,
    /// Checkpoints written.
    pub checkpoints: u64,
    /// Files removed that no version ever named.
    pub orphans: u64,
    /// Tables that could not be looked after, with the code of what was wrong; the log says more.
    pub failed: BTreeMap<String, String>,
}

/// Looks after a warehouse's lake; cheap to clone.
#[derive(Clone)]
pub struct Maintenance {
    inner: Arc<Inner>,
    options: Arc<MaintenanceOptions>,
}

impl Warehouse {
    /// What looks after the lake, by these settings.
    #[must_use]
    pub fn maintenance(&self, options: MaintenanceOptions) -> Maintenance {
        Maintenance { inner: Arc::clone(&self.inner), options: Arc::new(options) }
    }
}

impl Maintenance {
    /// One pass now and then until cancelled; none where the settings say so. It ends soon after it was told, whether a
    /// pass is under way or not; a pass that is cut short leaves nothing behind.
    pub async fn keep(&self, cancel: &Cancel) {
        if self.options.every_minutes == 0 {
            return;
        }
        let every = Duration::from_mins(self.options.every_minutes.into());
        loop {
            if pause(every, cancel).await {
                return;
            }
            match self.pass(cancel).await {
                Ok(report) if report == MaintenanceReport::default() => {}
                Ok(report) => tracing::info!(?report, "looked after the lake"),
                Err(Error::Cancelled) => return,
                Err(error) => tracing::error!(%error, "the lake could not be looked after"),
            }
        }
    }

    /// Look after every table once. A table that fails does not keep the others waiting.
    ///
    /// # Errors
    /// Fails when it is cancelled, or when the tables cannot be listed; what was done before stays done.
    pub async fn pass(&self, cancel: &Cancel) -> Result<MaintenanceReport> {
        let _turn = self.inner.maintaining.lock().await;
        let mut report = MaintenanceReport::default();
        for dataset in self.inner.lake.datasets().await? {
            if cancel.is_cancelled() {
                return Err(Error::Cancelled);
            }
            match self.look_after(&dataset, &mut report, cancel).await {
                Ok(()) => {}
                Err(Error::Cancelled) => return Err(Error::Cancelled),
                Err(error) => {
                    tracing::warn!(dataset, %error, "a table could not be looked after");
                    report.failed.insert(dataset, error.code().to_owned());
                }
            }
        }
        Ok(report)
    }

    async fn look_after(&self, dataset: &str, report: &mut MaintenanceReport, cancel: &Cancel) -> Result<()> {
        if let Some(plan) = self.plan(dataset).await?
            && let Some((before, after)) = self.rearrange(dataset, &plan, cancel).await?
        {
            report.rearranged.push(dataset.to_owned());
            report.files_before += before as u64;
            report.files_after += after as u64;
        }
        report.checkpoints += u64::from(self.inner.lake.checkpoint(dataset, COMMITS_MAX).await?);
        let before = self.inner.clock.now() - TimeDelta::hours(self.options.orphan_hours.into());
        let decided = Journal::ids(&self.inner.journal_folder())?;
        let orphans = self.inner.lake.orphans(dataset, before, &decided).await?;
        if !orphans.is_empty() {
            self.inner.lake.delete_files(dataset, orphans.iter().map(String::as_str)).await?;
            report.orphans += orphans.len() as u64;
        }
        Ok(())
    }

    /// Write the batches as new files and put them in place; files before and after, or `None` where the table moved
    /// on meanwhile or somebody else has the turn.
    async fn rearrange(
        &self,
        dataset: &str,
        plan: &plan::Plan,
        cancel: &Cancel,
    ) -> Result<Option<(usize, usize)>> {
        let run_id = format!("{RUN_PREFIX}{}-{}", plan.mark, self.inner.store.new_id());
        let outcome = self.write_and_commit(dataset, plan, &run_id, cancel).await;
        if !matches!(outcome, Ok(Some(_))) {
            // What was committed all the same stays: the sweep looks first.
            self.inner.lake.sweep(dataset, &run_id).await?;
        }
        outcome
    }

    async fn write_and_commit(
        &self,
        dataset: &str,
        plan: &plan::Plan,
        run_id: &str,
        cancel: &Cancel,
    ) -> Result<Option<(usize, usize)>> {
        let mut new = Vec::new();
        for (part, batch) in plan.batches.iter().enumerate() {
            new.push(self.write(dataset, plan, batch, (run_id, part), cancel).await?);
        }
        let old: Vec<StagedFile> =
            plan.batches.iter().flat_map(|batch| batch.files.iter().cloned()).collect();
        let rows = |files: &[StagedFile]| files.iter().map(|file| file.rows).sum::<u64>();
        if rows(&old) != rows(&new) {
            return Err(std::io::Error::other(format!(
                "{dataset}: {} rows became {} when they were put into other files",
                rows(&old),
                rows(&new)
            ))
            .into());
        }
        let done = (old.len(), new.len());
        let committed = self.commit(dataset, plan.version, (&old, &new), run_id).await?;
        Ok(committed.then_some(done))
    }

    async fn write(
        &self,
        dataset: &str,
        plan: &plan::Plan,
        batch: &Batch,
        place: (&str, usize),
        cancel: &Cancel,
    ) -> Result<StagedFile> {
        let inner = &self.inner;
        let table = inner.lake.staged(dataset, &plan.schema, &batch.files)?;
        let state = inner.engine.state(order::no_tables(), inner.options.query_memory_mib)?;
        let logical = order::ordered(&state, &table, &plan.columns).await?;
        let physical = state.create_physical_plan(&logical).await?;
        let (schema, told) = (Arc::clone(&plan.schema), cancel.clone());
        let rows = execute_stream(physical, state.task_ctx())?.map(move |batch| {
            if told.is_cancelled() {
                return Err(Error::Cancelled);
            }
            crate::lake::read::as_plain(&batch?, &schema)
        });
        inner.lake.write(dataset, &plan.schema, rows, place, inner.clock.now().timestamp_millis()).await
    }

    /// Commit and record, while nobody else commits to the table; whether it happened.
    async fn commit(
        &self,
        dataset: &str,
        version: u64,
        (old, new): (&[StagedFile], &[StagedFile]),
        run_id: &str,
    ) -> Result<bool> {
        let inner = &self.inner;
        // An ingest under way will have changed the table by its end; the next pass looks again.
        let Ok(_ingest) = inner.ingest_turn.try_lock() else { return Ok(false) };
        let _committing = inner.committing.lock().await;
        if retention::open_of(inner.store.db(), dataset).await?.is_some() {
            return Ok(false);
        }
        let note = Note { run_id: run_id.to_owned(), content_hash: String::new(), sources: Vec::new() };
        let Some(now) = inner.lake.rearrange(dataset, version, (old, new), &note).await? else {
            return Ok(false);
        };
        inner.record_rearranged(dataset, now, run_id).await?;
        Ok(true)
    }
}

/// Let so much time pass; whether it was cancelled meanwhile.
async fn pause(time: Duration, cancel: &Cancel) -> bool {
    let until = tokio::time::Instant::now() + time;
    while !cancel.is_cancelled() {
        let left = until.saturating_duration_since(tokio::time::Instant::now());
        if left.is_zero() {
            return false;
        }
        tokio::time::sleep(left.min(LOOK)).await;
    }
    true
}

impl Inner {
    /// Remember a version with the same rows as the one before it.
    pub(crate) async fn record_rearranged(&self, dataset: &str, version: u64, run_id: &str) -> Result<()> {
        let table = self.lake.open(dataset, version).await?;
        let transaction = self.store.transaction().await?;
        let previous = version.saturating_sub(1) as i64;
        let known = dataset::find_version(&transaction, dataset, previous).await?;
        let inputs = dataset::inputs_of(&transaction, dataset, previous).await?;
        let new = NewVersion {
            dataset: dataset.to_owned(),
            version: version as i64,
            rows: table.rows as i64,
            bytes: table.bytes as i64,
            committed_at: self.clock.now(),
            run_id: Some(run_id.to_owned()),
            // The same content: a file that is taken in again is known still.
            content_hash: known.and_then(|known| known.content_hash),
            inputs: inputs.into_iter().map(|input| (input.input, input.input_version)).collect(),
        };
        dataset::add_rearranged_version(&transaction, &new).await?;
        let entry = EvidenceEntry {
            kind: "lake.rearrange".to_owned(),
            actor: "system".to_owned(),
            subject: dataset.to_owned(),
            body: json!({
                "dataset": dataset, "version": version, "run": run_id, "rows": table.rows,
            }),
        };
        self.trust.evidence().record_in(&transaction, entry).await?;
        transaction.commit().await?;
        self.reload_catalogue().await
    }
}
