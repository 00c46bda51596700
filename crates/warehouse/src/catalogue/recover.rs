//! After a crash: the catalogue agrees with the Delta logs.
//!
//! A commit to the lake comes first, its record in the store second. A crash between the two leaves a version the
//! catalogue does not know; it is recorded here, from the log alone.

use crate::Result;
use crate::handle::Inner;
use crate::lake::rearrange::is_rearrangement;
use brain_store::dataset::{self, NewVersion};

impl Inner {
    /// Record every version the lake has and the catalogue lacks. Returns how many there were.
    pub(crate) async fn reconcile(&self) -> Result<u64> {
        let mut found = 0;
        for entry in self.catalogue.snapshot().values() {
            self.lake.sum_log(&entry.name)?;
            let Some(latest) = self.lake.latest(&entry.name).await? else { continue };
            let first = entry.version.map_or(0, |known| known + 1);
            for version in first..=latest {
                let run = self.lake.run_of(&entry.name, version).await?;
                if let Some(run) = run.filter(|run| is_rearrangement(run)) {
                    self.record_rearranged(&entry.name, version, &run).await?;
                    tracing::warn!(dataset = entry.name, version, "recorded a rearrangement left by a crash");
                    found += 1;
                    continue;
                }
                let table = self.lake.open(&entry.name, version).await?;
                let transaction = self.store.transaction().await?;
                let new = NewVersion {
                    dataset: entry.name.clone(),
                    version: version as i64,
                    rows: table.rows as i64,
                    bytes: table.bytes as i64,
                    committed_at: self.clock.now(),
                    run_id: None,
                    content_hash: None,
                    inputs: Vec::new(),
                };
                dataset::add_version(&transaction, &new).await?;
                transaction.commit().await?;
                tracing::warn!(dataset = entry.name, version, "recorded a version left by a crash");
                found += 1;
            }
        }
        if found > 0 {
            self.reload_catalogue().await?;
        }
        Ok(found)
    }
}
