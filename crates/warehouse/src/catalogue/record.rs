//! Recording a commit: description, columns, version, lineage and quality, in the caller's transaction.

use super::quality;
use crate::Result;
use crate::handle::Inner;
use brain_store::Transaction;
use brain_store::dataset::{self, NewColumn, NewDataset, NewVersion};
use datafusion::execution::SessionState;

/// What to remember about a version that was just committed to the lake.
pub(crate) struct Landed {
    pub(crate) dataset: NewDataset,
    pub(crate) columns: Vec<NewColumn>,
    pub(crate) version: NewVersion,
    /// Rows put aside over all ingests of the dataset.
    pub(crate) quarantined: u64,
    /// Share of rows read that met every rule.
    pub(crate) valid_share: Option<f64>,
}

impl Inner {
    /// Remember a commit in `transaction`. Commit it, then call [`Inner::reload_catalogue`].
    pub(crate) async fn record(&self, transaction: &Transaction, landed: &Landed) -> Result<()> {
        let name = &landed.dataset.name;
        let version = u64::try_from(landed.version.version).unwrap_or_default();
        let table = self.lake.open(name, version).await?;
        let state: &SessionState = self.engine.parser();
        let quality = quality::measure(&table, state, landed.quarantined, landed.valid_share).await?;
        dataset::upsert(transaction, &landed.dataset, landed.version.committed_at).await?;
        dataset::replace_columns(transaction, name, &landed.columns).await?;
        dataset::add_version(transaction, &landed.version).await?;
        let quality = serde_json::to_value(quality)?;
        dataset::set_quality(transaction, name, quality).await?;
        Ok(())
    }

    /// Make what was recorded visible to every reader of this process.
    pub(crate) async fn reload_catalogue(&self) -> Result<()> {
        self.catalogue.reload(&self.store).await
    }
}
