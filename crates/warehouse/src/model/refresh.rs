//! Running the stale models.

use super::make::{Made, Making};
use super::outcome::{ModelRun, ModelState, TestOutcome};
use super::plan::{MakeMode, ModelRequest, ModelStep, Standing};
use super::tables::Versions;
use super::{Model, ModelSet};
use super::{history, select};
use crate::catalogue::record::Landed;
use crate::handle::Inner;
use crate::query::Session;
use crate::{Error, Result, Warehouse};
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::language::Text;
use brain_kernel::party::{Party, Role};
use brain_kernel::progress::{Cancel, Progress};
use brain_store::dataset::{NewColumn, NewDataset, NewVersion};
use brain_store::model_run;
use brain_store::{grading, model_attempt};
use brain_trust::{AccessOrigin, EvidenceEntry};
use datafusion::arrow::datatypes::SchemaRef;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

/// Purpose under which rows that fail a test are looked at: the same as rows in the catalogue.
const PURPOSE: &str = crate::quality::PURPOSE;

/// The latest run of each model.
type Last = BTreeMap<String, model_run::ModelRun>;

impl Warehouse {
    /// The models there are, each after those it reads.
    pub fn models(&self) -> Result<Vec<Model>> {
        Ok(self.inner.reload_models()?.models.clone())
    }

    /// Run every stale model in order. Progress counts models; a cancelled refresh keeps what is finished.
    pub async fn refresh_models(
        &self,
        party: &Party,
        progress: Progress,
        cancel: Cancel,
    ) -> Result<Vec<ModelRun>> {
        self.run_models(party, &ModelRequest::default(), None, progress, cancel).await
    }

    /// What [`run_models`](Self::run_models) would do now; nothing is written.
    pub async fn plan_models(&self, party: &Party, request: &ModelRequest) -> Result<Vec<ModelStep>> {
        allowed(party)?;
        let set = self.inner.reload_models()?;
        let chosen = select::chosen(&set.models, &request.select, &request.exclude)?;
        self.inner.plan(&set, &chosen, request, &self.inner.last_runs().await?).await
    }

    /// Run the selected models that are stale, in order. A version is published when its tests passed; what reads a
    /// model that failed is skipped. With an origin, rows that fail a test are shown to the party.
    pub async fn run_models(
        &self,
        party: &Party,
        request: &ModelRequest,
        origin: Option<AccessOrigin>,
        progress: Progress,
        cancel: Cancel,
    ) -> Result<Vec<ModelRun>> {
        allowed(party)?;
        let inner = &self.inner;
        let _turn = inner.models.lock().await;
        let set = inner.reload_models()?;
        let chosen = select::chosen(&set.models, &request.select, &request.exclude)?;
        let session = origin.map(|origin| self.session(party, PURPOSE).coming_from(origin).held());
        progress.set_total(chosen.len() as u64);
        let last = inner.last_runs().await?;
        let round = Round { set: &set, request, party, session: session.as_ref(), cancel: &cancel, last };
        let mut runs = Vec::with_capacity(chosen.len());
        for model in set.models.iter().filter(|model| chosen.contains(&model.name)) {
            if cancel.is_cancelled() {
                return Err(Error::Cancelled);
            }
            let run = inner.turn(&round, model, &runs).await?;
            // A check that fails does not undo the model; the dataset can be checked again.
            if run.state == ModelState::Ran
                && let Err(error) = inner.check_landed(&model.name, "model", &cancel).await
            {
                tracing::warn!(model = model.name, %error, "quality not checked after the model");
            }
            runs.push(run);
            progress.add(1);
        }
        if let Some(session) = session {
            session.finish().await?;
        }
        Ok(runs)
    }

    /// Test the versions there are of the selected models; nothing is made and nothing is unpublished.
    pub async fn test_models(
        &self,
        party: &Party,
        request: &ModelRequest,
        origin: AccessOrigin,
        cancel: Cancel,
    ) -> Result<Vec<ModelRun>> {
        allowed(party)?;
        let inner = &self.inner;
        let set = inner.reload_models()?;
        let chosen = select::chosen(&set.models, &request.select, &request.exclude)?;
        let session = self.session(party, PURPOSE).coming_from(origin).held();
        let mut runs = Vec::new();
        for model in set.models.iter().filter(|model| chosen.contains(&model.name)) {
            runs.push(inner.test(model, Some(&session), &cancel).await?);
        }
        session.finish().await?;
        Ok(runs)
    }
}

