//! One ingest from request to report.

use super::infer::infer;
use super::journal::{Journal, TableCommit};
use super::pipeline::{Job, Staged, stage};
use super::report::{ColumnReport, IngestReport, TableReport, peak_memory_mb};
use super::unlanded::{Ending, Unlanded};
use super::{IngestError, layout};
use crate::handle::Inner;
use crate::mapping::{self, AUTO, ColumnType, Mapping, Mode, TableMapping};
use crate::model::{ModelRun, ModelState};
use crate::query::QueryLimits;
use crate::source::{self, FileDigest, TableFiles};
use crate::{Error, Result, Warehouse};
use brain_kernel::error::Failure;
use brain_kernel::hexadecimal;
use brain_kernel::language::Text;
use brain_kernel::party::{Party, Role};
use brain_kernel::progress::{Cancel, Progress};
use brain_store::ingest_run::{self, IngestRun, IngestRunFilter, NewIngestRun};
use brain_store::{Page, PageRequest};
use datafusion::arrow::array::AsArray as _;
use datafusion::arrow::datatypes::Int64Type;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{Mutex, MutexGuard};

/// What to take in.
#[derive(Debug, Clone)]
pub struct IngestRequest {
    /// File or folder.
    pub path: PathBuf,
    /// Name of the mapping, or `auto`.
    pub mapping: String,
    /// Further wishes.
    pub options: IngestOptions,
}

/// Wishes besides path and mapping.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IngestOptions {
    /// Id the run shall have, from `Store::new_id`; made here when absent.
    pub run_id: Option<String>,
    /// Name of the source people know, where the path is a temporary one (an upload).
    pub file_name: Option<String>,
    /// Target of `auto`, for example `raw.my_table`.
    pub dataset: Option<String>,
    /// Leave the models as they are; they stay stale until the next refresh.
    pub skip_models: bool,
    /// Let `auto` add to the table what other files put there, with every column as text: batches of one source need not
    /// look alike. A mapping says itself whether it adds or replaces.
    pub append: bool,
}

impl Warehouse {
    /// The mappings there are: built-in ones and those of `<data>/mappings`.
    pub fn mappings(&self) -> Result<Vec<Mapping>> {
        mapping::all(&self.inner.options.root).map_err(Error::passed)
    }

    /// Take in a file or folder. Rows land in one commit per table; a cancelled or failed ingest leaves nothing.
    pub async fn ingest(
        &self,
        party: &Party,
        request: IngestRequest,
        progress: Progress,
        cancel: Cancel,
    ) -> Result<IngestReport> {
        if !matches!(party.role, Role::SystemAdministrator | Role::Government | Role::IndustryBody) {
            return Err(IngestError::NotAllowed { role: party.role.name() }.into());
        }
        let started = Instant::now();
        let inner = &self.inner;
        let run_id = request.options.run_id.clone().unwrap_or_else(|| inner.store.new_id());
        let shown = request.options.file_name.clone().unwrap_or_else(|| request.path.display().to_string());
        let new = NewIngestRun {
            id: run_id.clone(),
            actor: party.account.clone(),
            mapping: request.mapping.clone(),
            file: shown.clone(),
            options: serde_json::to_value(&request.options)?,
        };
        ingest_run::create(inner.store.db(), new, inner.clock.now()).await?;
        let report = {
            let run = Run { inner, id: &run_id, shown, actor: party.account.clone(), started };
            // One at a time: an ingest uses every core and most of the memory it may have.
            progress.begin("等待前面的入库任务", "Waiting for the ingests before it", 0);
            let Some(_turn) = turn(&inner.ingest_turn, &cancel).await else {
                return Err(run.undo(&request.mapping, Error::Cancelled).await);
            };
            ingest_run::start(inner.store.db(), &run_id, inner.clock.now()).await?;
            match run.work(&request, &progress, &cancel).await {
                Ok(report) => report,
                Err(error) => return Err(run.undo(&request.mapping, error).await),
            }
        };
        Ok(self.after(party, &request, report, started, &cancel).await)
    }

