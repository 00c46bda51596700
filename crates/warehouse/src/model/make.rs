//! Making one model: plan, run, test, publish. Until the commit nothing of it is in any version.

use super::plan::{MakeMode, ModelRequest, Range};
use super::tables::{BUILT_IN_ZONE, Versions};
use super::verify::Verified;
use super::{Incremental, Model};
use crate::grading::lineage;
use crate::handle::Inner;
use crate::lake::commit::{Change, Note, StagedFile};
use crate::lake::read::{TableAt, as_plain, plain};
use crate::query::Session;
use crate::query::fault::placed;
use crate::query::stack::deep;
use crate::query::statement;
use crate::{Error, Result};
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::progress::Cancel;
use brain_store::grading::ColumnOrigin;
use datafusion::arrow::datatypes::{DataType, SchemaRef};
use datafusion::common::{Column, JoinType, ScalarValue};
use datafusion::datasource::provider_as_source;
use datafusion::error::DataFusionError;
use datafusion::execution::SessionState;
use datafusion::functions_aggregate::expr_fn::max;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, lit};
use datafusion::physical_plan::{collect, execute_stream};
use futures::StreamExt;
use std::sync::Arc;

/// Name the version there is goes by in the plans below.
const CURRENT: &str = "current";
/// Name the new rows go by.
const NEW: &str = "new";

/// How one model is to be made.
pub(super) struct Making<'r> {
    pub(super) model: &'r Model,
    pub(super) versions: &'r Versions,
    pub(super) run_id: &'r str,
    pub(super) mode: MakeMode,
    pub(super) request: &'r ModelRequest,
    /// Version of the table there is.
    pub(super) current: Option<u64>,
    /// Who may look at rows that fail a test.
    pub(super) session: Option<&'r Session>,
    pub(super) cancel: &'r Cancel,
}

/// What was made.
pub(super) struct Made {
    /// Version published; none where a test held it back.
    pub(super) version: Option<u64>,
    pub(super) rows: u64,
    pub(super) mode: MakeMode,
    pub(super) schema: SchemaRef,
    pub(super) origins: Vec<ColumnOrigin>,
    pub(super) verified: Verified,
}

impl Inner {
    /// Plan, run, test and commit. What is staged is left to the caller to sweep where this does not publish.
    pub(super) async fn make(&self, making: &Making<'_>) -> Result<Made> {
        self.made(making).await.map_err(|error| match error {
            Error::Memory { .. } => Error::Memory { limit_mib: self.options.memory_limit_mib },
            other => other,
        })
    }

    async fn made(&self, making: &Making<'_>) -> Result<Made> {
        let Making { model, versions, run_id, cancel, .. } = making;
        let tables = self.model_tables(model, versions).await?;
        let state = self.engine.state(tables, self.options.memory_limit_mib)?;
        let plan = planned(&state, model).await?;
        let sources = lineage::sources(&plan);
        let (mode, range, current) = self.increment(making, &state, &plan).await?;
        let plan = match &range {
            Some(range) => LogicalPlanBuilder::from(plan).filter(inside(range))?.build()?,
            None => plan,
        };
        let physical = deep(state.create_physical_plan(&plan)).await?;
        let schema = plain(&physical.schema());
        documented(model, &schema)?;
        let now_ms = self.clock.now().timestamp_millis();
        let stream = watched(execute_stream(physical, state.task_ctx())?, &schema, cancel);
        let new = self.lake.write(&model.name, &schema, stream, (run_id, 0), now_ms).await?;
        let mut files = vec![new];
        if let Some(current) = &current {
            let kept = self.kept(making, &state, &schema, current, range.as_ref(), &files).await?;
            files.extend(kept);
        }
        let rows = files.iter().map(|file| file.rows).sum();
        let staged = self.lake.staged(&model.name, &schema, &files)?;
        let mut verified = self.verify(model, &staged, cancel).await?;
        if verified.holds_back() {
            if let Some(session) = making.session {
                self.exemplify(model, &staged, &mut verified, session, cancel).await?;
            }
            let origins = origins(model, &sources);
            return Ok(Made { version: None, rows, mode, schema, origins, verified });
        }
        if cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        let note = Note { run_id: (*run_id).to_owned(), content_hash: String::new(), sources: Vec::new() };
        let version = self.lake.commit(&model.name, &schema, &files, Change::Replace, &note).await?;
        Ok(Made { version: Some(version), rows, mode, schema, origins: origins(model, &sources), verified })
    }

    /// What of the table is made anew, and what of it may stay. A table of another shape is made from the beginning.
    async fn increment(
        &self,
        making: &Making<'_>,
        state: &SessionState,
        plan: &LogicalPlan,
    ) -> Result<(MakeMode, Option<Range>, Option<Arc<TableAt>>)> {
        let (Some(version), Some(rule)) = (making.current, &making.model.incremental) else {
            return Ok((MakeMode::Full, None, None));
        };
        if making.mode == MakeMode::Full {
            return Ok((MakeMode::Full, None, None));
        }
        let current = self.lake.open(&making.model.name, version).await?;
        let shape = Arc::new(plan.schema().as_arrow().clone());
        if plain(&shape) != plain(&current.schema) {
            return Ok((MakeMode::Full, None, None));
        }
        let Incremental::Cursor { column } = rule else {
            return Ok((making.mode, None, Some(current)));
        };
        if making.mode == MakeMode::Backfill {
            let field = shape.field_with_name(column).map_err(DataFusionError::from)?;
            let bound = |text: &Option<String>| {
                text.as_deref().map(|text| bound(text, field.data_type())).transpose()
            };
            let (from, to) = (bound(&making.request.from)?, bound(&making.request.to)?);
            let range = Range { column: column.clone(), from, to, missing: false };
            return Ok((MakeMode::Backfill, Some(range), Some(current)));
        }
        let newest = greatest(state, &current, column).await?;
        if newest.is_null() {
            return Ok((MakeMode::Full, None, None));
        }
        let range = Range { column: column.clone(), from: Some(newest), to: None, missing: true };
        Ok((MakeMode::Incremental, Some(range), Some(current)))
    }

