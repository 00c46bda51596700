//! One run: read through the caller's session, weigh, settle the queue, bring clusters and golden records in line.

use super::card::{RunCard, RunDetail};
use super::cluster::Cause;
use super::keys::Keys;
use super::queue::{Queue, Seen};
use super::report::{InputReport, Report, StepReport};
use super::weigh::{Digest, Found};
use super::{Matching, Plan, corrupt, read, refuse};
use crate::connect::Trouble;
use crate::query::Session;
use crate::{Error, Result};
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::language::Text;
use brain_kernel::progress::{Cancel, Progress};
use brain_store::matching::{self as rows, RUNNING, RunRow, SetRow};
use brain_store::{Page, PageRequest};
use rustc_hash::FxHashSet;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Runs at the same time: each holds its tables' compared columns in memory.
const LIVE_MAX: usize = 2;

struct Live {
    set: String,
    progress: Progress,
    cancel: Cancel,
}

/// Runs under way, by id.
#[derive(Default)]
pub struct UnderWay(Mutex<BTreeMap<String, Live>>);

/// How far a run is: stage and share of it.
pub(super) type Far = (Option<Text>, Option<f64>);

impl UnderWay {
    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Live>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn progress(&self, run: &str) -> Option<Far> {
        self.lock().get(run).map(|live| (live.progress.stage(), live.progress.fraction()))
    }

    fn enter(&self, run: &str, live: Live) -> Result<()> {
        let mut under_way = self.lock();
        if under_way.values().any(|other| other.set == live.set) {
            return Err(refuse(
                ErrorKind::Precondition,
                "warehouse/match-running",
                "该方案正在匹配，请等它结束或先取消。",
                "This set is being matched; wait until it ends, or cancel it.",
            ));
        }
        if under_way.len() >= LIVE_MAX {
            return Err(refuse(
                ErrorKind::Exhausted,
                "warehouse/match-busy",
                format!("已有 {LIVE_MAX} 个匹配任务在运行，请稍后再试。"),
                format!("{LIVE_MAX} match runs are under way; try again later."),
            ));
        }
        under_way.insert(run.to_owned(), live);
        Ok(())
    }
}

/// A run's place among those under way, given back when it ends, however it ends.
struct Turn {
    matching: Matching,
    run: String,
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.matching.inner.matching.lock().remove(&self.run);
    }
}

/// A run that has begun.
struct Begun {
    turn: Turn,
    session: Session,
    set: SetRow,
    plan: Plan,
    run: RunRow,
    progress: Progress,
    cancel: Cancel,
}

impl Matching {
    /// Begin a run and let it go on by itself; the run as it begins.
    pub async fn start(&self, session: Session, set: &str) -> Result<RunCard> {
        let begun = self.begin(session, set, Progress::new(), Cancel::new()).await?;
        let card = self.run_card(begun.run.clone());
        tokio::spawn(async move {
            let run = begun.run.id.clone();
            match Box::pin(begun.finish()).await {
                Ok(ended) => tracing::info!(run, state = ended.state, "a match run ended"),
                Err(error) => {
                    tracing::error!(run, %error, "the end of a match run could not be written down")
                }
            }
        });
        Ok(card)
    }

    /// Run and wait; how it ended is in what is returned.
    pub async fn run(
        &self,
        session: Session,
        set: &str,
        progress: Progress,
        cancel: Cancel,
    ) -> Result<RunDetail> {
        let begun = self.begin(session.clone(), set, progress, cancel).await?;
        let id = begun.run.id.clone();
        Box::pin(begun.finish()).await?;
        self.show_run(&session, &id).await
    }

    /// Runs of a set, newest first.
    pub async fn runs(&self, session: &Session, set: &str, page: PageRequest) -> Result<Page<RunCard>> {
        self.seen_set(session, set).await?;
        let runs = rows::runs(self.inner.store.db(), set, page).await?;
        Ok(runs.map(|run| self.run_card(run)))
    }

    /// One run with its report.
    pub async fn show_run(&self, session: &Session, id: &str) -> Result<RunDetail> {
        let row = self.run_row(session, id).await?;
        let report = row.report.clone().map(serde_json::from_value::<Report>).transpose();
        let report = report.map_err(|_| corrupt("match_run.report", id))?;
        let newest = rows::newest_run(self.inner.store.db(), &row.set_id).await?;
        let is_newest = newest.is_some_and(|newest| newest.id == row.id);
        let estimate = match &report {
            Some(_) if is_newest => Some(self.set(session, &row.set_id).await?.estimate),
            _ => None,
        };
        Ok(RunDetail { card: self.run_card(row), report, estimate })
    }

