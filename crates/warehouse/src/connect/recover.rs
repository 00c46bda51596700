//! After a crash: a run that was under way is told as interrupted, and the connector goes on from what has landed.

use super::Connectors;
use crate::Result;
use brain_kernel::error::{ErrorKind, Failure};
use brain_store::connector::{self, ConnectorRunRow};
use brain_store::ingest_run::{self, RunState};

impl Connectors {
    /// Settle what a crash left. The warehouse has finished or undone its ingests before: whether the batch at hand has
    /// landed is known now, and only if it has does the position move past it.
    pub(super) async fn recover(&self) -> Result<()> {
        match tokio::fs::remove_dir_all(self.landing()).await {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        for run in connector::unfinished_runs(self.inner().store.db()).await? {
            let run = self.settled(run).await?;
            let name = connector::find(self.inner().store.db(), &run.connector).await?.map(|row| row.name);
            let failure = Failure::new(
                ErrorKind::Unavailable,
                "warehouse/connector-interrupted",
                "运行中断（节点停止或故障）；已入仓的保留，下次从此处继续。",
                "The node stopped during the run; what landed stays, and the next run goes on from there.",
            );
            tracing::warn!(run = run.id, "a run of a connector was interrupted");
            let name = name.unwrap_or_else(|| run.connector.clone());
            self.end(&name, run, "interrupted", Some(&failure), &[]).await?;
        }
        self.sweep_spools().await
    }

    /// Remove what sources kept whose connectors are gone: a run that was under way may have kept more after.
    async fn sweep_spools(&self) -> Result<()> {
        let mut folders = match tokio::fs::read_dir(self.spools()).await {
            Ok(folders) => folders,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        while let Some(folder) = folders.next_entry().await? {
            let Ok(id) = folder.file_name().into_string() else { continue };
            if connector::find(self.inner().store.db(), &id).await?.is_none() {
                tokio::fs::remove_dir_all(folder.path()).await?;
            }
        }
        Ok(())
    }

    async fn settled(&self, mut run: ConnectorRunRow) -> Result<ConnectorRunRow> {
        let (Some(ingest), Some(position)) = (run.landing.take(), run.landing_position.take()) else {
            return Ok(run);
        };
        let ingest = ingest_run::find(self.inner().store.db(), &ingest).await?;
        if let Some(ingest) = ingest.filter(|ingest| ingest.state == RunState::Succeeded) {
            run.batches += 1;
            run.rows += ingest.rows_landed;
            run.refused += ingest.rows_quarantined;
            run.position_after = Some(position.clone());
            self.reach(&run, position).await?;
        }
        Ok(run)
    }
}