    /// Rows of the version there is that stay: those outside the range made anew, without those of the same keys.
    async fn kept(
        &self,
        making: &Making<'_>,
        state: &SessionState,
        schema: &SchemaRef,
        current: &TableAt,
        range: Option<&Range>,
        files: &[StagedFile],
    ) -> Result<Option<StagedFile>> {
        let model = making.model;
        let scan = |name: &str, table: &TableAt| {
            LogicalPlanBuilder::scan(name, provider_as_source(Arc::clone(&table.provider)), None)
        };
        let mut kept = scan(CURRENT, current)?;
        if let Some(range) = range {
            kept = kept.filter(outside(range))?;
        }
        if !model.keys.is_empty() {
            let staged = self.lake.staged(&model.name, schema, files)?;
            let of = |table: &str| -> Vec<Column> {
                model.keys.iter().map(|key| Column::new(Some(table), key.as_str())).collect()
            };
            let new = scan(NEW, &staged)?.build()?;
            kept = kept.join(new, JoinType::LeftAnti, (of(CURRENT), of(NEW)), None)?;
        }
        let physical = state.create_physical_plan(&kept.build()?).await?;
        let stream = watched(execute_stream(physical, state.task_ctx())?, schema, making.cancel);
        let now_ms = self.clock.now().timestamp_millis();
        let file = self.lake.write(&model.name, schema, stream, (making.run_id, 1), now_ms).await?;
        Ok(Some(file))
    }
}

/// The plan of a model's query; an error in it is the model's.
pub(super) async fn planned(state: &SessionState, model: &Model) -> Result<LogicalPlan> {
    let planning = async {
        let parsed = statement::parse(state, &model.sql)?;
        let plan = state.statement_to_plan(parsed).await.map_err(placed)?;
        statement::check_plan(&plan)?;
        Ok(plan)
    };
    deep(planning).await
}

/// Whether the query makes the columns the front matter documents, in order.
pub(super) fn documented(model: &Model, schema: &SchemaRef) -> Result<()> {
    let made: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    let told: Vec<&str> = model.columns.iter().map(|column| column.name.as_str()).collect();
    if made == told {
        return Ok(());
    }
    Err(Error::model(
        &model.name,
        format!("查询得到的列是 {made:?}，文件头说明的列是 {told:?}"),
        format!("the query makes columns {made:?}, the front matter documents {told:?}"),
    ))
}

fn watched<'s>(
    stream: datafusion::execution::SendableRecordBatchStream,
    schema: &SchemaRef,
    cancel: &'s Cancel,
) -> impl futures::Stream<Item = Result<datafusion::arrow::array::RecordBatch>> + use<'s> {
    let target = SchemaRef::clone(schema);
    stream.map(move |batch| {
        if cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        as_plain(&batch?, &target)
    })
}

async fn greatest(state: &SessionState, table: &TableAt, column: &str) -> Result<ScalarValue> {
    let scan = LogicalPlanBuilder::scan(CURRENT, provider_as_source(Arc::clone(&table.provider)), None)?;
    let plan = scan.aggregate(Vec::<Expr>::new(), vec![max(named(column))])?.build()?;
    let physical = state.create_physical_plan(&plan).await?;
    let batches = collect(physical, state.task_ctx()).await?;
    match batches.iter().find(|batch| batch.num_rows() > 0 && batch.num_columns() > 0) {
        Some(batch) => Ok(ScalarValue::try_from_array(batch.column(0), 0)?),
        None => Ok(ScalarValue::Null),
    }
}

/// An end of a backfill in the type of its column.
fn bound(text: &str, kind: &DataType) -> Result<ScalarValue> {
    let value = ScalarValue::try_from_string(text.to_owned(), kind).ok().filter(|value| !value.is_null());
    value.ok_or_else(|| {
        let failure = Failure::new(
            ErrorKind::InvalidArgument,
            "warehouse/model-range",
            format!("回补的起止 {text:?} 不是 {kind} 类型的值。"),
            format!("The end {text:?} of the backfill is no value of type {kind}."),
        );
        Error::Failure(
            failure
                .with_hint("日期写作 2026-01-31，数写作 42。", "Write a day as 2026-01-31, a number as 42."),
        )
    })
}

fn named(column: &str) -> Expr {
    Expr::Column(Column::from_name(column))
}

/// Rows of the range.
fn inside(range: &Range) -> Expr {
    let column = || named(&range.column);
    let above = range.from.clone().map(|from| column().gt_eq(lit(from)));
    let below = range.to.clone().map(|to| column().lt(lit(to)));
    let within = [above, below].into_iter().flatten().reduce(Expr::and);
    let within = within.unwrap_or_else(|| column().is_not_null());
    if range.missing { within.or(column().is_null()) } else { within }
}

/// All other rows.
fn outside(range: &Range) -> Expr {
    let column = || named(&range.column);
    let below = range.from.clone().map(|from| column().lt(lit(from)));
    let above = range.to.clone().map(|to| column().gt_eq(lit(to)));
    let beyond = [below, above].into_iter().flatten().reduce(Expr::or);
    let beyond = beyond.unwrap_or_else(|| lit(false));
    if range.missing { beyond } else { beyond.or(column().is_null()) }
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
