//! What a run would do and why: which models are stale, how they would be made, how many rows to expect.

use super::tables::{BUILT_IN_ZONE, Versions};
use super::{Incremental, Model, ModelSet};
use crate::handle::Inner;
use crate::{Error, Result};
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::language::Text;
use brain_store::dataset;
use brain_store::model_run::ModelRun as Row;
use datafusion::common::ScalarValue;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What to run, and how.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ModelRequest {
    /// 选择，空为全部 · Which models, as in `+subject.enterprise tag:master`; all where left out.
    #[schemars(length(max = 4000))]
    pub select: String,
    /// 排除 · Which not.
    #[schemars(length(max = 4000))]
    pub exclude: String,
    /// 全量重算 · Make them anew although nothing changed, incremental ones from the beginning.
    pub full_refresh: bool,
    /// 回补起点（含） · Backfill: make rows from this value of the cursor column on.
    #[schemars(length(max = 100))]
    pub from: Option<String>,
    /// 回补终点（不含） · Backfill: make rows below this value.
    #[schemars(length(max = 100))]
    pub to: Option<String>,
    /// 未变的模型也测试 · Test models that did not change, too.
    pub build: bool,
}

impl ModelRequest {
    pub(super) fn is_backfill(&self) -> bool {
        self.from.is_some() || self.to.is_some()
    }
}

/// How a model is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MakeMode {
    /// 全量.
    Full,
    /// 增量: what is new takes its place among what is there.
    Incremental,
    /// 回补: one range of the cursor column is made again.
    Backfill,
}

impl MakeMode {
    /// Stable name, as stored.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Incremental => "incremental",
            Self::Backfill => "backfill",
        }
    }
}

/// What a run would do with a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// 过期: it would run.
    Stale,
    /// 最新: nothing it reads changed.
    Fresh,
    /// 等待: something it needs is not loaded.
    Waiting,
    /// 受阻: a model it reads is broken.
    Blocked,
}

/// A table a step reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StepInput {
    /// Dataset.
    pub dataset: String,
    /// Version now; none where it is not there.
    pub version: Option<u64>,
    /// Rows of it.
    pub rows: Option<u64>,
    /// Version at the last run.
    pub read_before: Option<u64>,
}

/// One model in a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ModelStep {
    /// Model.
    pub model: String,
    /// What a run would do.
    pub standing: Standing,
    /// How it would be made.
    pub mode: MakeMode,
    /// Why.
    pub reasons: Vec<Text>,
    /// What it reads.
    pub inputs: Vec<StepInput>,
    /// Rows of the version there is.
    pub rows: Option<u64>,
    /// 估计行数 · Rows to expect: the rows there are, grown as the inputs grew since; none before the first run.
    pub rows_estimate: Option<u64>,
}

/// A range of a cursor column to make again; an end left out is open.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Range {
    pub(super) column: String,
    pub(super) from: Option<ScalarValue>,
    pub(super) to: Option<ScalarValue>,
    /// Whether rows without a value belong to it.
    pub(super) missing: bool,
}

impl Inner {
    /// The steps of a request, in order.
    pub(super) async fn plan(
        &self,
        set: &ModelSet,
        chosen: &BTreeSet<String>,
        request: &ModelRequest,
        last: &BTreeMap<String, Row>,
    ) -> Result<Vec<ModelStep>> {
        let mut steps: Vec<ModelStep> = Vec::new();
        for model in set.models.iter().filter(|model| chosen.contains(&model.name)) {
            let step = self.step(set, model, &steps, request, last.get(&model.name)).await?;
            steps.push(step);
        }
        Ok(steps)
    }

    async fn step(
        &self,
        set: &ModelSet,
        model: &Model,
        earlier: &[ModelStep],
        request: &ModelRequest,
        before: Option<&Row>,
    ) -> Result<ModelStep> {
        let snapshot = self.catalogue.snapshot();
        let read_before: Versions =
            before.and_then(|run| serde_json::from_value(run.inputs.clone()).ok()).unwrap_or_default();
        let inputs: Vec<StepInput> = model
            .reads()
            .filter(|name| !name.starts_with(BUILT_IN_ZONE))
            .map(|name| StepInput {
                dataset: name.to_owned(),
                version: snapshot.get(name).and_then(|entry| entry.version),
                rows: snapshot.get(name).map(|entry| entry.rows),
                read_before: read_before.get(name).copied(),
            })
            .collect();
        let known = snapshot.get(&model.name);
        let version = known.and_then(|entry| entry.version);
        let mode = self.mode(model, request, before, version)?;
        let mut step = ModelStep {
            model: model.name.clone(),
            standing: Standing::Fresh,
            mode,
            reasons: Vec::new(),
            rows: known.map(|entry| entry.rows),
            rows_estimate: None,
            inputs,
        };
        if let Some(broken) = model.reads().find(|name| set.broken_names.contains(*name)) {
            step.standing = Standing::Blocked;
            step.reasons.push(Text::new(
                format!("它读取的 {broken} 的文件有误"),
                format!("the file of {broken}, which it reads, is broken"),
            ));
            return Ok(step);
        }
        let remade =
            |name: &str| earlier.iter().any(|step| step.model == name && step.standing == Standing::Stale);
        let missing = step
            .inputs
            .iter()
            .find(|input| {
                let name = input.dataset.as_str();
                input.version.is_none() && !model.optional.contains_key(name) && !remade(name)
            })
            .map(|input| input.dataset.clone());
        if let Some(missing) = missing {
            step.standing = Standing::Waiting;
            step.reasons
                .push(Text::new(format!("{missing} 尚未入仓"), format!("{missing} is not loaded yet")));
            return Ok(step);
        }
        let as_now =
            |name: &str, version: u64| snapshot.get(name).is_some_and(|entry| entry.is_as_now(version));
        step.reasons = reasons(model, request, before, version, &step.inputs, (remade, as_now));
        if !step.reasons.is_empty() {
            step.standing = Standing::Stale;
        }
        step.rows_estimate = self.estimate(&step).await?;
        Ok(step)
    }