    /// Ask a run to stop at its next check; one that has ended is left as it is.
    pub async fn cancel(&self, session: &Session, id: &str) -> Result<()> {
        self.run_row(session, id).await?;
        if let Some(live) = self.inner.matching.lock().get(id) {
            live.cancel.cancel();
        }
        Ok(())
    }

    /// Tell runs that a crash broke off as interrupted: what they had written is whole, each change by itself.
    pub(crate) async fn recover(&self) -> Result<()> {
        for run in rows::unfinished_runs(self.inner.store.db()).await? {
            let failure = Failure::new(
                ErrorKind::Unavailable,
                "warehouse/match-interrupted",
                "匹配中断（节点停止或故障）；已写入的判定和变更都是完整的，请重新运行。",
                "The node stopped during the run. What was written is whole; run it again.",
            );
            tracing::warn!(run = run.id, "a match run was interrupted");
            self.end(run, "interrupted", Some(&failure)).await?;
        }
        Ok(())
    }

    pub(super) async fn last_report(&self, set: &str) -> Result<Option<Report>> {
        let runs = rows::runs(self.inner.store.db(), set, PageRequest::new(1, 20)).await?;
        let last = runs.items.into_iter().find_map(|run| run.report);
        last.map(serde_json::from_value).transpose().map_err(|_| corrupt("match_run.report", set))
    }

    async fn run_row(&self, session: &Session, id: &str) -> Result<RunRow> {
        let unknown = || {
            refuse(
                ErrorKind::NotFound,
                "warehouse/unknown-match-run",
                "没有这个匹配任务。",
                "There is no such match run.",
            )
        };
        let row = rows::run(self.inner.store.db(), id).await?.ok_or_else(unknown)?;
        self.seen_set(session, &row.set_id).await.map_err(|_| unknown())?;
        Ok(row)
    }

    async fn begin(&self, session: Session, set: &str, progress: Progress, cancel: Cancel) -> Result<Begun> {
        let (set, plan) = self.seen_set(&session, set).await?;
        for (dataset, columns) in plan.reads() {
            // What would be refused while reading is refused now.
            read::admitted(&session, &dataset, &columns)?;
        }
        let store = &self.inner.store;
        let run = RunRow {
            id: store.new_id(),
            set_id: set.id.clone(),
            set_revision: set.revision,
            actor: session.party().account.clone(),
            state: RUNNING.to_owned(),
            started_at: store.now(),
            ended_at: None,
            records: 0,
            compared: 0,
            automatic: 0,
            review: 0,
            kept: 0,
            asked_again: 0,
            clusters: 0,
            report: None,
            failure: None,
        };
        let live = Live { set: set.id.clone(), progress: progress.clone(), cancel: cancel.clone() };
        self.inner.matching.enter(&run.id, live)?;
        let turn = Turn { matching: self.clone(), run: run.id.clone() };
        let transaction = store.transaction().await?;
        rows::insert_run(&transaction, run.clone()).await?;
        transaction.commit().await?;
        Ok(Begun { turn, session, set, plan, run, progress, cancel })
    }

    /// Write down how a run ended, with its evidence.
    async fn end(&self, mut run: RunRow, state: &str, failure: Option<&Failure>) -> Result<RunRow> {
        state.clone_into(&mut run.state);
        run.ended_at = Some(self.inner.store.now());
        run.failure = failure.map(|failure| serde_json::to_value(Trouble::from(failure))).transpose()?;
        let entry = brain_trust::EvidenceEntry {
            kind: "match.run".to_owned(),
            actor: run.actor.clone(),
            subject: run.set_id.clone(),
            body: json!({
                "run": run.id, "set_revision": run.set_revision, "state": state, "records": run.records,
                "compared": run.compared, "automatic": run.automatic, "review": run.review, "kept": run.kept,
                "asked_again": run.asked_again, "clusters": run.clusters,
                "failure": failure.map(|failure| failure.code),
            }),
        };
        let transaction = self.inner.store.transaction().await?;
        rows::update_run(&transaction, run.clone()).await?;
        self.inner.trust.evidence().record_in(&transaction, entry).await?;
        transaction.commit().await?;
        Ok(run)
    }
}

