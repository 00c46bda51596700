//! Requests for access (数据申请) as rows; which change is allowed is `trust`'s business.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};

use crate::entity::access_request::{Column, Entity};
use crate::{Page, PageRequest, Result, page, revision};

pub use crate::entity::access_request::Model as AccessRequestRow;

/// Which requests to list; everything given must hold.
#[derive(Debug, Clone, Default)]
pub struct AccessRequestFilter {
    /// Only those of this account.
    pub requester: Option<String>,
    /// Only those for data of these owners; `None` is every owner.
    pub owners: Option<Vec<String>>,
    /// Leave out those of this account: nobody decides its own.
    pub not_requester: Option<String>,
    /// Only in this state.
    pub state: Option<String>,
    /// Only for this dataset.
    pub dataset: Option<String>,
}

/// Store a new request.
pub async fn insert(db: &impl ConnectionTrait, row: AccessRequestRow) -> Result<()> {
    Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// The request with this id.
pub async fn find(db: &impl ConnectionTrait, id: &str) -> Result<Option<AccessRequestRow>> {
    Ok(Entity::find_by_id(id).one(db).await?)
}

/// The request a grant came of.
pub async fn of_grant(db: &impl ConnectionTrait, grant: &str) -> Result<Option<AccessRequestRow>> {
    Ok(Entity::find().filter(Column::GrantId.eq(grant)).one(db).await?)
}

/// Replace a request whose stored revision is still `seen`; otherwise somebody was faster: [`Error::Stale`].
pub async fn update(db: &impl ConnectionTrait, row: AccessRequestRow, seen: i64) -> Result<()> {
    let id = (Column::Id, row.id.clone());
    revision::replace::<Entity>(db, "access request", row, id, (Column::Revision, seen)).await
}

/// Requests, newest first.
pub async fn list(
    db: &impl ConnectionTrait,
    filter: &AccessRequestFilter,
    request: PageRequest,
) -> Result<Page<AccessRequestRow>> {
    let AccessRequestFilter { requester, owners, not_requester, state, dataset } = filter;
    let all = Condition::all()
        .add_option(requester.as_ref().map(|id| Column::Requester.eq(id)))
        .add_option(owners.as_ref().map(|owners| Column::Owner.is_in(owners)))
        .add_option(not_requester.as_ref().map(|id| Column::Requester.ne(id)))
        .add_option(state.as_ref().map(|state| Column::State.eq(state)))
        .add_option(dataset.as_ref().map(|name| Column::Dataset.eq(name)));
    let select = Entity::find().filter(all).order_by_desc(Column::CreatedAt).order_by_desc(Column::Id);
    page::fetch(db, select, request).await
}

/// Requests whose time is over: undecided after their deadline, or granted for a period that ended. Oldest first.
pub async fn overdue(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    most: u64,
) -> Result<Vec<AccessRequestRow>> {
    let undecided = Expr::col(Column::State).eq("pending").and(Column::DecideBy.lt(now));
    let over = Expr::col(Column::State).eq("granted").and(Column::ValidUntil.lt(now));
    Ok(Entity::find()
        .filter(Condition::any().add(undecided).add(over))
        .order_by_asc(Column::Id)
        .limit(most)
        .all(db)
        .await?)
}
