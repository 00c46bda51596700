//! What became of products (产品主数据), as rows that are added and never changed; `brain-standards` says what they mean.

use sea_orm::{ConnectionTrait, EntityTrait, IntoActiveModel, QueryOrder, QuerySelect};

use crate::entity::product_event::{Column, Entity};
use crate::{Result, Transaction};

pub use crate::entity::product_event::Model as ProductEventRow;

/// Every event in order.
pub async fn all(db: &impl ConnectionTrait, limit: u64) -> Result<Vec<ProductEventRow>> {
    Ok(Entity::find().order_by_asc(Column::Number).limit(limit).all(db).await?)
}

/// Add one; two people who add at once collide on its number: [`crate::Error::AlreadyExists`].
pub async fn insert(transaction: &Transaction, row: ProductEventRow) -> Result<()> {
    Entity::insert(row.into_active_model()).exec_without_returning(transaction).await?;
    Ok(())
}