impl Begun {
    /// Work, and write down how it ended; a failure is in the run that is returned.
    async fn finish(mut self) -> Result<RunRow> {
        let outcome = Box::pin(self.work()).await;
        let recorded = self.session.finish_with(outcome.as_ref().err().map(Error::code)).await;
        let (state, failure) = match outcome.and(recorded) {
            Ok(()) => ("succeeded", None),
            Err(error) => {
                let failure = Failure::from(error);
                let cancelled = failure.kind == ErrorKind::Cancelled;
                (if cancelled { "cancelled" } else { "failed" }, Some(failure))
            }
        };
        let matching = self.turn.matching.clone();
        matching.end(self.run, state, failure.as_ref()).await
    }

    async fn work(&mut self) -> Result<()> {
        let started = Instant::now();
        let matching = self.turn.matching.clone();
        let inner = &matching.inner;
        let algorithm = inner.trust.evidence().algorithm();
        let digest = Digest::new(&self.set.salt, move |text| algorithm.digest(&[text]).to_string());
        let (mut keys, found, seen, steps) = self.weigh(&digest).await?;
        self.run.records = seen.records.len() as i64;
        self.run.compared = steps.iter().map(|step| step.compared as i64).sum();
        self.progress.begin("写入复核队列", "Writing the queue", 0);
        let (run, plan, cancel) = (&self.run, &self.plan, &self.cancel);
        let mut queue =
            Queue { inner, run, plan, keys: &mut keys, found: &found, seen: &seen, digest: &digest, cancel };
        let settled = queue.settle().await?;
        drop(found);
        self.run.automatic = settled.automatic as i64;
        self.run.review = settled.review as i64;
        self.run.kept = settled.kept as i64;
        self.run.asked_again = settled.asked_again as i64;
        self.progress.begin("更新实体簇", "Bringing clusters in line", 0);
        let cause = Cause { kind: "run", id: &self.run.id, actor: self.session.party(), set: &self.set.id };
        self.run.clusters = inner.recluster(&mut keys, &seen, &settled, cause, &self.cancel).await? as i64;
        drop(keys);
        let (golden_new, golden_ended) = match &self.plan.golden {
            Some(rules) => {
                self.progress.begin("生成金记录", "Making golden records", 0);
                inner
                    .make_golden(
                        (&self.session, &self.run),
                        (&self.plan, rules),
                        &digest,
                        (&self.progress, &self.cancel),
                    )
                    .await?
            }
            None => (0, 0),
        };
        let expected = (settled.automatic > 0).then(|| settled.expected / settled.automatic as f64);
        let seconds = started.elapsed().as_secs_f64();
        let report = Report { steps, closed: settled.closed, expected, golden_new, golden_ended, seconds };
        self.run.report = Some(serde_json::to_value(&report)?);
        Ok(())
    }

    /// Read and weigh step by step; only one step's records are held at a time.
    async fn weigh(&self, digest: &Digest) -> Result<(Keys, Found, Seen, Vec<StepReport>)> {
        let specification = self.plan.specification()?;
        let (mut keys, mut found) = (Keys::default(), Found::default());
        let mut seen = Seen {
            records: FxHashSet::default(),
            whole: FxHashSet::default(),
            planned: self.plan.datasets().into_iter().collect(),
        };
        let mut steps = Vec::new();
        for (at, step) in self.plan.steps.iter().enumerate() {
            let control = (&self.progress, &self.cancel);
            let left = read::side(&self.session, &step.left, &mut keys, control).await?;
            let right = match &step.right {
                Some(right) => Some(read::side(&self.session, right, &mut keys, control).await?),
                None => None,
            };
            for side in [Some(&left), right.as_ref()].into_iter().flatten() {
                seen.records.extend(side.numbers.iter().copied());
                if side.whole {
                    seen.whole.insert(side.input.dataset.clone());
                }
            }
            let inputs = (InputReport::of(&left), right.as_ref().map(InputReport::of));
            let control = (self.progress.clone(), self.cancel.clone());
            let weighed =
                found.weigh((at, left, right), keys, specification.clone(), digest.clone(), control);
            let stepped;
            (found, keys, stepped) = weighed.await?;
            steps.push(StepReport::of(inputs.0, inputs.1, stepped));
        }
        Ok((keys, found, seen, steps))
    }
}
