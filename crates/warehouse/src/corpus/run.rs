//! One run: wait for a turn, read through the caller's session, build, land.

use super::card::RunCard;
use super::files::private_folder;
use super::journal::Journal;
use super::{Corpora, Definition, blocking, gather, land, refuse, rows_of};
use crate::connect::Trouble;
use crate::handle::Inner;
use crate::query::Session;
use crate::{Error, Result};
use brain_corpus::extract::Ocr;
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::progress::{Cancel, Progress};
use brain_store::corpus::{CorpusRow, QUEUED, RUNNING, RunRow};
use brain_store::{Page, PageRequest};
use brain_trust::{Action, EvidenceEntry};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;

/// Runs that wait or work at the same time, all corpora together.
const LIVE_MAX: usize = 16;
/// How often a run that waits looks whether somebody cancelled it.
const CANCEL_CHECK: Duration = Duration::from_millis(50);

struct Live {
    corpus: String,
    progress: Progress,
    cancel: Cancel,
}

/// Runs under way, by id.
pub struct UnderWay {
    live: Mutex<BTreeMap<String, Live>>,
    /// One run works at a time: each takes every core and holds the signatures of its documents.
    turn: Arc<Semaphore>,
}

impl Default for UnderWay {
    fn default() -> Self {
        Self { live: Mutex::default(), turn: Arc::new(Semaphore::new(1)) }
    }
}

impl UnderWay {
    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Live>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(&self, run: &str, live: Live) -> Result<()> {
        let mut under_way = self.lock();
        if under_way.values().any(|other| other.corpus == live.corpus) {
            return Err(running());
        }
        if under_way.len() >= LIVE_MAX {
            return Err(refuse(
                ErrorKind::Exhausted,
                "warehouse/corpus-busy",
                format!("已有 {LIVE_MAX} 个语料任务在等待或运行，请稍后再试。"),
                format!("{LIVE_MAX} corpus runs wait or work; try again later."),
            ));
        }
        under_way.insert(run.to_owned(), live);
        Ok(())
    }
}

/// A run's place among those under way, given back when it ends, however it ends.
struct Place {
    inner: Arc<Inner>,
    run: String,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.inner.corpora.lock().remove(&self.run);
    }
}

/// A run that has begun.
pub(super) struct Begun {
    place: Place,
    session: Session,
    corpus: CorpusRow,
    definition: Definition,
    run: RunRow,
    progress: Progress,
    cancel: Cancel,
}

impl Corpora {
    /// Begin a run and let it go on by itself; the run as it begins.
    pub async fn start(&self, session: Session, corpus: &str) -> Result<RunCard> {
        let begun = self.begin(session, corpus, Progress::new(), Cancel::new()).await?;
        let card = self.run_card(begun.run.clone());
        tokio::spawn(async move {
            let run = begun.run.id.clone();
            match Box::pin(begun.finish()).await {
                Ok(ended) => tracing::info!(run, state = ended.state, "a corpus run ended"),
                Err(error) => {
                    tracing::error!(run, %error, "the end of a corpus run could not be written down")
                }
            }
        });
        Ok(card)
    }

    /// Run and wait; how it ended is in what is returned.
    pub async fn run(
        &self,
        session: Session,
        corpus: &str,
        progress: Progress,
        cancel: Cancel,
    ) -> Result<RunCard> {
        let begun = self.begin(session, corpus, progress, cancel).await?;
        let ended = Box::pin(begun.finish()).await?;
        Ok(self.run_card(ended))
    }

    /// Runs of a corpus, newest first.
    pub async fn runs(&self, session: &Session, corpus: &str, page: PageRequest) -> Result<Page<RunCard>> {
        self.seen(session, corpus).await?;
        let runs = rows_of::runs(self.inner.store.db(), corpus, page).await?;
        Ok(runs.map(|run| self.run_card(run)))
    }

    /// One run.
    pub async fn show_run(&self, session: &Session, id: &str) -> Result<RunCard> {
        let run = rows_of::run(self.inner.store.db(), id).await?.ok_or_else(unknown_run)?;
        self.seen(session, &run.corpus).await.map_err(|_| unknown_run())?;
        Ok(self.run_card(run))
    }

    /// Ask a run to stop at its next check; one that has ended is left as it is.
    pub async fn cancel(&self, session: &Session, id: &str) -> Result<()> {
        let run = rows_of::run(self.inner.store.db(), id).await?.ok_or_else(unknown_run)?;
        self.own(session, &run.corpus).await?;
        if let Some(live) = self.inner.corpora.lock().get(id) {
            live.cancel.cancel();
        }
        Ok(())
    }