/// What stays the same over the models of one run.
struct Round<'r> {
    set: &'r ModelSet,
    request: &'r ModelRequest,
    party: &'r Party,
    session: Option<&'r Session>,
    cancel: &'r Cancel,
    last: Last,
}

/// Only those who load data make models of it.
fn allowed(party: &Party) -> Result<()> {
    if matches!(party.role, Role::SystemAdministrator | Role::Government | Role::IndustryBody) {
        return Ok(());
    }
    Err(Error::Failure(Failure::new(
        ErrorKind::Forbidden,
        "warehouse/models-not-allowed",
        "只有系统管理员、政府用户和行业组织可以运行模型。",
        "Only system administrators, government users and industry bodies may run models.",
    )))
}

impl Inner {
    pub(super) async fn last_runs(&self) -> Result<Last> {
        let runs = model_run::latest(self.store.db()).await?;
        Ok(runs.into_iter().map(|run| (run.model.clone(), run)).collect())
    }

    /// The turn of one model in a round.
    async fn turn(&self, round: &Round<'_>, model: &Model, earlier: &[ModelRun]) -> Result<ModelRun> {
        let failed = |name: &str| earlier.iter().any(|run| run.model == name && run.state.is_failure());
        if let Some(cause) = model.reads().find(|name| failed(name)) {
            return self.skipped(round, model, cause).await;
        }
        let before = round.last.get(&model.name);
        // What earlier models of the round made is in the catalogue by now, so one model is planned by itself.
        let only = BTreeSet::from([model.name.clone()]);
        let step = self.plan(round.set, &only, round.request, &round.last).await?.pop();
        let Some(step) = step else { return Err(unknown(model)) };
        let state = match step.standing {
            Standing::Fresh if round.request.build => {
                return self.test(model, round.session, round.cancel).await;
            }
            Standing::Fresh => ModelState::Unchanged,
            Standing::Waiting => ModelState::Waiting,
            Standing::Blocked => ModelState::Skipped,
            Standing::Stale => return self.attempt(round, model, &step, before.is_some()).await,
        };
        let reason = step.reasons.first().cloned();
        Ok(ModelRun { reason, ..self.still(model, state) })
    }

    /// A model that is left as it is.
    fn still(&self, model: &Model, state: ModelState) -> ModelRun {
        let snapshot = self.catalogue.snapshot();
        let known = snapshot.get(&model.name);
        ModelRun {
            model: model.name.clone(),
            state,
            mode: MakeMode::Full,
            version: known.and_then(|entry| entry.version),
            rows: known.map(|entry| entry.rows),
            seconds: 0.0,
            reason: None,
            tests: Vec::new(),
        }
    }

    async fn skipped(&self, round: &Round<'_>, model: &Model, cause: &str) -> Result<ModelRun> {
        let reason = Text::new(
            format!("它读取的 {cause} 没有运行成功"),
            format!("{cause}, which it reads, did not succeed"),
        );
        let run = ModelRun { reason: Some(reason), ..self.still(model, ModelState::Skipped) };
        let row = history::row(self.store.new_id(), model, &run, round.party, self.clock.now(), None)?;
        model_attempt::insert(self.store.db(), row).await?;
        Ok(run)
    }

    /// Make a model, and remember what came of it.
    async fn attempt(
        &self,
        round: &Round<'_>,
        model: &Model,
        step: &ModelStep,
        own: bool,
    ) -> Result<ModelRun> {
        let started = Instant::now();
        let run_id = self.store.new_id();
        let made = self.try_make(round, model, step, own, &run_id).await;
        let seconds = started.elapsed().as_secs_f64();
        let failure = match made {
            Ok((made, versions)) => {
                if made.version.is_some() {
                    return self.published(round, model, &versions, &run_id, made, seconds).await;
                }
                self.lake.sweep(&model.name, &run_id).await?;
                return self.held_back(round, model, &run_id, made, seconds).await;
            }
            Err(Error::Cancelled) => {
                self.lake.sweep(&model.name, &run_id).await?;
                return Err(Error::Cancelled);
            }
            Err(error) => Failure::from(blamed(error, model)),
        };
        self.lake.sweep(&model.name, &run_id).await?;
        tracing::warn!(model = model.name, code = failure.code, reason = failure.detail.en, "model failed");
        let still = self.still(model, ModelState::Failed);
        let run = ModelRun { reason: Some(failure.detail), mode: step.mode, seconds, ..still };
        let row = history::row(run_id, model, &run, round.party, self.clock.now(), None)?;
        model_attempt::insert(self.store.db(), row).await?;
        Ok(run)
    }

