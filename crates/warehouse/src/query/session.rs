//! A party's session: SQL and tables, each under a grant.

use super::catalog::{DoorCatalog, Opened, Prepared, Visit};
use super::fault::placed;
use super::nearest::nearest;
use super::stack::{deep, with_room};
use super::statement;
use super::stream::{Bounds, QueryStream};
use crate::catalogue::entry::Entry;
use crate::distributed::EMBEDDED;
use crate::engine::{CATALOG, DEFAULT_ZONE};
use crate::handle::Inner;
use crate::lake::read::TableAt;
use crate::{Error, Result, Warehouse};
use brain_kernel::party::Party;
use brain_kernel::progress::Cancel;
use brain_kernel::provenance::Input;
use brain_trust::{AccessOrigin, Action, EvidenceEntry};
use datafusion::arrow::array::{ArrayRef, AsArray as _, RecordBatch, StringArray};
use datafusion::arrow::datatypes::Int64Type;
use datafusion::common::ScalarValue;
use datafusion::common::{Column, TableReference};
use datafusion::datasource::provider_as_source;
use datafusion::error::DataFusionError;
use datafusion::execution::{SendableRecordBatchStream, SessionState};
use datafusion::functions_aggregate::expr_fn::count;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, lit};
use datafusion::physical_plan::execute_stream;
use datafusion::physical_plan::memory::MemoryStream;
use datafusion::sql::parser::Statement;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Characters of a statement kept as evidence of an export.
const EVIDENCE_CHARACTERS_MAX: usize = 2_000;

/// What one query may use; each limit is clipped to the node's own, and absent means the node's own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct QueryLimits {
    /// Rows left out at the beginning; they count towards the most a query may return.
    pub skip: Option<u64>,
    /// Most rows returned; more rows set [`QueryStream::has_more`].
    pub rows: Option<u64>,
    /// Longest time, seconds, planning and reading together.
    pub seconds: Option<u64>,
    /// Most memory, MiB; beyond it sorts, joins and aggregates spill to disk.
    pub memory_mib: Option<u64>,
}

/// The only way to rows: what one party may see for one purpose. Cheap to make; make one per request.
///
/// Every statement resolves its grants anew, so a revoked or expired grant refuses the next read.
///
/// A session leaves one audit record of what it read or was refused. Rows of a stream come only when the beginning is
/// on disk; in a session that is [held](Self::held), whoever made it hands rows on only after [`finish`](Self::finish).
#[derive(Debug, Clone)]
pub struct Session {
    visit: Arc<Visit>,
    read: Arc<Mutex<BTreeSet<Input>>>,
    held: bool,
}

impl Warehouse {
    /// A session for `party`, whose reads serve `purpose` (for example `sql` or a component's id).
    pub fn session(&self, party: &Party, purpose: &str) -> Session {
        Session {
            visit: Visit::new(Arc::clone(&self.inner), party.clone(), purpose.to_owned()),
            read: Arc::default(),
            held: false,
        }
    }
}

impl Session {
    /// The same session for another action: rows computed on or taken out need what that action needs.
    #[must_use]
    pub fn acting(&self, action: Action) -> Self {
        self.with_visit(self.visit.acting(action))
    }

    /// The same session coming from elsewhere than the node itself.
    #[must_use]
    pub fn coming_from(&self, origin: AccessOrigin) -> Self {
        self.with_visit(self.visit.coming_from(origin))
    }

    /// The same session, whose rows stay with its maker until [`finish`](Self::finish) has returned: one record with
    /// the number of rows takes the place of a beginning and an end.
    #[must_use]
    pub fn held(&self) -> Self {
        self.visit.access.hold();
        Self { held: true, ..self.clone() }
    }

    /// Keep the caller's own statement in the record.
    #[must_use]
    pub fn stating(&self, statement: &str) -> Self {
        self.visit.access.state(statement);
        self.clone()
    }

    /// The record of the session is on disk when this returns; nothing may be handed on when it fails.
    pub async fn finish(&self) -> Result<()> {
        self.finish_with(None).await
    }

