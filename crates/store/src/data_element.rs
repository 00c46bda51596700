//! Data elements (数据元) and the columns bound to them as rows; what they mean is `brain-standards`' business.

use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use crate::entity::{data_element, element_binding};
use crate::{Error, Result, Transaction};

pub use crate::entity::data_element::Model as ElementRow;
pub use crate::entity::element_binding::Model as BindingRow;

/// Every version of every element, by id, the newest first.
pub async fn all(db: &impl ConnectionTrait, limit: u64) -> Result<Vec<ElementRow>> {
    Ok(data_element::Entity::find()
        .order_by_asc(data_element::Column::Id)
        .order_by_desc(data_element::Column::Version)
        .limit(limit)
        .all(db)
        .await?)
}

/// How many versions of elements there are.
pub async fn count(db: &impl ConnectionTrait) -> Result<u64> {
    Ok(data_element::Entity::find().count(db).await?)
}

/// The versions of an element, the newest first.
pub async fn versions(db: &impl ConnectionTrait, id: &str) -> Result<Vec<ElementRow>> {
    Ok(data_element::Entity::find()
        .filter(data_element::Column::Id.eq(id))
        .order_by_desc(data_element::Column::Version)
        .all(db)
        .await?)
}

/// Store a new version; two people who add one at once collide on its number: [`Error::AlreadyExists`].
pub async fn insert(transaction: &Transaction, row: ElementRow) -> Result<()> {
    data_element::Entity::insert(row.into_active_model()).exec_without_returning(transaction).await?;
    Ok(())
}

/// Replace a version whose stored revision is still `seen`; otherwise somebody was faster: [`Error::Stale`].
pub async fn update(transaction: &Transaction, row: ElementRow, seen: i64) -> Result<()> {
    use data_element::Column;
    let id = row.id.clone();
    let update = data_element::Entity::update_many()
        .filter(Column::Id.eq(&id))
        .filter(Column::Version.eq(row.version))
        .filter(Column::Revision.eq(seen))
        .set(sea_orm::ActiveModelTrait::reset_all(row.into_active_model()))
        .exec(transaction)
        .await?;
    match update.rows_affected {
        0 => Err(Error::Stale { what: "data element", id }),
        _ => Ok(()),
    }
}

/// Columns bound to elements, by dataset and column: of one dataset or of one element, where they are given.
pub async fn bindings(
    db: &impl ConnectionTrait,
    dataset: Option<&str>,
    element: Option<&str>,
    limit: u64,
) -> Result<Vec<BindingRow>> {
    use element_binding::Column;
    let mut select = element_binding::Entity::find();
    if let Some(dataset) = dataset {
        select = select.filter(Column::Dataset.eq(dataset));
    }
    if let Some(element) = element {
        select = select.filter(Column::Element.eq(element));
    }
    Ok(select.order_by_asc(Column::Dataset).order_by_asc(Column::ColumnName).limit(limit).all(db).await?)
}

/// Bind a column, in place of what it was bound to.
pub async fn bind(transaction: &Transaction, row: BindingRow) -> Result<()> {
    use element_binding::Column;
    let update = OnConflict::columns([Column::Dataset, Column::ColumnName])
        .update_columns([Column::Element, Column::Required, Column::UpdatedBy, Column::UpdatedAt])
        .to_owned();
    element_binding::Entity::insert(row.into_active_model())
        .on_conflict(update)
        .exec_without_returning(transaction)
        .await?;
    Ok(())
}

/// Loosen a column; whether it was bound.
pub async fn unbind(transaction: &Transaction, dataset: &str, column: &str) -> Result<bool> {
    let key = (dataset.to_owned(), column.to_owned());
    Ok(element_binding::Entity::delete_by_id(key).exec(transaction).await?.rows_affected > 0)
}
