//! Running the stale models.

use super::tables::{BUILT_IN_ZONE, Versions};
use super::{Model, builtin};
use crate::catalogue::record::Landed;
use crate::grading::lineage;
use crate::handle::Inner;
use crate::lake::commit::Note;
use crate::{Error, Result, Warehouse};
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::party::{Party, Role};
use brain_kernel::progress::{Cancel, Progress};
use brain_store::dataset::{NewColumn, NewDataset, NewVersion};
use brain_store::grading::{self, ColumnOrigin};
use brain_store::model_run;
use brain_trust::EvidenceEntry;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::physical_plan::execute_stream;
use futures::StreamExt;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Instant;

/// What became of a model in a refresh.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ModelState {
    /// It was stale and made a new version.
    Ran,
    /// Nothing it reads has changed.
    Unchanged,
    /// Something it needs is not loaded yet.
    Waiting,
}

/// One model in a refresh.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ModelRun {
    /// Model and dataset name.
    pub model: String,
    /// What became of it.
    pub state: ModelState,
    /// Version of the dataset afterwards.
    pub version: Option<u64>,
    /// Rows of that version.
    pub rows: Option<u64>,
    /// Seconds the run took; 0 where there was none.
    pub seconds: f64,
}

impl Warehouse {
    /// The models there are, each after those it reads.
    pub fn models(&self) -> Result<Vec<Model>> {
        builtin::models()
    }

    /// Run every stale model in order. Progress counts models; a cancelled refresh keeps what is finished.
    pub async fn refresh_models(
        &self,
        party: &Party,
        progress: Progress,
        cancel: Cancel,
    ) -> Result<Vec<ModelRun>> {
        if !matches!(party.role, Role::SystemAdministrator | Role::Government | Role::IndustryBody) {
            return Err(Error::Failure(Failure::new(
                ErrorKind::Forbidden,
                "warehouse/models-not-allowed",
                "只有系统管理员、政府用户和行业组织可以刷新模型。",
                "Only system administrators, government users and industry bodies may refresh models.",
            )));
        }
        let inner = &self.inner;
        let _turn = inner.models.lock().await;
        let models = builtin::models()?;
        progress.set_total(models.len() as u64);
        let last = model_run::latest(inner.store.db()).await?;
        let mut runs = Vec::with_capacity(models.len());
        for model in models {
            if cancel.is_cancelled() {
                return Err(Error::Cancelled);
            }
            let before = last.iter().find(|run| run.model == model.name);
            let run = inner.refresh(&model, before, party, &cancel).await?;
            // A check that fails does not undo the model; the dataset can be checked again.
            if run.state == ModelState::Ran
                && let Err(error) = inner.check_landed(&model.name, "model", &cancel).await
            {
                tracing::warn!(model = model.name, %error, "quality not checked after the model");
            }
            runs.push(run);
            progress.add(1);
        }
        Ok(runs)
    }
}

impl Inner {
    async fn refresh(
        &self,
        model: &Model,
        before: Option<&model_run::ModelRun>,
        party: &Party,
        cancel: &Cancel,
    ) -> Result<ModelRun> {
        let known = self.catalogue.snapshot().get(&model.name).cloned();
        let (version, rows) =
            (known.as_ref().and_then(|entry| entry.version), known.as_ref().map(|entry| entry.rows));
        let still = |state| ModelRun { model: model.name.clone(), state, version, rows, seconds: 0.0 };
        let Some(versions) = self.versions_for(model) else { return Ok(still(ModelState::Waiting)) };
        let inputs = serde_json::to_value(&versions)?;
        let unchanged = before.is_some_and(|run| {
            run.definition_hash == model.digest
                && run.inputs == inputs
                && version.is_some_and(|version| version as i64 == run.output_version)
        });
        if unchanged {
            return Ok(still(ModelState::Unchanged));
        }
        self.reload_standards().await?;
        let started = Instant::now();
        let run_id = self.store.new_id();
        let (version, rows, schema, origins) = match self.make(model, &versions, &run_id, cancel).await {
            Ok(made) => made,
            Err(error) => {
                self.lake.sweep(&model.name, &run_id)?;
                return Err(blamed(error, model));
            }
        };
        let seconds = started.elapsed().as_secs_f64();
        self.remember(model, &versions, &run_id, party, (version, rows, seconds), &schema, &origins).await?;
        tracing::info!(model = model.name, version, rows, seconds, "model ran");
        Ok(ModelRun {
            model: model.name.clone(),
            state: ModelState::Ran,
            version: Some(version),
            rows: Some(rows),
            seconds,
        })
    }

