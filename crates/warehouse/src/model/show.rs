//! What people see of the models: order, health, tests, last attempts.

use super::history::AttemptCard;
use super::plan::{ModelRequest, ModelStep, Standing};
use super::rule::Age;
use super::{Incremental, Model, ModelError};
use crate::handle::Inner;
use crate::{Error, Result, Warehouse};
use brain_kernel::grade::Grade;
use brain_kernel::language::Text;
use brain_kernel::side::DataSide;
use brain_store::{PageRequest, model_attempt};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Attempts shown of one model.
const ATTEMPTS: u64 = 20;

/// How a model is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ModelHealth {
    /// 最新.
    Fresh,
    /// 过期: a run would make it anew.
    Stale,
    /// 等待: something it needs is not loaded.
    Waiting,
    /// 受阻: a model it reads is broken.
    Blocked,
    /// 失败: its last attempt failed or a test held it back; the version before stays.
    Failing,
}

/// A model in the list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ModelCard {
    /// Model and dataset name.
    pub name: String,
    /// Title.
    pub title: Text,
    /// What the table holds.
    pub description: Text,
    /// Who owns it.
    pub owner: String,
    /// Public, industry or enterprise data.
    pub side: DataSide,
    /// Grade of the table.
    pub grade: Grade,
    /// `standard`, `subject`, `topic/industry` or `topic/business`.
    pub place: String,
    /// File in the data folder; none for the models of the program.
    pub file: Option<String>,
    /// Words to select it by.
    pub tags: Vec<String>,
    /// Columns that identify a row.
    pub keys: Vec<String>,
    /// Tables it needs.
    pub inputs: Vec<String>,
    /// Tables it uses where they are there.
    pub optional: Vec<String>,
    /// Cursor column or `key`, where it is made incrementally.
    pub incremental: Option<String>,
    /// Its tests as written.
    pub tests: Vec<String>,
    /// How it is.
    pub health: ModelHealth,
    /// Why.
    pub reasons: Vec<Text>,
    /// Version there is.
    pub version: Option<u64>,
    /// Rows of it.
    pub rows: Option<u64>,
    /// How old it is against what it may be; none without a rule or a first run.
    pub age: Option<Age>,
    /// What that age counts from.
    pub newest: Option<DateTime<Utc>>,
    /// Its last attempt.
    pub last: Option<AttemptCard>,
}

/// Every model of a node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ModelList {
    /// Each after those it reads.
    pub models: Vec<ModelCard>,
    /// Files that cannot be used.
    pub broken: Vec<ModelError>,
}

/// A column as documented.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ModelColumnCard")]
pub struct DocumentedColumn {
    /// Name.
    pub name: String,
    /// Meaning.
    pub title: Text,
    /// Grade as documented.
    pub grade: Grade,
    /// Unit of the numbers.
    pub unit: Option<String>,
}

/// One model with its query and its history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ModelDetail {
    /// As in the list.
    pub card: ModelCard,
    /// Columns made, in order.
    pub columns: Vec<DocumentedColumn>,
    /// The query.
    pub sql: String,
    /// Models and others that read it, as far as models tell.
    pub read_by: Vec<String>,
    /// Its last attempts, newest first.
    pub attempts: Vec<AttemptCard>,
}

impl Warehouse {
    /// Every model, each after those it reads, with its health.
    pub async fn model_list(&self, select: &str, exclude: &str) -> Result<ModelList> {
        let set = self.inner.reload_models()?;
        let chosen = super::select::chosen(&set.models, select, exclude)?;
        let models = self.inner.cards(&chosen).await?;
        Ok(ModelList { models, broken: set.broken.clone() })
    }