    /// [`finish`](Self::finish) of what failed with this code, or did not.
    pub async fn finish_with(&self, failure: Option<&'static str>) -> Result<()> {
        self.visit.access.finish(failure).await.map_err(Error::passed)
    }

    /// Run one read: `SELECT`, `WITH`, `EXPLAIN`, `SHOW TABLES` or `DESCRIBE`.
    ///
    /// A table is named `zone.table`; `subject."enterprise@3"` is version 3 of it.
    pub async fn sql(&self, sql: &str, limits: QueryLimits, cancel: Cancel) -> Result<QueryStream> {
        self.sql_with(sql, Vec::new(), limits, cancel).await
    }

    /// [`Session::sql`] with bound values; see [`Session::query`].
    pub(super) async fn sql_with(
        &self,
        sql: &str,
        values: Vec<ScalarValue>,
        limits: QueryLimits,
        cancel: Cancel,
    ) -> Result<QueryStream> {
        let bounds = self.bounds(limits);
        let work = self.run(sql, values, &bounds, cancel.clone());
        self.told(within(&bounds, &cancel, work).await)
    }

    /// The same outcome, a failure noted for the record.
    pub(crate) fn told<T>(&self, outcome: Result<T>) -> Result<T> {
        self.visit.access.touch();
        outcome.inspect_err(|error| self.visit.access.failed(error.code()))
    }

    /// Who asks.
    pub(crate) fn party(&self) -> &Party {
        &self.visit.party
    }

    /// For what.
    pub(crate) fn purpose(&self) -> &str {
        &self.visit.purpose
    }

    /// All rows of a part of a dataset that was picked out before, as the party may see them.
    pub(crate) async fn rows_of(&self, part: &TableAt, cancel: Cancel) -> Result<QueryStream> {
        let bounds = self.bounds(QueryLimits::default());
        let work = async {
            let opened = self.visit.open_part(part)?;
            self.picked(part, opened, &bounds, cancel.clone()).await
        };
        self.told(within(&bounds, &cancel, work).await)
    }

    /// Rows that are in no version yet, as the party may see them of a dataset so described.
    pub(crate) async fn unpublished_rows(
        &self,
        part: &TableAt,
        entry: &Entry,
        cancel: Cancel,
    ) -> Result<QueryStream> {
        let bounds = self.bounds(QueryLimits::default());
        let work = async {
            let opened = self.visit.open_part_of(part, entry)?;
            self.picked(part, opened, &bounds, cancel.clone()).await
        };
        self.told(within(&bounds, &cancel, work).await)
    }

    /// The same session under one grant alone, whatever else the party holds.
    #[must_use]
    pub(crate) fn under(&self, grant: &str) -> Self {
        self.with_visit(self.visit.under(grant))
    }

    /// What the party may see of a dataset now: its grant, whose masks say which columns are hidden.
    pub(crate) fn granted(&self, dataset: &str) -> Result<brain_trust::Grant> {
        self.told(self.grant_of(dataset)).map(|(_, grant)| grant)
    }

    /// Rows of a part of a dataset for another node, as the party may see them: all of them, however many and however
    /// long it takes.
    pub(crate) async fn deliver(&self, part: &TableAt, cancel: Cancel) -> Result<QueryStream> {
        let bounds = unhurried(self.bounds(QueryLimits::default()));
        let work = async {
            let opened = self.visit.open_part(part)?;
            self.picked(part, opened, &bounds, cancel.clone()).await
        };
        self.told(within(&bounds, &cancel, work).await)
    }

    /// How many rows of a part of a dataset the party may see.
    pub(crate) async fn count(&self, part: &TableAt, cancel: Cancel) -> Result<u64> {
        let bounds = unhurried(self.bounds(QueryLimits::default()));
        let work = async {
            let Opened { provider, input } = self.visit.open_part(part)?;
            let state = self.state(Prepared::new(), &bounds)?;
            let name = TableReference::bare(part.dataset.clone());
            let plan = LogicalPlanBuilder::scan(name, provider_as_source(provider), None)?
                .aggregate(Vec::<Expr>::new(), vec![count(lit(1_i64))])?
                .build()?;
            let batches = self.execute(&state, plan, &bounds).await?;
            let rows = self.stream(batches, BTreeSet::from([input]), &bounds, cancel.clone()).await?;
            let mut rows = rows.uncounted();
            let batch = rows.next().await.transpose()?;
            let counted = batch.as_ref().and_then(|batch| {
                let column = batch.columns().first()?.as_primitive_opt::<Int64Type>()?;
                column.values().first().copied()
            });
            Ok(u64::try_from(counted.unwrap_or_default()).unwrap_or_default())
        };
        self.told(within(&bounds, &cancel, work).await)
    }

