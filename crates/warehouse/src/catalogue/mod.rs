//! What datasets there are (数据目录): cards, columns, versions, quality, lineage. Never rows.
//!
//! The operational store remembers; a snapshot in memory answers, so that the door never waits for a database.
//! The Delta log is the truth about versions: [`recover`] brings the catalogue in line with it at every start.

mod card;
mod dcat;
pub(crate) mod entry;
mod prov;
pub(crate) mod quality;
pub(crate) mod record;
pub(crate) mod recover;
mod uses;

pub use card::{Catalogue, CatalogueQuery, DatasetCard, DatasetDetail, LineageStep, VersionCard};
pub use entry::ColumnCard;
pub use quality::{ColumnQuality, Quality};

use crate::Result;
use crate::grading::effective::Decided;
use crate::lake::rearrange::RUN_PREFIX;
use arc_swap::{ArcSwap, ArcSwapOption};
use brain_store::dataset::{self, DatasetColumn, DatasetFilter};
use brain_store::{PageRequest, Store, grading};
use chrono::{DateTime, Utc};
use entry::Entry;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::watch;

/// Every dataset by name, as of the last change.
pub(crate) type Snapshot = BTreeMap<String, Arc<Entry>>;

/// The catalogue in memory; swapped whole, so a reader sees one state.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    snapshot: ArcSwap<Snapshot>,
    /// When an approved de-grading runs out and the grades must be reckoned again.
    next_end: ArcSwapOption<DateTime<Utc>>,
    /// Oldest version that is still there, of datasets whose older ones were deleted under a rule.
    first_kept: ArcSwap<BTreeMap<String, u64>>,
    /// How often it was read again, for those who follow it.
    changes: watch::Sender<u64>,
}

impl Memory {
    /// The present state.
    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// Whether the grades must be reckoned again because time has passed.
    pub(crate) fn is_due(&self, now: DateTime<Utc>) -> bool {
        self.next_end.load().as_ref().is_some_and(|end| **end < now)
    }

    /// Oldest version of a dataset that is still there.
    pub(crate) fn first_kept(&self, dataset: &str) -> u64 {
        self.first_kept.load().get(dataset).copied().unwrap_or_default()
    }

    /// How often it was read again.
    pub(crate) fn generation(&self) -> u64 {
        *self.changes.borrow()
    }

    /// Tells when it was read again.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Read the store again. Call after every transaction that changed a dataset.
    pub(crate) async fn reload(&self, store: &Store) -> Result<()> {
        let mut entries: BTreeMap<String, Entry> = BTreeMap::new();
        let mut page = 1;
        loop {
            let request = PageRequest::new(page, brain_store::page::PAGE_SIZE_MAX);
            let found = dataset::list(store.db(), &DatasetFilter::default(), request).await?;
            let names: Vec<String> = found.items.iter().map(|row| row.name.clone()).collect();
            let columns = dataset::columns_of(store.db(), &names).await?;
            for row in found.items {
                let own: Vec<DatasetColumn> =
                    columns.iter().filter(|column| column.dataset == row.name).cloned().collect();
                let entry = Entry::new(row, &own)?;
                entries.insert(entry.name.clone(), entry);
            }
            if page * request.page_size >= found.total {
                break;
            }
            page += 1;
        }
        let db = store.db();
        // Newest first, so that each one found just below the oldest so far moves it down.
        for (name, version) in dataset::versions_of_runs(db, RUN_PREFIX).await? {
            if let Some(entry) = entries.get_mut(&name)
                && u64::try_from(version).is_ok_and(|version| version == entry.unchanged_since)
            {
                entry.unchanged_since = entry.unchanged_since.saturating_sub(1);
            }
        }
        let (approved, inputs) = (grading::approved(db).await?, grading::latest_inputs(db).await?);
        let decided = Decided::new(approved, inputs, grading::origins(db).await?, store.now())?;
        decided.apply(&mut entries);
        let snapshot: Snapshot = entries.into_iter().map(|(name, entry)| (name, Arc::new(entry))).collect();
        let first_kept = brain_store::retention::first_kept(db).await?;
        let first_kept =
            first_kept.into_iter().filter_map(|(name, version)| Some((name, u64::try_from(version).ok()?)));
        self.first_kept.store(Arc::new(first_kept.collect()));
        self.snapshot.store(Arc::new(snapshot));
        self.next_end.store(decided.next_end.map(Arc::new));
        self.changes.send_modify(|generation| *generation += 1);
        Ok(())
    }
}
