//! How often grants and policies decided something.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ConnectionTrait, EntityTrait, IntoActiveModel};

use crate::Result;
use crate::entity::use_counter::{Column, Entity};

pub use crate::entity::use_counter::Model as UseCounterRow;

/// Add hits to a counter, made where it is missing.
pub async fn add(
    db: &impl ConnectionTrait,
    kind: &str,
    id: &str,
    hits: i64,
    last_at: DateTime<Utc>,
) -> Result<()> {
    let row = UseCounterRow { kind: kind.to_owned(), id: id.to_owned(), hits, last_at };
    let total = Expr::col((Entity, Column::Hits)).add(hits);
    let conflict = OnConflict::columns([Column::Kind, Column::Id])
        .value(Column::Hits, total)
        .update_column(Column::LastAt)
        .to_owned();
    Entity::insert(row.into_active_model()).on_conflict(conflict).exec_without_returning(db).await?;
    Ok(())
}

/// Every counter; there are no more than grants and policies ever used.
pub async fn all(db: &impl ConnectionTrait) -> Result<Vec<UseCounterRow>> {
    Ok(Entity::find().all(db).await?)
}
