//! Data products (数据产品) and their versions as rows; which step is allowed is `warehouse`'s business.

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};

use crate::entity::{data_product, data_product_version};
use crate::{Result, revision};

pub use crate::entity::data_product::Model as ProductRow;
pub use crate::entity::data_product_version::Model as VersionRow;

/// Store a new product. A name that is taken is [`crate::Error::AlreadyExists`].
pub async fn insert(db: &impl ConnectionTrait, row: ProductRow) -> Result<()> {
    data_product::Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// Replace a product whose stored revision is still `seen`; otherwise somebody was faster: [`crate::Error::Stale`].
pub async fn update(db: &impl ConnectionTrait, row: ProductRow, seen: i64) -> Result<()> {
    use data_product::{Column, Entity};
    let id = (Column::Id, row.id.clone());
    revision::replace::<Entity>(db, "data product", row, id, (Column::Revision, seen)).await
}

/// Every product by name; people make them, so they are few.
pub async fn all(db: &impl ConnectionTrait) -> Result<Vec<ProductRow>> {
    Ok(data_product::Entity::find().order_by_asc(data_product::Column::Id).all(db).await?)
}

/// Store a published version. Nothing in this module changes one.
pub async fn insert_version(db: &impl ConnectionTrait, row: VersionRow) -> Result<()> {
    data_product_version::Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// Every version of every product, oldest first.
pub async fn versions(db: &impl ConnectionTrait) -> Result<Vec<VersionRow>> {
    use data_product_version::{Column, Entity};
    Ok(Entity::find().order_by_asc(Column::Product).order_by_asc(Column::Number).all(db).await?)
}

/// Versions of one product, newest first.
pub async fn versions_of(db: &impl ConnectionTrait, product: &str) -> Result<Vec<VersionRow>> {
    use data_product_version::{Column, Entity};
    let select = Entity::find().filter(Column::Product.eq(product));
    Ok(select.order_by_desc(Column::Number).all(db).await?)
}