    /// Every row of a statement of our own, however many and however long it takes: for what leaves as a file.
    pub(crate) async fn every_row(
        &self,
        sql: &str,
        values: Vec<ScalarValue>,
        cancel: Cancel,
    ) -> Result<QueryStream> {
        let bounds = unhurried(self.bounds(QueryLimits::default()));
        let work = self.run(sql, values, &bounds, cancel.clone());
        self.told(within(&bounds, &cancel, work).await)
    }

    async fn picked(
        &self,
        part: &TableAt,
        opened: Opened,
        bounds: &Bounds,
        cancel: Cancel,
    ) -> Result<QueryStream> {
        let Opened { provider, input } = opened;
        let state = self.state(Prepared::new(), bounds)?;
        let name = TableReference::bare(part.dataset.clone());
        let plan = LogicalPlanBuilder::scan(name, provider_as_source(provider), None)?.build()?;
        let batches = self.execute(&state, plan, bounds).await?;
        self.stream(batches, BTreeSet::from([input]), bounds, cancel).await
    }

    pub(crate) fn visit(&self) -> &Arc<Visit> {
        &self.visit
    }

    pub(crate) fn with_visit(&self, visit: Arc<Visit>) -> Self {
        if self.held {
            visit.access.hold();
        }
        Self { visit, read: Arc::default(), held: self.held }
    }

    /// All rows of one dataset as the party may see them.
    pub async fn table(&self, name: &str, limits: QueryLimits, cancel: Cancel) -> Result<QueryStream> {
        let bounds = self.bounds(limits);
        let work = self.scan(name, &bounds, cancel.clone());
        self.told(within(&bounds, &cancel, work).await)
    }

    /// These columns of every row the party may see, for work inside the node that hands none of them out: as many rows
    /// and as long as the work may take, whatever one query may return.
    pub(crate) async fn columns_of(
        &self,
        name: &str,
        columns: &[String],
        (rows, seconds): (u64, u64),
        cancel: Cancel,
    ) -> Result<QueryStream> {
        let own = self.bounds(QueryLimits::default());
        let deadline = Instant::now() + Duration::from_secs(seconds);
        let bounds = Bounds { rows, seconds, deadline, ..own };
        let work = async {
            let (zone, table) = name.split_once('.').unwrap_or((DEFAULT_ZONE, name));
            let Opened { provider, input } = self.open(zone, table).await?;
            let state = self.state(Prepared::new(), &bounds)?;
            // A column may be wanted twice, as a key and as a value: numbered names keep them apart.
            let wanted = columns.iter().enumerate();
            let wanted =
                wanted.map(|(at, name)| Expr::Column(Column::from_name(name)).alias(format!("c{at}")));
            let plan = LogicalPlanBuilder::scan(
                TableReference::partial(zone, table),
                provider_as_source(provider),
                None,
            )?
            .project(wanted)?
            .build()?;
            let batches = self.execute(&state, plan, &bounds).await?;
            self.stream(batches, BTreeSet::from([input]), &bounds, cancel.clone()).await
        };
        self.told(within(&bounds, &cancel, work).await)
    }

    /// Everything read in this session so far, sorted.
    pub fn inputs(&self) -> Vec<Input> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// Evidence that rows read in this session leave the node as a file: call it before the first byte does.
    /// `subject` is what the caller knows the query by.
    pub async fn record_export(&self, subject: &str, sql: &str, format: &str) -> Result<()> {
        let entry = EvidenceEntry {
            kind: "sql.export".to_owned(),
            actor: self.visit.party.account.clone(),
            subject: subject.to_owned(),
            body: serde_json::json!({
                "sql": sql.chars().take(EVIDENCE_CHARACTERS_MAX).collect::<String>(),
                "format": format,
                "purpose": self.visit.purpose,
                "inputs": self.inputs(),
            }),
        };
        self.inner().trust.evidence().record(entry).await.map_err(Error::passed)?;
        Ok(())
    }