    /// One model.
    pub async fn model_show(&self, name: &str) -> Result<ModelDetail> {
        let set = self.inner.reload_models()?;
        let unknown = || {
            let names: Vec<String> = set.models.iter().map(|model| model.name.clone()).collect();
            Error::UnknownDataset {
                name: name.to_owned(),
                nearest: crate::query::nearest::nearest(name, &names),
            }
        };
        let model = set.find(name).ok_or_else(unknown)?;
        let only = BTreeSet::from([model.name.clone()]);
        let card = self.inner.cards(&only).await?.pop().ok_or_else(unknown)?;
        let attempts = self.model_runs(Some(name), PageRequest::new(1, ATTEMPTS)).await?.items;
        let columns = model.columns.iter().map(|column| DocumentedColumn {
            name: column.name.clone(),
            title: column.title.clone(),
            grade: column.grade,
            unit: column.unit.clone(),
        });
        let readers = set.models.iter().filter(|other| other.reads().any(|read| read == name));
        Ok(ModelDetail {
            columns: columns.collect(),
            sql: model.sql.clone(),
            read_by: readers.map(|other| other.name.clone()).collect(),
            attempts,
            card,
        })
    }
}

impl Inner {
    /// Cards of some models, in order.
    pub(super) async fn cards(&self, chosen: &BTreeSet<String>) -> Result<Vec<ModelCard>> {
        let set = self.model_set();
        let steps = self.plan(&set, chosen, &ModelRequest::default(), &self.last_runs().await?).await?;
        let mut attempts = BTreeMap::new();
        for row in model_attempt::latest(self.store.db()).await? {
            attempts.insert(row.model.clone(), AttemptCard::of(row)?);
        }
        let models = set.models.iter().filter(|model| chosen.contains(&model.name));
        Ok(models
            .zip(steps)
            .map(|(model, step)| self.card(model, step, attempts.remove(&model.name)))
            .collect())
    }

    fn card(&self, model: &Model, step: ModelStep, last: Option<AttemptCard>) -> ModelCard {
        let newest = self.newest(model, last.as_ref());
        let now = self.clock.now();
        let age = model
            .freshness
            .as_ref()
            .zip(newest)
            .map(|(freshness, newest)| freshness.judge(now.signed_duration_since(newest)));
        let failed = last.as_ref().filter(|last| last.state != "ran");
        let health = match (failed, step.standing) {
            (_, Standing::Blocked) => ModelHealth::Blocked,
            (_, Standing::Waiting) => ModelHealth::Waiting,
            (_, Standing::Fresh) => ModelHealth::Fresh,
            (Some(_), Standing::Stale) => ModelHealth::Failing,
            (None, Standing::Stale) => ModelHealth::Stale,
        };
        let why = failed.and_then(|last| last.reason.clone());
        let reasons =
            why.filter(|_| health == ModelHealth::Failing).into_iter().chain(step.reasons).collect();
        let known = self.catalogue.snapshot();
        let known = known.get(&model.name);
        ModelCard {
            name: model.name.clone(),
            title: model.title.clone(),
            description: model.description.clone(),
            owner: model.owner.clone(),
            side: model.side,
            grade: model.grade,
            place: model.place.clone(),
            file: model.file.clone(),
            tags: model.tags.clone(),
            keys: model.keys.clone(),
            inputs: model.inputs.clone(),
            optional: model.optional.keys().cloned().collect(),
            incremental: model.incremental.as_ref().map(|rule| match rule {
                Incremental::Key => "key".to_owned(),
                Incremental::Cursor { column } => column.clone(),
            }),
            tests: model.tests.iter().map(|test| test.text.clone()).collect(),
            health,
            reasons,
            version: known.and_then(|entry| entry.version),
            rows: known.map(|entry| entry.rows),
            age,
            newest,
            last,
        }
    }

    /// What the age of a model counts from: its newest value as of the last attempt, or the newest commit it reads.
    fn newest(&self, model: &Model, last: Option<&AttemptCard>) -> Option<DateTime<Utc>> {
        let freshness = model.freshness.as_ref()?;
        if freshness.column.is_some() {
            return last?.newest;
        }
        let snapshot = self.catalogue.snapshot();
        model.reads().filter_map(|name| snapshot.get(name)).map(|entry| entry.updated_at).max()
    }
}
