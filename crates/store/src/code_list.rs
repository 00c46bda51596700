//! Code lists and mapping tables (代码表, 对照表) as rows; what they may hold is `brain-standards`' business.

use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};

use crate::entity::{code_list, code_list_code, code_mapping, code_mapping_row};
use crate::{Result, Transaction, revision};

pub use crate::entity::code_list::Model as CodeListRow;
pub use crate::entity::code_list_code::Model as CodeRow;
pub use crate::entity::code_mapping::Model as MappingRow;
pub use crate::entity::code_mapping_row::Model as MappedRow;

/// Rows one statement inserts; nine values each stay below what both engines take.
const ROWS_AT_ONCE: usize = 500;

/// Every list without its codes, by id.
pub async fn lists(db: &impl ConnectionTrait, limit: u64) -> Result<Vec<CodeListRow>> {
    Ok(code_list::Entity::find().order_by_asc(code_list::Column::Id).limit(limit).all(db).await?)
}

/// One list without its codes.
pub async fn list(db: &impl ConnectionTrait, id: &str) -> Result<Option<CodeListRow>> {
    Ok(code_list::Entity::find_by_id(id).one(db).await?)
}

/// The codes of a list in their order.
pub async fn codes(db: &impl ConnectionTrait, list: &str) -> Result<Vec<CodeRow>> {
    Ok(code_list_code::Entity::find()
        .filter(code_list_code::Column::List.eq(list))
        .order_by_asc(code_list_code::Column::Place)
        .all(db)
        .await?)
}

/// Store a list with its codes; in place of the one whose revision is still `seen`, where there was one.
/// Somebody faster is [`crate::Error::Stale`], or [`crate::Error::AlreadyExists`] of a new list.
pub async fn put_list(
    transaction: &Transaction,
    row: CodeListRow,
    codes: Vec<CodeRow>,
    seen: Option<i64>,
) -> Result<()> {
    let id = row.id.clone();
    let key = (code_list::Column::Id, id.clone());
    put::<code_list::Entity>(transaction, "code list", row, key, (code_list::Column::Revision, seen)).await?;
    replace_parts::<code_list_code::Entity>(transaction, (code_list_code::Column::List, &id), codes).await
}

/// Every mapping without its rows, by id.
pub async fn mappings(db: &impl ConnectionTrait, limit: u64) -> Result<Vec<MappingRow>> {
    Ok(code_mapping::Entity::find().order_by_asc(code_mapping::Column::Id).limit(limit).all(db).await?)
}

/// One mapping without its rows.
pub async fn mapping(db: &impl ConnectionTrait, id: &str) -> Result<Option<MappingRow>> {
    Ok(code_mapping::Entity::find_by_id(id).one(db).await?)
}

/// Rows of a mapping by the code mapped from; of one such code, where it is given.
pub async fn mapped(db: &impl ConnectionTrait, mapping: &str, from: Option<&str>) -> Result<Vec<MappedRow>> {
    use code_mapping_row::Column;
    let mut select = code_mapping_row::Entity::find().filter(Column::Mapping.eq(mapping));
    if let Some(from) = from {
        select = select.filter(Column::FromCode.eq(from));
    }
    Ok(select.order_by_asc(Column::FromCode).order_by_asc(Column::ToCode).all(db).await?)
}

/// Rows of every mapping that lead to a code, by mapping.
pub async fn mapped_to(db: &impl ConnectionTrait, to: &str, limit: u64) -> Result<Vec<MappedRow>> {
    use code_mapping_row::Column;
    let select = code_mapping_row::Entity::find().filter(Column::ToCode.eq(to));
    Ok(select.order_by_asc(Column::Mapping).order_by_asc(Column::FromCode).limit(limit).all(db).await?)
}

/// Store a mapping with its rows, as [`put_list`] does a list.
pub async fn put_mapping(
    transaction: &Transaction,
    row: MappingRow,
    rows: Vec<MappedRow>,
    seen: Option<i64>,
) -> Result<()> {
    let id = row.id.clone();
    let key = (code_mapping::Column::Id, id.clone());
    let revision = (code_mapping::Column::Revision, seen);
    put::<code_mapping::Entity>(transaction, "code mapping", row, key, revision).await?;
    replace_parts::<code_mapping_row::Entity>(transaction, (code_mapping_row::Column::Mapping, &id), rows)
        .await
}

/// A new row where no revision was seen, else in place of the one seen.
async fn put<E>(
    transaction: &Transaction,
    what: &'static str,
    row: E::Model,
    key: (E::Column, String),
    (revision_column, seen): (E::Column, Option<i64>),
) -> Result<()>
where
    E: EntityTrait,
    E::Model: IntoActiveModel<E::ActiveModel>,
{
    if let Some(seen) = seen {
        return revision::replace::<E>(transaction, what, row, key, (revision_column, seen)).await;
    }
    E::insert(row.into_active_model()).exec_without_returning(transaction).await?;
    Ok(())
}

/// These rows in the place of all whose `owner` is this one.
async fn replace_parts<E>(
    transaction: &Transaction,
    (owner_column, owner): (E::Column, &str),
    rows: Vec<E::Model>,
) -> Result<()>
where
    E: EntityTrait,
    E::Model: IntoActiveModel<E::ActiveModel>,
{
    E::delete_many().filter(owner_column.eq(owner)).exec(transaction).await?;
    let mut rows = rows.into_iter().map(IntoActiveModel::into_active_model).peekable();
    while rows.peek().is_some() {
        let batch: Vec<E::ActiveModel> = rows.by_ref().take(ROWS_AT_ONCE).collect();
        E::insert_many(batch).exec_without_returning(transaction).await?;
    }
    Ok(())
}