    async fn try_make(
        &self,
        round: &Round<'_>,
        model: &Model,
        step: &ModelStep,
        own: bool,
        run_id: &str,
    ) -> Result<(Made, Versions)> {
        let snapshot = self.catalogue.snapshot();
        let current = snapshot.get(&model.name).and_then(|entry| entry.version);
        if model.file.is_some() && current.is_some() && !own {
            return Err(taken(&model.name));
        }
        if let Some(error) = self.loose(round.set, model) {
            return Err(error.into());
        }
        let versions = self.versions_for(model).ok_or_else(|| unknown(model))?;
        self.reload_standards().await?;
        let making = Making {
            model,
            versions: &versions,
            run_id,
            mode: step.mode,
            request: round.request,
            current,
            session: round.session,
            cancel: round.cancel,
        };
        let made = self.make(&making).await?;
        Ok((made, versions))
    }

    async fn held_back(
        &self,
        round: &Round<'_>,
        model: &Model,
        run_id: &str,
        made: Made,
        seconds: f64,
    ) -> Result<ModelRun> {
        let failing: Vec<&str> = made
            .verified
            .tests
            .iter()
            .filter(|test| test.holds_back())
            .map(|test| test.test.as_str())
            .collect();
        let reason = Text::new(
            format!("测试未通过，新版本未发布：{}", failing.join("；")),
            format!("tests failed, the new version is not published: {}", failing.join("; ")),
        );
        tracing::warn!(model = model.name, tests = failing.join("; "), "a test held a model back");
        let entry = EvidenceEntry {
            kind: "model.held_back".to_owned(),
            actor: round.party.account.clone(),
            subject: model.name.clone(),
            body: serde_json::json!({ "run": run_id, "rows": made.rows, "definition": model.digest,
                                      "tests": failing }),
        };
        let run = ModelRun {
            rows: Some(made.rows),
            mode: made.mode,
            seconds,
            reason: Some(reason),
            tests: made.verified.tests,
            ..self.still(model, ModelState::TestsFailed)
        };
        let newest = made.verified.newest;
        let row = history::row(run_id.to_owned(), model, &run, round.party, self.clock.now(), newest)?;
        let transaction = self.store.transaction().await?;
        model_attempt::insert(&transaction, row).await?;
        self.trust.evidence().record_in(&transaction, entry).await?;
        transaction.commit().await?;
        Ok(run)
    }

    /// Catalogue, run and evidence in one transaction.
    async fn published(
        &self,
        round: &Round<'_>,
        model: &Model,
        versions: &Versions,
        run_id: &str,
        made: Made,
        seconds: f64,
    ) -> Result<ModelRun> {
        let (now, rows, version) = (self.clock.now(), made.rows, made.version.unwrap_or_default());
        let table = self.lake.open(&model.name, version).await?;
        let inputs = versions.iter().map(|(name, version)| (name.clone(), *version as i64)).collect();
        let landed = Landed {
            dataset: described(model),
            columns: columns(model, &made.schema),
            version: NewVersion {
                dataset: model.name.clone(),
                version: version as i64,
                rows: rows as i64,
                bytes: table.bytes as i64,
                committed_at: now,
                run_id: Some(run_id.to_owned()),
                content_hash: None,
                inputs,
            },
            quarantined: 0,
            valid_share: None,
        };
        let stored = model_run::ModelRun {
            id: run_id.to_owned(),
            model: model.name.clone(),
            definition_hash: model.digest.clone(),
            inputs: serde_json::to_value(versions)?,
            output: model.name.clone(),
            output_version: version as i64,
            rows: rows as i64,
            seconds,
            finished_at: now,
        };
        let entry = EvidenceEntry {
            kind: "model.run".to_owned(),
            actor: round.party.account.clone(),
            subject: model.name.clone(),
            body: serde_json::json!({
                "run": run_id, "version": version, "rows": rows, "definition": model.digest, "inputs": versions,
                "mode": made.mode.name(),
            }),
        };
        let run = ModelRun {
            model: model.name.clone(),
            state: ModelState::Ran,
            mode: made.mode,
            version: made.version,
            rows: Some(rows),
            seconds,
            reason: None,
            tests: made.verified.tests,
        };
        let attempt = history::row(run_id.to_owned(), model, &run, round.party, now, made.verified.newest)?;
        let transaction = self.store.transaction().await?;
        self.record(&transaction, &landed).await?;
        grading::replace_origins(&transaction, &model.name, &made.origins).await?;
        model_run::insert(&transaction, stored).await?;
        model_attempt::insert(&transaction, attempt).await?;
        self.trust.evidence().record_in(&transaction, entry).await?;
        transaction.commit().await?;
        self.reload_catalogue().await?;
        tracing::info!(model = model.name, version, rows, seconds, mode = run.mode.name(), "model ran");
        Ok(run)
    }

