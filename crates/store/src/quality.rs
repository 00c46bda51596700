//! Quality rules, checks, profiles and tickets (数据质量) as rows; what they mean is `warehouse`'s business.

use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use crate::entity::{quality_profile, quality_rules, quality_run, quality_ticket, quality_ticket_event};
use crate::{Page, PageRequest, Result, Transaction, page, revision};

pub use crate::entity::quality_profile::Model as ProfileRow;
pub use crate::entity::quality_rules::Model as RulesRow;
pub use crate::entity::quality_run::Model as RunRow;
pub use crate::entity::quality_ticket::Model as TicketRow;
pub use crate::entity::quality_ticket_event::Model as TicketEventRow;

/// The rules of a dataset in force.
pub async fn rules(db: &impl ConnectionTrait, dataset: &str) -> Result<Option<RulesRow>> {
    Ok(quality_rules::Entity::find()
        .filter(quality_rules::Column::Dataset.eq(dataset))
        .order_by_desc(quality_rules::Column::Version)
        .one(db)
        .await?)
}

/// Versions of the rules of a dataset, newest first.
pub async fn rules_versions(db: &impl ConnectionTrait, dataset: &str, most: u64) -> Result<Vec<RulesRow>> {
    Ok(quality_rules::Entity::find()
        .filter(quality_rules::Column::Dataset.eq(dataset))
        .order_by_desc(quality_rules::Column::Version)
        .limit(most)
        .all(db)
        .await?)
}

/// Store a version of rules. Two people who change them at once collide on its number: [`Error::AlreadyExists`].
pub async fn insert_rules(transaction: &Transaction, row: RulesRow) -> Result<()> {
    quality_rules::Entity::insert(row.into_active_model()).exec_without_returning(transaction).await?;
    Ok(())
}

/// Store a check.
pub async fn insert_run(transaction: &Transaction, row: RunRow) -> Result<()> {
    quality_run::Entity::insert(row.into_active_model()).exec_without_returning(transaction).await?;
    Ok(())
}

/// The last checks of a dataset, newest first.
pub async fn runs(db: &impl ConnectionTrait, dataset: &str, most: u64) -> Result<Vec<RunRow>> {
    Ok(quality_run::Entity::find()
        .filter(quality_run::Column::Dataset.eq(dataset))
        .order_by_desc(quality_run::Column::At)
        .order_by_desc(quality_run::Column::Id)
        .limit(most)
        .all(db)
        .await?)
}

/// A profile of a dataset: `latest` or `baseline`.
pub async fn profile(db: &impl ConnectionTrait, dataset: &str, kind: &str) -> Result<Option<ProfileRow>> {
    Ok(quality_profile::Entity::find_by_id((dataset.to_owned(), kind.to_owned())).one(db).await?)
}

