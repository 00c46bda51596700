//! Incidents (安全事件) as rows; which step is possible is `trust`'s business.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect,
};

use crate::entity::incident::{Column, Entity};
use crate::entity::{incident_duty, incident_event, incident_reference};
use crate::{Error, Page, PageRequest, Result, Transaction, page, revision};

pub use crate::entity::incident::Model as IncidentRow;
pub use crate::entity::incident_duty::Model as DutyRow;
pub use crate::entity::incident_event::Model as EventRow;
pub use crate::entity::incident_reference::Model as ReferenceRow;

/// Which incidents to list; everything given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IncidentFilter {
    /// Only in this state.
    pub state: Option<String>,
    /// Only those that are not closed.
    pub unclosed: bool,
    /// Only of this severity.
    pub severity: Option<String>,
    /// Only this account's.
    pub owner: Option<String>,
    /// Only drills, or only what is none.
    pub drill: Option<bool>,
}

/// Store a new incident.
pub async fn insert(transaction: &Transaction, row: IncidentRow) -> Result<()> {
    Entity::insert(row.into_active_model()).exec_without_returning(transaction).await?;
    Ok(())
}

/// The incident with this id.
pub async fn find(db: &impl ConnectionTrait, id: &str) -> Result<Option<IncidentRow>> {
    Ok(Entity::find_by_id(id).one(db).await?)
}

/// The incident of a rule about a subject that is not closed.
pub async fn unclosed_of(
    db: &impl ConnectionTrait,
    rule: &str,
    subject: &str,
) -> Result<Option<IncidentRow>> {
    Ok(Entity::find()
        .filter(Column::Rule.eq(rule))
        .filter(Column::Subject.eq(subject))
        .filter(Column::State.ne("closed"))
        .filter(Column::Drill.eq(false))
        .order_by_desc(Column::Id)
        .one(db)
        .await?)
}

/// Replace an incident whose stored revision is still `seen`; otherwise somebody was faster: [`Error::Stale`].
pub async fn update(transaction: &Transaction, row: IncidentRow, seen: i64) -> Result<()> {
    let id = (Column::Id, row.id.clone());
    revision::replace::<Entity>(transaction, "incident", row, id, (Column::Revision, seen)).await
}

/// Incidents, newest first.
pub async fn list(
    db: &impl ConnectionTrait,
    filter: &IncidentFilter,
    request: PageRequest,
) -> Result<Page<IncidentRow>> {
    let all = Condition::all()
        .add_option(filter.state.as_ref().map(|state| Column::State.eq(state)))
        .add_option(filter.unclosed.then(|| Column::State.ne("closed")))
        .add_option(filter.severity.as_ref().map(|severity| Column::Severity.eq(severity)))
        .add_option(filter.owner.as_ref().map(|owner| Column::Owner.eq(owner)))
        .add_option(filter.drill.map(|drill| Column::Drill.eq(drill)));
    let select = Entity::find().filter(all).order_by_desc(Column::OpenedAt).order_by_desc(Column::Id);
    page::fetch(db, select, request).await
}

/// Append a line to the timeline of an incident; its number is set here.
pub async fn add_event(transaction: &Transaction, mut row: EventRow) -> Result<()> {
    let last: Option<Option<i32>> = incident_event::Entity::find()
        .select_only()
        .column_as(incident_event::Column::Number.max(), "last")
        .filter(incident_event::Column::Incident.eq(&row.incident))
        .into_tuple()
        .one(transaction)
        .await?;
    row.number = last.flatten().unwrap_or(0).saturating_add(1);
    incident_event::Entity::insert(row.into_active_model()).exec_without_returning(transaction).await?;
    Ok(())
}

/// The timeline of an incident: its first `limit` lines, in order.
pub async fn events(db: &impl ConnectionTrait, incident: &str, limit: u64) -> Result<Vec<EventRow>> {
    Ok(incident_event::Entity::find()
        .filter(incident_event::Column::Incident.eq(incident))
        .order_by_asc(incident_event::Column::Number)
        .limit(limit)
        .all(db)
        .await?)
}

/// Add records an incident rests on; one that is there already stays.
pub async fn add_references(transaction: &Transaction, rows: Vec<ReferenceRow>) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let key = [
        incident_reference::Column::Incident,
        incident_reference::Column::Log,
        incident_reference::Column::Seq,
    ];
    incident_reference::Entity::insert_many(rows.into_iter().map(IntoActiveModel::into_active_model))
        .on_conflict(OnConflict::columns(key).do_nothing().to_owned())
        .exec_without_returning(transaction)
        .await?;
    Ok(())
}

/// Records an incident rests on, oldest first.
pub async fn references(db: &impl ConnectionTrait, incident: &str) -> Result<Vec<ReferenceRow>> {
    Ok(incident_reference::Entity::find()
        .filter(incident_reference::Column::Incident.eq(incident))
        .order_by_asc(incident_reference::Column::Log)
        .order_by_asc(incident_reference::Column::Seq)
        .all(db)
        .await?)
}

/// How many records an incident rests on.
pub async fn reference_count(db: &impl ConnectionTrait, incident: &str) -> Result<u64> {
    Ok(incident_reference::Entity::find()
        .filter(incident_reference::Column::Incident.eq(incident))
        .count(db)
        .await?)
}

/// Start the clock of a duty; one that runs already goes on.
pub async fn add_duties(transaction: &Transaction, rows: Vec<DutyRow>) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let key = [incident_duty::Column::Incident, incident_duty::Column::Duty];
    incident_duty::Entity::insert_many(rows.into_iter().map(IntoActiveModel::into_active_model))
        .on_conflict(OnConflict::columns(key).do_nothing().to_owned())
        .exec_without_returning(transaction)
        .await?;
    Ok(())
}

/// Duties of an incident, by when they are due.
pub async fn duties(db: &impl ConnectionTrait, incident: &str) -> Result<Vec<DutyRow>> {
    Ok(incident_duty::Entity::find()
        .filter(incident_duty::Column::Incident.eq(incident))
        .order_by_asc(incident_duty::Column::DueAt)
        .order_by_asc(incident_duty::Column::Duty)
        .all(db)
        .await?)
}

/// Record that a duty was done; [`Error::NotFound`] when there is none that is not.
pub async fn finish_duty(
    transaction: &Transaction,
    incident: &str,
    duty: &str,
    by: &str,
    at: DateTime<Utc>,
) -> Result<()> {
    let done = incident_duty::Entity::update_many()
        .col_expr(incident_duty::Column::DoneAt, Expr::value(at))
        .col_expr(incident_duty::Column::DoneBy, Expr::value(by))
        .filter(incident_duty::Column::Incident.eq(incident))
        .filter(incident_duty::Column::Duty.eq(duty))
        .filter(incident_duty::Column::DoneAt.is_null())
        .exec(transaction)
        .await?;
    match done.rows_affected {
        0 => Err(Error::NotFound { what: "open duty", id: duty.to_owned() }),
        _ => Ok(()),
    }
}
