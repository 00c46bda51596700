//! At start: runs that were decided become versions, others leave nothing; files that no row names go.

use super::journal::Journal;
use super::{CORPORA_MAX, Corpora, documents_of, rejected_of, rows_of};
use crate::Result;
use crate::handle::Inner;
use brain_kernel::error::{ErrorKind, Failure};
use brain_store::corpus::RunRow;
use std::collections::BTreeSet;

impl Corpora {
    /// Finish or undo what a crash broke off. Call it before the catalogue is brought in line with the lake, which
    /// would take a version for one without a run.
    pub(crate) async fn recover(&self) -> Result<()> {
        let inner = &self.inner;
        for run in rows_of::unfinished_runs(inner.store.db()).await? {
            let journal = run.journal.clone().map(serde_json::from_value::<Journal>).transpose();
            match journal {
                Ok(Some(journal)) => self.resume(run, journal).await?,
                Ok(None) => inner.undo(run, &interrupted()).await?,
                Err(error) => {
                    tracing::error!(run = run.id, %error, "a corpus run's journal cannot be read");
                    inner.undo(run, &interrupted()).await?;
                }
            }
        }
        let scratch = inner.corpus_scratch();
        if scratch.is_dir() {
            std::fs::remove_dir_all(&scratch)?;
        }
        self.sweep_files().await
    }

    async fn resume(&self, run: RunRow, journal: Journal) -> Result<()> {
        tracing::warn!(run = run.id, "finishing a corpus run that was decided before the program stopped");
        let begun = run.clone();
        if let Err(error) = self.inner.complete_corpus(run, journal).await {
            // A start must not fail for one corpus; the run says that it came to nothing.
            tracing::error!(run = begun.id, %error, "a decided corpus run could not be finished");
            self.inner.undo(begun, &Failure::from(error)).await?;
        }
        Ok(())
    }

    /// Remove files of corpora that no row names, or whose removal was decided.
    async fn sweep_files(&self) -> Result<()> {
        for corpus in rows_of::all(self.inner.store.db(), CORPORA_MAX).await? {
            let Ok(entries) = std::fs::read_dir(self.inner.corpus_files(&corpus.id)) else { continue };
            let files = rows_of::files(self.inner.store.db(), &corpus.id, false).await?;
            let known: BTreeSet<&str> = files.iter().map(|file| file.id.as_str()).collect();
            for entry in entries {
                let entry = entry?;
                if !entry.file_name().to_str().is_some_and(|name| known.contains(name)) {
                    tracing::warn!(file = %entry.path().display(), "removing a file of a corpus that is not known");
                    std::fs::remove_file(entry.path())?;
                }
            }
        }
        Ok(())
    }
}

impl Inner {
    async fn undo(&self, run: RunRow, failure: &Failure) -> Result<()> {
        if let Some(corpus) = rows_of::find(self.store.db(), &run.corpus).await? {
            for dataset in [documents_of(&corpus.name), rejected_of(&corpus.name)] {
                // What a commit took in is part of a version and stays; the files beside it go.
                if self.lake.version_of_run(&dataset, &run.id).await?.is_none() {
                    self.lake.sweep(&dataset, &run.id).await?;
                }
            }
        }
        tracing::warn!(run = run.id, "a corpus run was interrupted");
        self.end_corpus_run(run, "interrupted", failure).await?;
        Ok(())
    }
}

fn interrupted() -> Failure {
    Failure::new(
        ErrorKind::Unavailable,
        "warehouse/corpus-interrupted",
        "构建中断（节点停止或故障），没有产生版本；请重新运行。",
        "The node stopped during the run, and no version came of it; run it again.",
    )
}
