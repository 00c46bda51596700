//! Ingest runs (入库任务): queued → running → succeeded, failed or cancelled.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    UpdateMany,
};
use serde_json::Value;

use crate::entity::ingest_run::{Column, Entity};
use crate::{Error, Page, PageRequest, Result, page};

pub use crate::entity::ingest_run::{Model as IngestRun, RunState};

/// What is known when an ingest is asked for.
#[derive(Debug, Clone)]
pub struct NewIngestRun {
    /// Stable id, from [`Store::new_id`](crate::Store::new_id).
    pub id: String,
    /// Account id of who asked.
    pub actor: String,
    /// Name of the mapping.
    pub mapping: String,
    /// File as named by the caller.
    pub file: String,
    /// Options of the request.
    pub options: Value,
}

/// Row counters of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Rows read.
    pub rows_read: i64,
    /// Rows landed.
    pub rows_landed: i64,
    /// Rows put aside with a reason.
    pub rows_quarantined: i64,
}

/// How a run that succeeded ended.
#[derive(Debug, Clone)]
pub struct Success {
    /// Dataset it landed in.
    pub dataset: String,
    /// Version committed; none when nothing changed.
    pub version: Option<i64>,
    /// Hash of the file.
    pub content_hash: String,
    /// Row counters.
    pub counters: Counters,
    /// The full report.
    pub report: Value,
}

/// Which runs to list.
#[derive(Debug, Clone, Default)]
pub struct IngestRunFilter {
    /// Only runs in this state.
    pub state: Option<RunState>,
    /// Only runs of this account.
    pub actor: Option<String>,
}

impl RunState {
    /// Whether nothing more will happen to the run.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }
}

/// Queue a run.
pub async fn create(db: &impl ConnectionTrait, new: NewIngestRun, now: DateTime<Utc>) -> Result<IngestRun> {
    let run = IngestRun {
        id: new.id,
        state: RunState::Queued,
        actor: new.actor,
        mapping: new.mapping,
        file: new.file,
        content_hash: None,
        dataset: None,
        options: new.options,
        rows_read: 0,
        rows_landed: 0,
        rows_quarantined: 0,
        version: None,
        created_at: now,
        started_at: None,
        finished_at: None,
        report: None,
        failure: None,
    };
    Ok(run.into_active_model().insert(db).await?)
}

/// Begin a queued run.
pub async fn start(db: &impl ConnectionTrait, id: &str, now: DateTime<Utc>) -> Result<()> {
    let update = Entity::update_many()
        .col_expr(Column::State, Expr::value("running"))
        .col_expr(Column::StartedAt, Expr::value(now));
    transition(db, update, id, &[RunState::Queued]).await
}

/// Remember how far a running run is, and the file's hash and dataset once known.
pub async fn advance(
    db: &impl ConnectionTrait,
    id: &str,
    counters: Counters,
    content_hash: Option<&str>,
    dataset: Option<&str>,
) -> Result<()> {
    let mut update = counted(Entity::update_many(), counters);
    if let Some(hash) = content_hash {
        update = update.col_expr(Column::ContentHash, Expr::value(hash));
    }
    if let Some(dataset) = dataset {
        update = update.col_expr(Column::Dataset, Expr::value(dataset));
    }
    transition(db, update, id, &[RunState::Running]).await
}

/// End a running run well. Call it in the transaction that records version and evidence.
pub async fn succeed(
    db: &impl ConnectionTrait,
    id: &str,
    success: Success,
    now: DateTime<Utc>,
) -> Result<()> {
    let update = counted(Entity::update_many(), success.counters)
        .col_expr(Column::State, Expr::value("succeeded"))
        .col_expr(Column::Dataset, Expr::value(success.dataset))
        .col_expr(Column::Version, Expr::value(success.version))
        .col_expr(Column::ContentHash, Expr::value(success.content_hash))
        .col_expr(Column::Report, Expr::value(success.report))
        .col_expr(Column::FinishedAt, Expr::value(now));
    transition(db, update, id, &[RunState::Running]).await
}

/// Add to the report of a run that succeeded what became known afterwards, such as the models' counts.
pub async fn amend_report(db: &impl ConnectionTrait, id: &str, report: Value) -> Result<()> {
    let update = Entity::update_many().col_expr(Column::Report, Expr::value(report));
    transition(db, update, id, &[RunState::Succeeded]).await
}

/// End an unfinished run badly; `failure` says why.
pub async fn fail(db: &impl ConnectionTrait, id: &str, failure: Value, now: DateTime<Utc>) -> Result<()> {
    let update = Entity::update_many()
        .col_expr(Column::State, Expr::value("failed"))
        .col_expr(Column::Failure, Expr::value(failure))
        .col_expr(Column::FinishedAt, Expr::value(now));
    transition(db, update, id, &[RunState::Queued, RunState::Running]).await
}

/// End an unfinished run because somebody asked to.
pub async fn cancel(db: &impl ConnectionTrait, id: &str, now: DateTime<Utc>) -> Result<()> {
    let update = Entity::update_many()
        .col_expr(Column::State, Expr::value("cancelled"))
        .col_expr(Column::FinishedAt, Expr::value(now));
    transition(db, update, id, &[RunState::Queued, RunState::Running]).await
}

/// The run with this id.
pub async fn find(db: &impl ConnectionTrait, id: &str) -> Result<Option<IngestRun>> {
    Ok(Entity::find_by_id(id).one(db).await?)
}

/// Runs, newest first.
pub async fn list(
    db: &impl ConnectionTrait,
    filter: &IngestRunFilter,
    request: PageRequest,
) -> Result<Page<IngestRun>> {
    let mut select = Entity::find();
    if let Some(state) = filter.state {
        select = select.filter(Column::State.eq(state));
    }
    if let Some(actor) = &filter.actor {
        select = select.filter(Column::Actor.eq(actor));
    }
    page::fetch(db, select.order_by_desc(Column::Id), request).await
}

/// Runs that had not ended when the program stopped, oldest first.
pub async fn unfinished(db: &impl ConnectionTrait) -> Result<Vec<IngestRun>> {
    let select = Entity::find().filter(Column::State.is_in([RunState::Queued, RunState::Running]));
    Ok(select.order_by_asc(Column::Id).all(db).await?)
}

fn counted(update: UpdateMany<Entity>, counters: Counters) -> UpdateMany<Entity> {
    update
        .col_expr(Column::RowsRead, Expr::value(counters.rows_read))
        .col_expr(Column::RowsLanded, Expr::value(counters.rows_landed))
        .col_expr(Column::RowsQuarantined, Expr::value(counters.rows_quarantined))
}

/// The check of the state is part of the update, so that of two racing transitions exactly one happens.
async fn transition(
    db: &impl ConnectionTrait,
    update: UpdateMany<Entity>,
    id: &str,
    from: &[RunState],
) -> Result<()> {
    let update = update.filter(Column::Id.eq(id)).filter(Column::State.is_in(from.iter().copied()));
    match update.exec(db).await?.rows_affected {
        0 => Err(Error::NotFound { what: "ingest run in a state that allows this", id: id.to_owned() }),
        _ => Ok(()),
    }
}