    async fn run(
        &self,
        sql: &str,
        values: Vec<ScalarValue>,
        bounds: &Bounds,
        cancel: Cancel,
    ) -> Result<QueryStream> {
        let nesting = statement::measure(sql)?;
        let planning = async {
            let bare = self.inner().engine.parser();
            let parsed = statement::parse_measured(bare, sql)?;
            let (prepared, inputs) = self.prepare(bare, &parsed).await?;
            let state = self.state(prepared, bounds)?;
            let plan = state.statement_to_plan(parsed).await.map_err(placed)?;
            let plan = if values.is_empty() { plan } else { plan.with_param_values(values)? };
            statement::check_plan(&plan)?;
            let answer = match &plan {
                LogicalPlan::Explain(explain) => (explained(&state, &explain.plan)?, EMBEDDED),
                _ => self.answer(&state, plan, bounds).await?,
            };
            Ok::<_, Error>((answer, inputs))
        };
        let ((batches, engine), inputs) = with_room(nesting, Box::pin(planning)).await?;
        Ok(self.stream(batches, inputs, bounds, cancel).await?.answered_by(engine))
    }

    async fn scan(&self, name: &str, bounds: &Bounds, cancel: Cancel) -> Result<QueryStream> {
        let (zone, table) = name.split_once('.').unwrap_or((DEFAULT_ZONE, name));
        let Opened { provider, input } = self.open(zone, table).await?;
        let state = self.state(Prepared::new(), bounds)?;
        let reference = TableReference::partial(zone, table);
        let plan = LogicalPlanBuilder::scan(reference, provider_as_source(provider), None)?.build()?;
        let batches = self.execute(&state, plan, bounds).await?;
        self.stream(batches, BTreeSet::from([input]), bounds, cancel).await
    }

    /// Open every table the statement names, each once.
    async fn prepare(&self, bare: &SessionState, parsed: &Statement) -> Result<(Prepared, BTreeSet<Input>)> {
        let (mut prepared, mut inputs) = (Prepared::new(), BTreeSet::new());
        for reference in bare.resolve_table_references(parsed)? {
            let resolved = reference.resolve(CATALOG, DEFAULT_ZONE);
            let (zone, table) = (resolved.schema.to_string(), resolved.table.to_string());
            if &*resolved.catalog != CATALOG {
                return Err(self.unknown(&resolved.to_string()));
            }
            if zone == "information_schema" || prepared.contains_key(&(zone.clone(), table.clone())) {
                continue;
            }
            match self.visit.open(&zone, &table).await? {
                Some(opened) => {
                    inputs.insert(opened.input);
                    prepared.insert((zone, table), opened.provider);
                }
                // `generate_series(1, 9)` looks like a table to whoever collects the names.
                None if bare.table_functions().contains_key(&table) => {}
                None => return Err(self.unknown(&format!("{zone}.{table}"))),
            }
        }
        Ok((prepared, inputs))
    }

    async fn open(&self, zone: &str, table: &str) -> Result<Opened> {
        match self.visit.open(zone, table).await? {
            Some(opened) => Ok(opened),
            None => Err(self.unknown(&format!("{zone}.{table}"))),
        }
    }

    fn unknown(&self, name: &str) -> Error {
        let names = self.visit.visible_names();
        Error::UnknownDataset { name: name.to_owned(), nearest: nearest(name, &names) }
    }

    fn state(&self, prepared: Prepared, bounds: &Bounds) -> Result<SessionState> {
        let names = self.visit.visible_names();
        let door = DoorCatalog::new(Arc::clone(&self.visit), &names, prepared);
        self.inner().engine.state(door, bounds.memory_mib)
    }

    pub(crate) async fn execute(
        &self,
        state: &SessionState,
        plan: LogicalPlan,
        bounds: &Bounds,
    ) -> Result<SendableRecordBatchStream> {
        deep(execute_here(state, plan, bounds)).await
    }

