//! Golden values: current ones, and those that were.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{ROWS_AT_ONCE, insert_all, like};
use crate::entity::golden_value::{Column, Entity};
use crate::{Result, Transaction};

pub use crate::entity::golden_value::Model as GoldenRow;

/// Values of a cluster, current and past, newest first.
pub async fn golden(db: &impl ConnectionTrait, cluster: &str, limit: u64) -> Result<Vec<GoldenRow>> {
    Ok(Entity::find()
        .filter(Column::ClusterId.eq(cluster))
        .order_by_desc(Column::Id)
        .limit(limit)
        .all(db)
        .await?)
}

/// Current values of these clusters, by cluster.
pub async fn golden_now(db: &impl ConnectionTrait, clusters: &[String]) -> Result<Vec<GoldenRow>> {
    let mut found = Vec::new();
    for some in clusters.chunks(ROWS_AT_ONCE) {
        let rows = Entity::find()
            .filter(Column::ClusterId.is_in(some))
            .filter(Column::UntilAt.is_null())
            .order_by_asc(Column::ClusterId)
            .order_by_asc(Column::Id)
            .all(db)
            .await?;
        found.extend(rows);
    }
    Ok(found)
}

/// Store new values.
pub async fn insert_golden(transaction: &Transaction, rows: Vec<GoldenRow>) -> Result<()> {
    insert_all::<Entity>(transaction, rows).await
}

/// These values hold no longer; they stay as history.
pub async fn end_golden(transaction: &Transaction, ids: &[String], now: DateTime<Utc>) -> Result<()> {
    for ids in ids.chunks(ROWS_AT_ONCE) {
        Entity::update_many()
            .col_expr(Column::UntilAt, Expr::value(now))
            .filter(Column::Id.is_in(ids))
            .filter(Column::UntilAt.is_null())
            .exec(transaction)
            .await?;
    }
    Ok(())
}

/// Clusters with a current value that is, or begins with, or holds what is looked for; in this order, each once.
pub async fn lookup(db: &impl ConnectionTrait, set: &str, folded: &str, limit: u64) -> Result<Vec<String>> {
    let mut found: Vec<String> = Vec::new();
    for how in [
        Column::Folded.eq(folded),
        Column::Folded.like(like(folded, false)),
        Column::Folded.like(like(folded, true)),
    ] {
        let some: Vec<String> = Entity::find()
            .select_only()
            .column(Column::ClusterId)
            .distinct()
            .filter(Column::SetId.eq(set))
            .filter(Column::UntilAt.is_null())
            .filter(how)
            .order_by_asc(Column::ClusterId)
            .limit(limit)
            .into_tuple()
            .all(db)
            .await?;
        for cluster in some {
            if !found.contains(&cluster) && (found.len() as u64) < limit {
                found.push(cluster);
            }
        }
        if found.len() as u64 >= limit {
            break;
        }
    }
    Ok(found)
}