    /// Ingest runs, newest first.
    pub async fn runs(&self, filter: &IngestRunFilter, page: PageRequest) -> Result<Page<IngestRun>> {
        Ok(ingest_run::list(self.inner.store.db(), filter, page).await?)
    }

    /// One ingest run.
    pub async fn run(&self, id: &str) -> Result<Option<IngestRun>> {
        Ok(ingest_run::find(self.inner.store.db(), id).await?)
    }

    /// Models and the two counts that say how good the intake was. A failing model does not undo the ingest: it stays
    /// stale, the report says which ran, and the log says why one did not.
    async fn after(
        &self,
        party: &Party,
        request: &IngestRequest,
        mut report: IngestReport,
        started: Instant,
        cancel: &Cancel,
    ) -> IngestReport {
        if !request.options.skip_models {
            match self.refresh_models(party, Progress::new(), cancel.clone()).await {
                Ok(runs) => {
                    let failed = runs.iter().find(|run| run.state.is_failure());
                    report.models_failure = failed.map(failure_of);
                    let ran = runs.into_iter().filter(|run| run.state == ModelState::Ran);
                    report.models_refreshed = ran.map(|run| run.model).collect();
                }
                Err(error) => {
                    tracing::warn!(run = report.run_id, %error, "models not refreshed after the ingest");
                    report.models_failure = Some(Failure::from(error).detail);
                }
            }
            self.count_firms(party, &mut report, cancel).await;
        }
        self.grade_landed(&mut report).await;
        self.check_landed(&mut report, cancel).await;
        report.seconds = rounded(started);
        report.peak_memory_mb = peak_memory_mb();
        let body = serde_json::to_value(&report).unwrap_or_default();
        if let Err(error) = ingest_run::amend_report(self.inner.store.db(), &report.run_id, body).await {
            tracing::warn!(run = report.run_id, %error, "the run's stored report lacks what the models added");
        }
        report
    }

    /// Look at what landed and propose labels. A scan that fails does not undo the ingest: the log says why, and the
    /// dataset can be scanned again.
    async fn grade_landed(&self, report: &mut IngestReport) {
        let landed: Vec<(String, u64)> =
            report.tables.iter().filter_map(|table| Some((table.dataset.clone(), table.version?))).collect();
        for (dataset, version) in landed {
            match self.inner.grade(&dataset, version, crate::grading::SYSTEM).await {
                Ok(run) => report.labels_proposed += run.proposed.len() as u64,
                Err(error) => {
                    tracing::warn!(run = report.run_id, dataset, %error, "not classified after the ingest");
                    report.grading_failure = Some(Failure::from(error).detail);
                }
            }
        }
    }

    /// Check what landed against the rules of its owner. A check that fails does not undo the ingest: the log says why,
    /// and the dataset can be checked again.
    async fn check_landed(&self, report: &mut IngestReport, cancel: &Cancel) {
        let landed: Vec<String> = report
            .tables
            .iter()
            .filter(|table| table.version.is_some())
            .map(|table| table.dataset.clone())
            .collect();
        for dataset in landed {
            match self.inner.check_landed(&dataset, "ingest", cancel).await {
                Ok(Some(glance)) => {
                    report.quality.insert(dataset, glance);
                }
                Ok(None) => {}
                Err(error) => {
                    tracing::warn!(run = report.run_id, dataset, %error, "quality not checked after the ingest");
                    report.quality_failure = Some(Failure::from(error).detail);
                }
            }
        }
    }

    /// Firms of the dataset taken in that carry a product, and that carry an industry code.
    async fn count_firms(&self, party: &Party, report: &mut IngestReport, cancel: &Cancel) {
        if !report.tables.iter().any(|table| table.columns.iter().any(|column| column.name == "uscc")) {
            return;
        }
        let taken = format!("SELECT uscc FROM {} WHERE uscc IS NOT NULL", report.dataset);
        let product = format!(
            "SELECT count(DISTINCT p.enterprise_id) FROM subject.enterprise_product p \
             WHERE p.enterprise_id IN ({taken})"
        );
        let industry = format!(
            "SELECT count(*) FROM subject.enterprise e \
             WHERE e.industry_code IS NOT NULL AND e.enterprise_id IN ({taken})"
        );
        report.firms_with_product = self.count(party, &product, cancel).await;
        report.firms_with_industry = self.count(party, &industry, cancel).await;
    }