    /// How a model would be made: a text that changed is made from the beginning.
    pub(super) fn mode(
        &self,
        model: &Model,
        request: &ModelRequest,
        before: Option<&Row>,
        version: Option<u64>,
    ) -> Result<MakeMode> {
        if request.is_backfill() {
            return match &model.incremental {
                Some(Incremental::Cursor { .. }) if version.is_some() => Ok(MakeMode::Backfill),
                Some(Incremental::Cursor { .. }) => Ok(MakeMode::Full),
                _ => Err(no_cursor(&model.name)),
            };
        }
        let unchanged = before.is_some_and(|run| run.definition_hash == model.digest);
        let grows = model.incremental.is_some() && unchanged && version.is_some() && !request.full_refresh;
        Ok(if grows { MakeMode::Incremental } else { MakeMode::Full })
    }

    async fn estimate(&self, step: &ModelStep) -> Result<Option<u64>> {
        let Some(rows) = step.rows else { return Ok(None) };
        if step.standing != Standing::Stale {
            return Ok(Some(rows));
        }
        let (mut now, mut then) = (0u64, 0u64);
        for input in &step.inputs {
            let Some(version) = input.read_before else { continue };
            let row = dataset::find_version(self.store.db(), &input.dataset, version as i64).await?;
            let Some(row) = row else { return Ok(None) };
            then = then.saturating_add(u64::try_from(row.rows).unwrap_or_default());
            now = now.saturating_add(input.rows.unwrap_or_default());
        }
        if then == 0 {
            return Ok(Some(rows));
        }
        let grown = u128::from(rows) * u128::from(now) / u128::from(then);
        Ok(u64::try_from(grown).ok())
    }
}

/// Why a model is stale; none where it is not.
fn reasons(
    model: &Model,
    request: &ModelRequest,
    before: Option<&Row>,
    version: Option<u64>,
    inputs: &[StepInput],
    (remade, as_now): (impl Fn(&str) -> bool, impl Fn(&str, u64) -> bool),
) -> Vec<Text> {
    let mut reasons = Vec::new();
    let mut say = |zh: String, en: String| reasons.push(Text::new(zh, en));
    if request.full_refresh {
        say("要求全量重算".into(), "a full refresh was asked for".into());
    }
    if request.is_backfill() {
        say("要求回补".into(), "a backfill was asked for".into());
    }
    let Some(before) = before else {
        say("还没有运行过".into(), "it never ran".into());
        return reasons;
    };
    if before.definition_hash != model.digest {
        say("模型文本已改".into(), "its text changed".into());
    }
    if version.is_none_or(|version| version as i64 != before.output_version) {
        say("产出的版本不是它的".into(), "the version of its table is not its own".into());
    }
    for input in inputs {
        let name = &input.dataset;
        if remade(name) {
            say(format!("{name} 将先重算"), format!("{name} is made before it"));
        } else if input.version != input.read_before
            && !input.read_before.is_some_and(|version| as_now(name, version))
        {
            let number =
                |version: Option<u64>| version.map_or_else(|| "—".to_owned(), |version| version.to_string());
            let (then, now) = (number(input.read_before), number(input.version));
            say(
                format!("{name} 由版本 {then} 变为 {now}"),
                format!("{name} went from version {then} to {now}"),
            );
        }
    }
    reasons
}

fn no_cursor(model: &str) -> Error {
    let failure = Failure::new(
        ErrorKind::InvalidArgument,
        "warehouse/model-no-cursor",
        format!("模型 {model} 没有增量游标列，不能回补。"),
        format!("Model {model} has no cursor column, so no range of it can be made again."),
    );
    Error::Failure(failure.with_hint(
        "在文件中写 `-- incremental: cursor 列名`，或用 --full-refresh。",
        "Write `-- incremental: cursor <column>` in its file, or use --full-refresh.",
    ))
}