/// Keep a profile in place of the one of its kind.
pub async fn keep_profile(db: &impl ConnectionTrait, row: ProfileRow) -> Result<()> {
    use quality_profile::Column;
    let update = OnConflict::columns([Column::Dataset, Column::Kind])
        .update_columns([Column::DatasetVersion, Column::At, Column::Profile])
        .to_owned();
    quality_profile::Entity::insert(row.into_active_model())
        .on_conflict(update)
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// Delete the profiles of versions before `first_kept`.
pub async fn forget_profiles(transaction: &Transaction, dataset: &str, first_kept: i64) -> Result<()> {
    quality_profile::Entity::delete_many()
        .filter(quality_profile::Column::Dataset.eq(dataset))
        .filter(quality_profile::Column::DatasetVersion.lt(first_kept))
        .exec(transaction)
        .await?;
    Ok(())
}

/// Which tickets to list; everything given must hold.
#[derive(Debug, Clone, Default)]
pub struct TicketFilter {
    /// Only in this state.
    pub state: Option<String>,
    /// Only those that are not resolved.
    pub unresolved: bool,
    /// Only of this dataset.
    pub dataset: Option<String>,
    /// Only of these datasets; `None` is every dataset.
    pub datasets: Option<Vec<String>>,
}

/// Tickets, the last changed first.
pub async fn tickets(
    db: &impl ConnectionTrait,
    filter: &TicketFilter,
    request: PageRequest,
) -> Result<Page<TicketRow>> {
    use quality_ticket::Column;
    let mut select = quality_ticket::Entity::find();
    if let Some(state) = &filter.state {
        select = select.filter(Column::State.eq(state));
    }
    if filter.unresolved {
        select = select.filter(Column::State.ne("resolved"));
    }
    if let Some(dataset) = &filter.dataset {
        select = select.filter(Column::Dataset.eq(dataset));
    }
    if let Some(datasets) = &filter.datasets {
        select = select.filter(Column::Dataset.is_in(datasets));
    }
    page::fetch(db, select.order_by_desc(Column::UpdatedAt).order_by_desc(Column::Id), request).await
}

/// Every ticket of a dataset.
pub async fn tickets_of(db: &impl ConnectionTrait, dataset: &str) -> Result<Vec<TicketRow>> {
    Ok(quality_ticket::Entity::find()
        .filter(quality_ticket::Column::Dataset.eq(dataset))
        .order_by_asc(quality_ticket::Column::Id)
        .all(db)
        .await?)
}

/// How many tickets of a dataset are not resolved.
pub async fn unresolved(db: &impl ConnectionTrait, dataset: &str) -> Result<u64> {
    Ok(quality_ticket::Entity::find()
        .filter(quality_ticket::Column::Dataset.eq(dataset))
        .filter(quality_ticket::Column::State.ne("resolved"))
        .count(db)
        .await?)
}

/// The ticket with this id.
pub async fn ticket(db: &impl ConnectionTrait, id: &str) -> Result<Option<TicketRow>> {
    Ok(quality_ticket::Entity::find_by_id(id).one(db).await?)
}

/// Store a new ticket; a second one for the same rule is [`Error::AlreadyExists`].
pub async fn insert_ticket(transaction: &Transaction, row: TicketRow) -> Result<()> {
    quality_ticket::Entity::insert(row.into_active_model()).exec_without_returning(transaction).await?;
    Ok(())
}

/// Replace a ticket whose stored revision is still `seen`; otherwise somebody was faster: [`Error::Stale`].
pub async fn update_ticket(transaction: &Transaction, row: TicketRow, seen: i64) -> Result<()> {
    let id = (quality_ticket::Column::Id, row.id.clone());
    revision::replace::<quality_ticket::Entity>(
        transaction,
        "quality ticket",
        row,
        id,
        (quality_ticket::Column::Revision, seen),
    )
    .await
}

/// Append a line to the timeline of a ticket; its number is set here.
pub async fn add_ticket_event(transaction: &Transaction, mut row: TicketEventRow) -> Result<()> {
    use quality_ticket_event::Column;
    let last: Option<Option<i32>> = quality_ticket_event::Entity::find()
        .select_only()
        .column_as(Column::Number.max(), "last")
        .filter(Column::Ticket.eq(&row.ticket))
        .into_tuple()
        .one(transaction)
        .await?;
    row.number = last.flatten().unwrap_or(0).saturating_add(1);
    quality_ticket_event::Entity::insert(row.into_active_model()).exec_without_returning(transaction).await?;
    Ok(())
}

/// The timeline of a ticket: its last `most` lines, in order.
pub async fn ticket_events(
    db: &impl ConnectionTrait,
    ticket: &str,
    most: u64,
) -> Result<Vec<TicketEventRow>> {
    let mut lines = quality_ticket_event::Entity::find()
        .filter(quality_ticket_event::Column::Ticket.eq(ticket))
        .order_by_desc(quality_ticket_event::Column::Number)
        .limit(most)
        .all(db)
        .await?;
    lines.reverse();
    Ok(lines)
}