    /// Plan, run and commit; returns version, rows, schema and where each column comes from.
    async fn make(
        &self,
        model: &Model,
        versions: &Versions,
        run_id: &str,
        cancel: &Cancel,
    ) -> Result<(u64, u64, SchemaRef, Vec<ColumnOrigin>)> {
        let tables = self.model_tables(model, versions).await?;
        let state = self.engine.state(tables, self.options.memory_limit_mib)?;
        let plan = state.create_logical_plan(&model.sql).await?;
        let sources = lineage::sources(&plan);
        let physical = state.create_physical_plan(&plan).await?;
        let schema = crate::lake::read::plain(&physical.schema());
        let made: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        let told: Vec<&str> = model.columns.iter().map(|column| column.name.as_str()).collect();
        if made != told {
            let reason = format!("the query makes columns {made:?}, the front matter documents {told:?}");
            return Err(Error::Model { model: model.name.clone(), reason });
        }
        let target = SchemaRef::clone(&schema);
        let batches = execute_stream(physical, state.task_ctx())?.map(move |batch| {
            if cancel.is_cancelled() {
                return Err(Error::Cancelled);
            }
            crate::lake::read::as_plain(&batch?, &target)
        });
        let note = Note { run_id: run_id.to_owned(), content_hash: String::new(), sources: Vec::new() };
        let now_ms = self.clock.now().timestamp_millis();
        let (version, rows) = self.lake.overwrite(&model.name, &schema, batches, &note, now_ms).await?;
        Ok((version, rows, schema, origins(model, &sources)))
    }

    /// Catalogue, run and evidence in one transaction.
    #[expect(clippy::too_many_arguments, reason = "what one run of a model leaves")]
    async fn remember(
        &self,
        model: &Model,
        versions: &Versions,
        run_id: &str,
        party: &Party,
        (version, rows, seconds): (u64, u64, f64),
        schema: &SchemaRef,
        origins: &[ColumnOrigin],
    ) -> Result<()> {
        let now = self.clock.now();
        let table = self.lake.open(&model.name, version).await?;
        let inputs = versions.iter().map(|(name, version)| (name.clone(), *version as i64)).collect();
        let landed = Landed {
            dataset: described(model),
            columns: columns(model, schema),
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
        let run = model_run::ModelRun {
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
            actor: party.account.clone(),
            subject: model.name.clone(),
            body: serde_json::json!({
                "run": run_id, "version": version, "rows": rows, "definition": model.digest, "inputs": versions,
            }),
        };
        let transaction = self.store.transaction().await?;
        self.record(&transaction, &landed).await?;
        grading::replace_origins(&transaction, &model.name, origins).await?;
        model_run::insert(&transaction, run).await?;
        self.trust.evidence().record_in(&transaction, entry).await?;
        transaction.commit().await?;
        self.reload_catalogue().await
    }
}

/// Where each documented column comes from; dictionaries of the program carry no label.
fn origins(model: &Model, sources: &[lineage::Sources]) -> Vec<ColumnOrigin> {
    let columns = model.columns.iter().zip(sources);
    columns
        .flat_map(|(column, sources)| {
            sources.iter().filter(|(table, _)| !table.starts_with(BUILT_IN_ZONE)).map(
                move |(table, origin)| ColumnOrigin {
                    dataset: model.name.clone(),
                    column_name: column.name.clone(),
                    input: table.clone(),
                    input_column: origin.clone(),
                },
            )
        })
        .collect()
}

/// An SQL error inside a model is the model's fault, not the caller's.
fn blamed(error: Error, model: &Model) -> Error {
    match error {
        Error::Sql { message, .. } => Error::Model { model: model.name.clone(), reason: message },
        Error::UnknownDataset { name, .. } => Error::Model {
            model: model.name.clone(),
            reason: format!("reads {name}, which it does not declare"),
        },
        other => other,
    }
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