    pub(crate) async fn stream(
        &self,
        batches: SendableRecordBatchStream,
        inputs: BTreeSet<Input>,
        bounds: &Bounds,
        cancel: Cancel,
    ) -> Result<QueryStream> {
        let access = self.visit.access.clone();
        if !self.held {
            // Written while the query waits for its turn and computes.
            access.announce();
        }
        let turn = Arc::clone(&self.inner().turns).acquire_owned().await.ok();
        self.read.lock().unwrap_or_else(PoisonError::into_inner).extend(inputs.iter().cloned());
        let recorded = (access, !self.held);
        Ok(QueryStream::new(batches, inputs.into_iter().collect(), bounds, cancel, recorded, turn))
    }

    pub(crate) fn bounds(&self, limits: QueryLimits) -> Bounds {
        let options = &self.inner().options;
        let clip = |asked: Option<u64>, own: u64| asked.map_or(own, |asked| asked.min(own));
        let seconds = clip(limits.seconds, options.query_timeout_s);
        let skip = limits.skip.unwrap_or_default();
        Bounds {
            skip,
            rows: clip(limits.rows, options.query_rows_max.saturating_sub(skip)),
            seconds,
            memory_mib: clip(limits.memory_mib, options.query_memory_mib),
            deadline: Instant::now() + Duration::from_secs(seconds),
        }
    }

    pub(crate) fn inner(&self) -> &Arc<Inner> {
        &self.visit.inner
    }
}

/// [`Session::execute`] on the stack there is, which has room for the plan.
pub(super) async fn execute_here(
    state: &SessionState,
    plan: LogicalPlan,
    bounds: &Bounds,
) -> Result<SendableRecordBatchStream> {
    let physical = state.create_physical_plan(&limited(plan, bounds)?).await?;
    Ok(execute_stream(physical, state.task_ctx())?)
}

/// A plan that leaves out what the bounds leave out, and makes one row more than they let through.
pub(super) fn limited(plan: LogicalPlan, bounds: &Bounds) -> Result<LogicalPlan> {
    let fetch = usize::try_from(bounds.rows.saturating_add(1)).unwrap_or(usize::MAX);
    let skip = usize::try_from(bounds.skip).unwrap_or(usize::MAX);
    Ok(match plan {
        LogicalPlan::DescribeTable(_) => plan,
        other => LogicalPlanBuilder::from(other).limit(skip, Some(fetch))?.build()?,
    })
}

/// Longest time for the rows of one delivery.
const DELIVERY_S: u64 = 24 * 60 * 60;
/// Rows of one delivery at most.
const DELIVERY_ROWS: u64 = 1 << 40;

/// Bounds for what no person waits for.
fn unhurried(bounds: Bounds) -> Bounds {
    Bounds {
        skip: 0,
        rows: DELIVERY_ROWS,
        seconds: DELIVERY_S,
        deadline: Instant::now() + Duration::from_secs(DELIVERY_S),
        ..bounds
    }
}

/// The optimised logical plan as text. Never the physical one: it names files and carries statistics of hidden rows.
fn explained(state: &SessionState, plan: &LogicalPlan) -> Result<SendableRecordBatchStream> {
    let text = state.optimize(plan)?.display_indent().to_string();
    let column = Arc::new(StringArray::from(text.lines().collect::<Vec<_>>())) as ArrayRef;
    let batch = RecordBatch::try_from_iter([("plan", column)]).map_err(DataFusionError::from)?;
    let schema = batch.schema();
    Ok(Box::pin(MemoryStream::try_new(vec![batch], schema, None)?))
}

/// Planning and waiting for a turn obey the deadline too.
pub(crate) async fn within<T>(
    bounds: &Bounds,
    cancel: &Cancel,
    work: impl Future<Output = Result<T>>,
) -> Result<T> {
    if cancel.is_cancelled() {
        return Err(Error::Cancelled);
    }
    match tokio::time::timeout_at(bounds.deadline, work).await {
        Ok(done) => done,
        Err(_) => Err(Error::Timeout { seconds: bounds.seconds }),
    }
}