    /// A run as it is shown: one under way with how far it is.
    pub(super) fn run_card(&self, run: RunRow) -> RunCard {
        let live = self.inner.corpora.lock().get(&run.id).map(|live| live.progress.clone());
        RunCard::of(run, live)
    }

    pub(super) async fn begin(
        &self,
        session: Session,
        corpus: &str,
        progress: Progress,
        cancel: Cancel,
    ) -> Result<Begun> {
        let (corpus, definition) = self.own(&session, corpus).await?;
        let session = session.acting(Action::Export);
        for source in &definition.sources {
            // What would be refused while reading is refused now.
            gather::admitted(&session, source)?;
        }
        let store = &self.inner.store;
        let before = rows_of::runs(store.db(), &corpus.id, PageRequest::new(1, 1)).await?.items;
        let run = RunRow {
            id: store.new_id(),
            corpus: corpus.id.clone(),
            corpus_revision: corpus.revision,
            actor: session.party().account.clone(),
            state: QUEUED.to_owned(),
            started_at: store.now(),
            ended_at: None,
            version: None,
            journal: None,
            failure: None,
        };
        let live = Live { corpus: corpus.id.clone(), progress: progress.clone(), cancel: cancel.clone() };
        self.inner.corpora.enter(&run.id, live)?;
        let place = Place { inner: Arc::clone(&self.inner), run: run.id.clone() };
        // What was decided and could not be finished is finished by the next start, and nothing goes before it.
        if before.iter().any(|run| [QUEUED, RUNNING].contains(&run.state.as_str())) {
            return Err(running());
        }
        let transaction = store.transaction().await?;
        rows_of::insert_run(&transaction, run.clone()).await?;
        transaction.commit().await?;
        Ok(Begun { place, session, corpus, definition, run, progress, cancel })
    }
}

impl Inner {
    /// Write down how a run ended that gave no version, with its evidence.
    pub(super) async fn end_corpus_run(
        &self,
        mut run: RunRow,
        state: &str,
        failure: &Failure,
    ) -> Result<RunRow> {
        state.clone_into(&mut run.state);
        run.ended_at = Some(self.store.now());
        run.journal = None;
        run.failure = Some(serde_json::to_value(Trouble::from(failure))?);
        self.end_run_in(&run, Some(failure.code)).await?;
        Ok(run)
    }

    async fn end_run_in(&self, run: &RunRow, code: Option<&'static str>) -> Result<()> {
        let entry = EvidenceEntry {
            kind: "corpus.run".to_owned(),
            actor: run.actor.clone(),
            subject: run.corpus.clone(),
            body: json!({
                "run": run.id, "state": run.state, "revision": run.corpus_revision, "version": run.version,
                "failure": code,
            }),
        };
        let transaction = self.store.transaction().await?;
        rows_of::update_run(&transaction, run.clone()).await?;
        self.trust.evidence().record_in(&transaction, entry).await?;
        transaction.commit().await?;
        Ok(())
    }
}

impl Begun {
    /// Work, and write down how it ended; a failure is in the run that is returned.
    async fn finish(mut self) -> Result<RunRow> {
        let inner = Arc::clone(&self.place.inner);
        let folder = Scratch(inner.corpus_scratch().join(&self.run.id));
        let outcome = Box::pin(self.work(&folder.0)).await;
        drop(folder);
        let recorded = self.session.finish_with(outcome.as_ref().err().map(Error::code)).await;
        let error = match outcome.and_then(|run| recorded.map(|()| run)) {
            Ok(run) => return Ok(run),
            Err(error) => error,
        };
        if self.run.journal.is_some() {
            // Decided: the next start makes it whole, and nothing may be undone any more.
            return Err(error);
        }
        for dataset in [super::documents_of(&self.corpus.name), super::rejected_of(&self.corpus.name)] {
            if let Err(problem) = inner.lake.sweep(&dataset, &self.run.id).await {
                tracing::warn!(run = self.run.id, error = %problem, "staged files left for the next start to sweep");
            }
        }
        let failure = Failure::from(error);
        let state = if failure.kind == ErrorKind::Cancelled { "cancelled" } else { "failed" };
        inner.end_corpus_run(self.run, state, &failure).await
    }

    async fn work(&mut self, folder: &Path) -> Result<RunRow> {
        let inner = Arc::clone(&self.place.inner);
        let _turn = self.turn(&inner).await?;
        match self.decide(folder).await? {
            Some(journal) => inner.complete_corpus(self.run.clone(), journal).await,
            None => Ok(self.run.clone()),
        }
    }