    /// One number; none where a table does not exist yet or the party may not read it.
    async fn count(&self, party: &Party, sql: &str, cancel: &Cancel) -> Option<u64> {
        let session = self.session(party, "ingest");
        let stream = session.sql(sql, QueryLimits::default(), cancel.clone()).await;
        let counted = match stream {
            Ok(stream) => stream.collect().await,
            Err(error) => Err(error),
        };
        match counted {
            Ok((batches, _)) => {
                let column = batches.iter().find(|batch| batch.num_rows() > 0)?.columns().first()?;
                let count = column.as_primitive_opt::<Int64Type>()?.values().first().copied()?;
                u64::try_from(count).ok()
            }
            Err(error) => {
                tracing::debug!(%error, "firms not counted");
                None
            }
        }
    }
}

struct Run<'a> {
    inner: &'a Arc<Inner>,
    id: &'a str,
    shown: String,
    actor: String,
    started: Instant,
}

impl Run<'_> {
    async fn work(
        &self,
        request: &IngestRequest,
        progress: &Progress,
        cancel: &Cancel,
    ) -> Result<IngestReport> {
        let journal = self.decide(request, progress, cancel).await?;
        if cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        journal.write(&self.inner.journal_folder())?;
        self.inner.finish(journal).await
    }

    /// Everything that is invisible: read, check, stage.
    async fn decide(&self, request: &IngestRequest, progress: &Progress, cancel: &Cancel) -> Result<Journal> {
        let mapping = self.mapping(request, cancel).await?;
        let found: Vec<(usize, Vec<PathBuf>)> = source::find(&mapping, &request.path)?
            .into_iter()
            .filter_map(|TableFiles { table, files }| {
                let index = mapping.tables.iter().position(|known| known.dataset == table.dataset)?;
                Some((index, files))
            })
            .collect();
        let sizes =
            found.iter().flat_map(|(_, files)| files).map(|file| file.metadata().map_or(0, |m| m.len()));
        progress.begin("读取与检查", "Reading and checking", sizes.sum());
        let mut tables = Vec::new();
        for (index, files) in found {
            let Some(table) = mapping.tables.get(index) else { continue };
            tables.push(self.table(&mapping, index, table, files, progress, cancel).await?);
        }
        Ok(self.journal(mapping, tables))
    }

    async fn mapping(&self, request: &IngestRequest, cancel: &Cancel) -> Result<Mapping> {
        if request.mapping == AUTO {
            let (path, cancel) = (request.path.clone(), cancel.clone());
            let (dataset, unpack) = (request.options.dataset.clone(), self.inner.unpack());
            let work = move || infer(&path, dataset.as_deref(), unpack, &cancel).map_err(Error::from);
            let mut mapping = blocking(work).await?;
            if request.options.append {
                for table in &mut mapping.tables {
                    table.mode = Mode::Append;
                    table.columns.iter_mut().for_each(|column| column.kind = ColumnType::Text);
                }
            }
            return Ok(mapping);
        }
        let mappings = mapping::all(&self.inner.options.root).map_err(Error::passed)?;
        let known = mappings.iter().map(|mapping| mapping.name.clone()).collect();
        mappings
            .into_iter()
            .find(|mapping| mapping.name == request.mapping)
            .ok_or_else(|| IngestError::UnknownMapping { name: request.mapping.clone(), known }.into())
    }

    /// Read one table's files into staged files, leaving out what was taken in before.
    async fn table(
        &self,
        mapping: &Mapping,
        index: usize,
        table: &TableMapping,
        files: Vec<PathBuf>,
        progress: &Progress,
        cancel: &Cancel,
    ) -> Result<TableCommit> {
        let fresh = self.fresh(mapping, table, files, progress, cancel).await?;
        let mut report = TableReport {
            dataset: table.dataset.clone(),
            quarantine: table.quarantine(),
            columns: columns(mapping, table),
            ..TableReport::default()
        };
        if fresh.is_empty() {
            report.unchanged = true;
            return Ok(TableCommit {
                table: index,
                content_hash: String::new(),
                file_hashes: Vec::new(),
                rows: Vec::new(),
                refused: Vec::new(),
                report,
            });
        }
        let staged = self.stage(mapping, table, fresh, progress, cancel).await?;
        report.rows_read = staged.rows_read;
        report.rows_landed = staged.rows_landed;
        report.rows_quarantined = staged.rows_quarantined;
        report.reasons = staged.reasons;
        report.files = staged.facts;
        report.ignored_columns = staged.ignored;
        let file_hashes: Vec<String> =
            staged.digests.iter().map(|digest| source_id(mapping, table, digest)).collect();
        Ok(TableCommit {
            table: index,
            content_hash: content_hash(&file_hashes),
            file_hashes,
            rows: staged.rows,
            refused: staged.refused,
            report,
        })
    }

    async fn stage(
        &self,
        mapping: &Mapping,
        table: &TableMapping,
        files: Vec<PathBuf>,
        progress: &Progress,
        cancel: &Cancel,
    ) -> Result<Staged> {
        let (inner, run_id) = (Arc::clone(self.inner), self.id.to_owned());
        let (mapping, table) = (mapping.clone(), table.clone());
        let (progress, cancel) = (progress.clone(), cancel.clone());
        blocking(move || {
            stage(&Job {
                lake: &inner.lake,
                mapping: &mapping,
                table: &table,
                schema: layout::schema(&table),
                files: &files,
                run_id: &run_id,
                now_ms: inner.clock.now().timestamp_millis(),
                unpack: inner.unpack(),
                progress: &progress,
                cancel: &cancel,
            })
        })
        .await
    }

    /// The files whose content is new to the table. A table never loaded needs no look at the content.
    async fn fresh(
        &self,
        mapping: &Mapping,
        table: &TableMapping,
        files: Vec<PathBuf>,
        progress: &Progress,
        cancel: &Cancel,
    ) -> Result<Vec<PathBuf>> {
        let Some(latest) = self.inner.lake.latest(&table.dataset).await? else { return Ok(files) };
        let (paths, token) = (files.clone(), cancel.clone());
        let digests = blocking(move || {
            paths.iter().map(|path| Ok(FileDigest::of_file(path, &token)?)).collect::<Result<Vec<_>>>()
        })
        .await?;
        let sources: Vec<String> =
            digests.iter().map(|(digest, _)| source_id(mapping, table, digest)).collect();
        if table.mode == Mode::Replace {
            let known =
                brain_store::dataset::find_version(self.inner.store.db(), &table.dataset, latest as i64)
                    .await?;
            let same = known.and_then(|version| version.content_hash) == Some(content_hash(&sources));
            if same {
                progress.add(digests.iter().map(|(_, bytes)| bytes).sum());
            }
            return Ok(if same { Vec::new() } else { files });
        }
        let mut fresh = Vec::new();
        for ((file, source), (_, bytes)) in files.into_iter().zip(&sources).zip(&digests) {
            if self.inner.lake.has_source(&table.dataset, source).await? {
                progress.add(*bytes);
            } else {
                fresh.push(file);
            }
        }
        Ok(fresh)
    }

    fn journal(&self, mapping: Mapping, tables: Vec<TableCommit>) -> Journal {
        let sum = |of: fn(&TableReport) -> u64| tables.iter().map(|table| of(&table.report)).sum();
        let report = IngestReport {
            run_id: self.id.to_owned(),
            file: self.shown.clone(),
            mapping: mapping.name.clone(),
            dataset: tables.first().map(|table| table.report.dataset.clone()).unwrap_or_default(),
            rows_read: sum(|table| table.rows_read),
            rows_landed: sum(|table| table.rows_landed),
            rows_quarantined: sum(|table| table.rows_quarantined),
            firms_with_product: None,
            firms_with_industry: None,
            labels_proposed: 0,
            grading_failure: None,
            quality: std::collections::BTreeMap::new(),
            quality_failure: None,
            version: None,
            unchanged: tables.iter().all(|table| table.report.unchanged),
            landing_seconds: rounded(self.started),
            seconds: rounded(self.started),
            peak_memory_mb: peak_memory_mb(),
            tables: Vec::new(),
            models_refreshed: Vec::new(),
            models_failure: None,
        };
        Journal {
            run_id: self.id.to_owned(),
            actor: self.actor.clone(),
            file: self.shown.clone(),
            mapping,
            tables,
            report,
        }
    }

    /// After a failure: no staged file stays, run and evidence say why. Once the journal exists the run is decided and
    /// only a restart may finish it, so nothing is undone.
    async fn undo(&self, mapping: &str, error: Error) -> Error {
        if self.inner.journal_folder().join(format!("{}.json", self.id)).exists() {
            tracing::error!(run = self.id, %error, "ingest decided but not finished; the next start will finish it");
            return error;
        }
        let swept = self.inner.sweep_run(self.id).await;
        let (ending, error) = match error {
            Error::Cancelled => (Ending::Cancelled, Error::Cancelled),
            other => {
                let failure = Failure::from(other);
                (Ending::of(&failure), Error::Failure(failure))
            }
        };
        let unlanded = Unlanded { run: self.id, actor: &self.actor, mapping, file: &self.shown };
        if let Err(problem) = self.inner.record_unlanded(&unlanded, ending).await {
            tracing::error!(run = self.id, error = %problem, "could not record how the ingest ended");
        }
        if let Err(problem) = swept {
            tracing::warn!(run = self.id, error = %problem, "staged files left for the next start to sweep");
        }
        error
    }
}

