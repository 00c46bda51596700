//! Clusters, their members and what happened to them.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait,
};

use super::{ROWS_AT_ONCE, insert_all, like};
use crate::entity::{golden_value, match_cluster, match_event, match_member};
use crate::{Error, Page, PageRequest, Result, Transaction, page};

pub use crate::entity::match_cluster::Model as ClusterRow;
pub use crate::entity::match_event::Model as EventRow;
pub use crate::entity::match_member::Model as MemberRow;

/// Which clusters to list; everything given must hold.
#[derive(Debug, Clone, Default)]
pub struct ClusterFilter {
    /// The set.
    pub set: String,
    /// Only of at least so many records.
    pub at_least: Option<i64>,
    /// Also those in which nothing is any more.
    pub ended: bool,
    /// Only with a record whose key begins so, or a golden value that holds it.
    pub text: Option<String>,
}

/// Clusters, the last changed first.
pub async fn clusters(
    db: &impl ConnectionTrait,
    filter: &ClusterFilter,
    request: PageRequest,
) -> Result<Page<ClusterRow>> {
    use match_cluster::Column;
    let mut select = match_cluster::Entity::find().filter(Column::SetId.eq(&filter.set));
    if let Some(least) = filter.at_least {
        select = select.filter(Column::Size.gte(least));
    }
    if !filter.ended {
        select = select.filter(Column::Ended.eq(false));
    }
    if let Some(text) = &filter.text {
        let keys = match_member::Entity::find()
            .select_only()
            .column(match_member::Column::ClusterId)
            .filter(match_member::Column::SetId.eq(&filter.set))
            .filter(match_member::Column::RecordKey.like(like(text, false)))
            .into_query();
        let values = golden_value::Entity::find()
            .select_only()
            .column(golden_value::Column::ClusterId)
            .filter(golden_value::Column::SetId.eq(&filter.set))
            .filter(golden_value::Column::UntilAt.is_null())
            .filter(golden_value::Column::Folded.like(like(text, true)))
            .into_query();
        select = select
            .filter(Condition::any().add(Column::Id.in_subquery(keys)).add(Column::Id.in_subquery(values)));
    }
    page::fetch(db, select.order_by_desc(Column::UpdatedAt).order_by_desc(Column::Id), request).await
}

/// One cluster.
pub async fn cluster(db: &impl ConnectionTrait, id: &str) -> Result<Option<ClusterRow>> {
    Ok(match_cluster::Entity::find_by_id(id).one(db).await?)
}

/// These clusters.
pub async fn clusters_of(db: &impl ConnectionTrait, ids: &[String]) -> Result<Vec<ClusterRow>> {
    let select = match_cluster::Entity::find().filter(match_cluster::Column::Id.is_in(ids));
    Ok(select.order_by_asc(match_cluster::Column::Id).all(db).await?)
}

/// Store new clusters.
pub async fn insert_clusters(transaction: &Transaction, rows: Vec<ClusterRow>) -> Result<()> {
    insert_all::<match_cluster::Entity>(transaction, rows).await
}

/// A cluster has another size; with nothing in it, it has ended.
pub async fn resize_cluster(
    transaction: &Transaction,
    id: &str,
    size: i64,
    now: DateTime<Utc>,
) -> Result<()> {
    use match_cluster::Column;
    let update = match_cluster::Entity::update_many()
        .col_expr(Column::Size, Expr::value(size))
        .col_expr(Column::Ended, Expr::value(size == 0))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(Column::Id.eq(id))
        .exec(transaction)
        .await?;
    match update.rows_affected {
        0 => Err(Error::NotFound { what: "match cluster", id: id.to_owned() }),
        _ => Ok(()),
    }
}

/// Members of a set by dataset and key, those behind `after`.
pub async fn members_after(
    db: &impl ConnectionTrait,
    set: &str,
    (dataset, key): (&str, &str),
    limit: u64,
) -> Result<Vec<MemberRow>> {
    use match_member::Column;
    let behind = Condition::any()
        .add(Column::Dataset.gt(dataset))
        .add(Condition::all().add(Column::Dataset.eq(dataset)).add(Column::RecordKey.gt(key)));
    Ok(match_member::Entity::find()
        .filter(Column::SetId.eq(set))
        .filter(behind)
        .order_by_asc(Column::Dataset)
        .order_by_asc(Column::RecordKey)
        .limit(limit)
        .all(db)
        .await?)
}

/// Members of these clusters, by cluster, dataset and key.
pub async fn members_of(
    db: &impl ConnectionTrait,
    clusters: &[String],
    limit: u64,
) -> Result<Vec<MemberRow>> {
    use match_member::Column;
    Ok(match_member::Entity::find()
        .filter(Column::ClusterId.is_in(clusters))
        .order_by_asc(Column::ClusterId)
        .order_by_asc(Column::Dataset)
        .order_by_asc(Column::RecordKey)
        .limit(limit)
        .all(db)
        .await?)
}

/// Where a record is; `None` where it is in no cluster.
pub async fn member(
    db: &impl ConnectionTrait,
    set: &str,
    dataset: &str,
    key: &str,
) -> Result<Option<MemberRow>> {
    let id = (set.to_owned(), dataset.to_owned(), key.to_owned());
    Ok(match_member::Entity::find_by_id(id).one(db).await?)
}

/// Put records where they now belong.
pub async fn put_members(transaction: &Transaction, rows: Vec<MemberRow>) -> Result<()> {
    use match_member::Column;
    let mut rows = rows.into_iter().map(IntoActiveModel::into_active_model).peekable();
    while rows.peek().is_some() {
        let batch: Vec<match_member::ActiveModel> = rows.by_ref().take(ROWS_AT_ONCE).collect();
        let moved = OnConflict::columns([Column::SetId, Column::Dataset, Column::RecordKey])
            .update_columns([Column::ClusterId, Column::Since])
            .to_owned();
        match_member::Entity::insert_many(batch)
            .on_conflict(moved)
            .exec_without_returning(transaction)
            .await?;
    }
    Ok(())
}

/// These records are in no cluster any more.
pub async fn remove_members(
    transaction: &Transaction,
    set: &str,
    records: &[(String, String)],
) -> Result<()> {
    use match_member::Column;
    for (dataset, key) in records {
        match_member::Entity::delete_many()
            .filter(Column::SetId.eq(set))
            .filter(Column::Dataset.eq(dataset))
            .filter(Column::RecordKey.eq(key))
            .exec(transaction)
            .await?;
    }
    Ok(())
}

/// What happened.
pub async fn insert_events(transaction: &Transaction, rows: Vec<EventRow>) -> Result<()> {
    insert_all::<match_event::Entity>(transaction, rows).await
}

/// What happened to a cluster: its last `limit` events, newest first.
pub async fn events(db: &impl ConnectionTrait, cluster: &str, limit: u64) -> Result<Vec<EventRow>> {
    Ok(match_event::Entity::find()
        .filter(match_event::Column::ClusterId.eq(cluster))
        .order_by_desc(match_event::Column::Id)
        .limit(limit)
        .all(db)
        .await?)
}