    /// Test the version there is.
    async fn test(&self, model: &Model, session: Option<&Session>, cancel: &Cancel) -> Result<ModelRun> {
        let still = self.still(model, ModelState::Unchanged);
        let Some(version) = still.version else {
            return Ok(ModelRun { state: ModelState::Waiting, ..still });
        };
        let started = Instant::now();
        let table = self.lake.open(&model.name, version).await?;
        let mut verified = self.verify(model, &table, cancel).await?;
        if let Some(session) = session {
            self.exemplify(model, &table, &mut verified, session, cancel).await?;
        }
        let held = verified.tests.iter().find(|test| test.holds_back());
        let (state, reason) = match held {
            Some(test) => (
                ModelState::TestsFailed,
                Some(Text::new(
                    format!("现有版本未通过测试：{}", test.test),
                    format!("the version there is fails a test: {}", test.test),
                )),
            ),
            None => (ModelState::Unchanged, None),
        };
        let seconds = started.elapsed().as_secs_f64();
        Ok(ModelRun { state, reason, seconds, tests: verified.tests, ..still })
    }
}

/// Whether any test of these runs failed, or a model did.
#[must_use]
pub fn any_failure(runs: &[ModelRun]) -> bool {
    runs.iter().any(|run| run.state.is_failure() || run.tests.iter().any(TestOutcome::holds_back))
}

/// An SQL error inside a model is the model's fault, not the caller's.
pub(super) fn blamed(error: Error, model: &Model) -> Error {
    match (error, &model.file) {
        (error @ Error::Sql(_), Some(file)) => super::load::sql_error(model, &error).in_file(file).into(),
        (Error::Sql(fault), None) => Error::model(&model.name, fault.what.zh, fault.what.en),
        (Error::UnknownDataset { name, .. }, _) => Error::model(
            &model.name,
            format!("读取 {name}，但没有声明它"),
            format!("reads {name}, which it does not declare"),
        ),
        (other, _) => other,
    }
}

fn unknown(model: &Model) -> Error {
    Error::UnknownDataset { name: model.name.clone(), nearest: Vec::new() }
}

/// A model of the operator must not take the place of data that came another way.
fn taken(name: &str) -> Error {
    let failure = Failure::new(
        ErrorKind::Precondition,
        "warehouse/model-name-taken",
        format!("数据集 {name} 已存在，且不是由模型产生的，模型不能覆盖它。"),
        format!("Dataset {name} is there and was not made by a model; a model does not overwrite it."),
    );
    Error::Failure(failure.with_hint("给模型换一个表名。", "Give the model another name."))
}

fn described(model: &Model) -> NewDataset {
    NewDataset {
        name: model.name.clone(),
        title: model.title.clone(),
        description: model.description.clone(),
        owner: model.owner.clone(),
        side: model.side,
        zone: model.name.split('.').next().unwrap_or_default().to_owned(),
        grade: model.grade,
        restricted_by: model.restricted_by.clone(),
        source: model.source.clone(),
        licence: model.licence.clone(),
    }
}

fn columns(model: &Model, schema: &SchemaRef) -> Vec<NewColumn> {
    let documented = model.columns.iter().zip(schema.fields());
    documented
        .map(|(column, field)| NewColumn {
            name: column.name.clone(),
            data_type: field.data_type().to_string(),
            nullable: !model.keys.contains(&column.name),
            title: column.title.clone(),
            unit: column.unit.clone(),
            grade: column.grade,
        })
        .collect()
}