/// How often a waiting ingest looks whether somebody cancelled it.
const CANCEL_CHECK: Duration = Duration::from_millis(50);

/// The turn, or nothing when somebody cancels before it comes.
async fn turn<'a>(turns: &'a Mutex<()>, cancel: &Cancel) -> Option<MutexGuard<'a, ()>> {
    let mut asked = std::pin::pin!(turns.lock());
    loop {
        if cancel.is_cancelled() {
            return None;
        }
        if let Ok(turn) = tokio::time::timeout(CANCEL_CHECK, &mut asked).await {
            return Some(turn);
        }
    }
}

/// Work that blocks, off the async threads.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| Error::Io(std::io::Error::other(error.to_string())))?
}

/// Why a model did not run, with its name.
fn failure_of(run: &ModelRun) -> Text {
    let reason = run.reason.clone().unwrap_or_else(|| Text::new("", ""));
    Text::new(format!("{}：{}", run.model, reason.zh), format!("{}: {}", run.model, reason.en))
}

fn rounded(started: Instant) -> f64 {
    (started.elapsed().as_secs_f64() * 1_000.0).round() / 1_000.0
}

fn columns(mapping: &Mapping, table: &TableMapping) -> Vec<ColumnReport> {
    let inferred = mapping.name == AUTO;
    table
        .columns
        .iter()
        .map(|column| ColumnReport {
            name: column.name.clone(),
            source: column.source.clone(),
            kind: column.kind.name().to_owned(),
            inferred,
        })
        .collect()
}

/// One file as a table sees it: the same bytes read by another mapping are another source.
fn source_id(mapping: &Mapping, table: &TableMapping, digest: &str) -> String {
    hexadecimal::encode(&Sha256::digest(format!("{}\n{}\n{digest}", mapping.digest, table.dataset)))
}

fn content_hash(sources: &[String]) -> String {
    hexadecimal::encode(&Sha256::digest(sources.join("\n")))
}

/// The first half of a run, for tests that stop there.
#[cfg(test)]
pub(super) async fn decide(inner: &Arc<Inner>, run_id: &str, request: &IngestRequest) -> Result<Journal> {
    let run =
        Run { inner, id: run_id, shown: String::new(), actor: "tester".to_owned(), started: Instant::now() };
    run.decide(request, &Progress::new(), &Cancel::new()).await
}
