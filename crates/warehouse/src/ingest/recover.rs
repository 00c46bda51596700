//! At start: runs a crash interrupted are finished if they were decided, and undone if not.

use super::journal::Journal;
use super::unlanded::{Ending, Unlanded};
use crate::Result;
use crate::handle::Inner;
use brain_store::ingest_run;

impl Inner {
    /// Finish or undo. Returns how many runs were finished and how many undone.
    pub(crate) async fn recover_ingests(&self) -> Result<(u64, u64)> {
        let (mut finished, mut undone) = (0, 0);
        for journal in Journal::open_ones(&self.journal_folder())? {
            let run = ingest_run::find(self.store.db(), &journal.run_id).await?;
            if run.as_ref().is_none_or(|run| run.state.is_final()) {
                // Recorded before the crash (only the journal was left), or the store was put back to an older state;
                // then the catalogue is brought in line with the Delta log like after any restore.
                Journal::remove(&self.journal_folder(), &journal.run_id)?;
                continue;
            }
            tracing::warn!(
                run = journal.run_id,
                "finishing an ingest that was decided before the program stopped"
            );
            self.finish(journal).await?;
            finished += 1;
        }
        for run in ingest_run::unfinished(self.store.db()).await? {
            let files = self.sweep_run(&run.id).await?;
            tracing::warn!(run = run.id, files, "undid an ingest that the program's stop interrupted");
            let failure = serde_json::json!({
                "code": "warehouse/ingest-interrupted",
                "detail": {
                    "zh": "程序在入库决定之前停止，数据未改变。",
                    "en": "The program stopped before the ingest was decided; the data did not change.",
                },
                "hint": { "zh": "请重新导入。", "en": "Ingest the file again." },
            });
            let of = Unlanded { run: &run.id, actor: &run.actor, mapping: &run.mapping, file: &run.file };
            self.record_unlanded(&of, Ending::Failed(failure)).await?;
            undone += 1;
        }
        Ok((finished, undone))
    }

    /// Remove every file a run staged, in whichever table.
    pub(super) async fn sweep_run(&self, run_id: &str) -> Result<usize> {
        let mut removed = 0;
        for dataset in self.lake.datasets().await? {
            removed += self.lake.sweep(&dataset, run_id).await?;
        }
        Ok(removed)
    }
}