    /// Read, build and stage; what is to be done is on disk when this returns. `None` where the same texts by the same
    /// rules are a version already, which the run then names.
    pub(super) async fn decide(&mut self, folder: &Path) -> Result<Option<Journal>> {
        let inner = Arc::clone(&self.place.inner);
        RUNNING.clone_into(&mut self.run.state);
        rows_of::update_run(inner.store.db(), self.run.clone()).await?;
        let (from, to) = (folder.join("in"), folder.join("out"));
        private_folder(&from)?;
        let control = (&self.progress, &self.cancel);
        let of = (self.corpus.id.as_str(), &self.definition);
        let inputs = gather::gather(&inner, &self.session, of, &from, control).await?;
        let ocr = recognition(&inner.options.corpus.ocr).await?;
        let options = self.definition.options(land::said(&inputs), ocr)?;
        let (progress, cancel) = (self.progress.clone(), self.cancel.clone());
        let built =
            blocking(move || Ok(brain_corpus::build(&from, &to, &options, &progress, &cancel)?)).await?;
        let digest = built.folder.file_name().map(|name| name.to_string_lossy().into_owned());
        let known =
            rows_of::version_of(inner.store.db(), &self.corpus.id, &digest.unwrap_or_default()).await?;
        if let Some(known) = known {
            let mut run = self.run.clone();
            "succeeded".clone_into(&mut run.state);
            (run.ended_at, run.version) = (Some(inner.store.now()), Some(known.id));
            inner.end_run_in(&run, None).await?;
            self.run = run;
            return Ok(None);
        }
        self.progress.begin("写入数据集", "Writing the datasets", 0);
        let (corpus, definition) = (self.corpus.clone(), self.definition.clone());
        let (of, run) = (Arc::clone(&inner), self.run.id.clone());
        let journal =
            blocking(move || land::decide(&of, (&corpus, &definition), &run, &built, inputs)).await?;
        if self.cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        let decided = RunRow { journal: Some(serde_json::to_value(&journal)?), ..self.run.clone() };
        rows_of::update_run(inner.store.db(), decided.clone()).await?;
        self.run = decided;
        Ok(Some(journal))
    }

    /// The turn, or an end when somebody cancels before it comes.
    async fn turn(&self, inner: &Inner) -> Result<tokio::sync::OwnedSemaphorePermit> {
        self.progress.begin("排队", "Waiting for its turn", 0);
        let mut asked = std::pin::pin!(Arc::clone(&inner.corpora.turn).acquire_owned());
        loop {
            if self.cancel.is_cancelled() {
                return Err(Error::Cancelled);
            }
            if let Ok(turn) = tokio::time::timeout(CANCEL_CHECK, &mut asked).await {
                return turn.map_err(|_| Error::Cancelled);
            }
        }
    }
}

/// A run's folder, removed with everything in it.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!(folder = %self.0.display(), %error, "a run's folder is left for the next start to remove");
        }
    }
}

/// What recognises characters: `auto` takes what the machine has, a path must be a program that answers.
async fn recognition(setting: &str) -> Result<Option<Ocr>> {
    let (auto, program) = match setting {
        "off" => return Ok(None),
        "auto" | "" => (true, "tesseract".to_owned()),
        path => (false, path.to_owned()),
    };
    let asked = program.clone();
    let found = blocking(move || Ok(Ocr::found(&asked))).await?;
    if found.is_none() && !auto {
        return Err(Error::Failure(
            Failure::new(
                ErrorKind::Unavailable,
                "warehouse/corpus-ocr",
                format!("corpus.ocr 所指的 {program} 不可用，或缺少 chi_sim、eng 语言数据或 pdftoppm。"),
                format!("{program}, named by corpus.ocr, does not answer, or chi_sim and eng, or pdftoppm, are absent."),
            )
            .with_hint(
                "请安装 tesseract-ocr、tesseract-ocr-chi-sim、poppler-utils，或把 corpus.ocr 设为 auto 或 off。",
                "Install tesseract-ocr, tesseract-ocr-chi-sim and poppler-utils, or set corpus.ocr to auto or off.",
            ),
        ));
    }
    Ok(found)
}

fn running() -> Error {
    refuse(
        ErrorKind::Precondition,
        "warehouse/corpus-running",
        "该语料库正在构建，请等它结束或先取消。",
        "This corpus is being built; wait until it ends, or cancel it.",
    )
}

fn unknown_run() -> Error {
    refuse(
        ErrorKind::NotFound,
        "warehouse/unknown-corpus-run",
        "没有这个语料任务。",
        "There is no such corpus run.",
    )
}
