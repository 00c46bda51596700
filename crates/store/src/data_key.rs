//! Data keys (数据密钥), wrapped; wrapping and sealing are `trust`'s business.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};

use crate::entity::data_key::{Column, Entity};
use crate::{Error, Page, PageRequest, Result, page};

pub use crate::entity::data_key::Model as DataKeyRow;

/// Store a new key.
pub async fn insert(db: &impl ConnectionTrait, key: DataKeyRow) -> Result<DataKeyRow> {
    Ok(key.into_active_model().insert(db).await?)
}

/// The key with this id.
pub async fn find(db: &impl ConnectionTrait, id: &str) -> Result<Option<DataKeyRow>> {
    Ok(Entity::find_by_id(id).one(db).await?)
}

/// The newest key of a purpose that still seals.
pub async fn current(db: &impl ConnectionTrait, purpose: &str) -> Result<Option<DataKeyRow>> {
    Ok(Entity::find()
        .filter(Column::Purpose.eq(purpose))
        .filter(Column::RetiredAt.is_null())
        .filter(Column::DestroyedAt.is_null())
        .order_by_desc(Column::CreatedAt)
        .order_by_desc(Column::Id)
        .one(db)
        .await?)
}

/// Every key of a purpose, oldest first.
pub async fn of_purpose(db: &impl ConnectionTrait, purpose: &str) -> Result<Vec<DataKeyRow>> {
    Ok(Entity::find()
        .filter(Column::Purpose.eq(purpose))
        .order_by_asc(Column::CreatedAt)
        .order_by_asc(Column::Id)
        .all(db)
        .await?)
}

/// Keys, newest first.
pub async fn list(db: &impl ConnectionTrait, request: PageRequest) -> Result<Page<DataKeyRow>> {
    page::fetch(db, Entity::find().order_by_desc(Column::CreatedAt).order_by_desc(Column::Id), request).await
}

/// At most `limit` living keys that another key-encryption key than `kek_id` wraps.
pub async fn wrapped_by_others(
    db: &impl ConnectionTrait,
    kek_id: &str,
    limit: u64,
) -> Result<Vec<DataKeyRow>> {
    Ok(Entity::find()
        .filter(Column::KekId.ne(kek_id))
        .filter(Column::DestroyedAt.is_null())
        .order_by_asc(Column::Id)
        .limit(limit)
        .all(db)
        .await?)
}

/// Put the key under another key-encryption key; a destroyed key stays destroyed.
pub async fn rewrap(db: &impl ConnectionTrait, id: &str, kek_id: &str, wrapped: Vec<u8>) -> Result<()> {
    let update = Entity::update_many()
        .col_expr(Column::KekId, Expr::value(kek_id))
        .col_expr(Column::Wrapped, Expr::value(wrapped))
        .filter(Column::Id.eq(id))
        .filter(Column::DestroyedAt.is_null());
    found(update.exec(db).await?.rows_affected, id)
}

/// Seal nothing new with the living keys of a purpose; how many there were.
pub async fn retire(db: &impl ConnectionTrait, purpose: &str, at: DateTime<Utc>) -> Result<u64> {
    let update = Entity::update_many()
        .col_expr(Column::RetiredAt, Expr::value(at))
        .filter(Column::Purpose.eq(purpose))
        .filter(Column::RetiredAt.is_null());
    Ok(update.exec(db).await?.rows_affected)
}

/// Forget the wrapped key for good; a key destroyed before is [`Error::NotFound`].
pub async fn destroy(db: &impl ConnectionTrait, id: &str, at: DateTime<Utc>) -> Result<()> {
    let update = Entity::update_many()
        .col_expr(Column::Wrapped, Expr::value(None::<Vec<u8>>))
        .col_expr(Column::DestroyedAt, Expr::value(at))
        .filter(Column::Id.eq(id))
        .filter(Column::DestroyedAt.is_null());
    found(update.exec(db).await?.rows_affected, id)
}

/// Forget every wrapped key of a copy of the database, which then holds nothing that can be opened by itself.
pub async fn strip(db: &impl ConnectionTrait) -> Result<()> {
    Entity::update_many().col_expr(Column::Wrapped, Expr::value(None::<Vec<u8>>)).exec(db).await?;
    Ok(())
}

/// Keys that are not destroyed, oldest first.
pub async fn living(db: &impl ConnectionTrait) -> Result<Vec<DataKeyRow>> {
    Ok(Entity::find()
        .filter(Column::DestroyedAt.is_null())
        .order_by_asc(Column::CreatedAt)
        .order_by_asc(Column::Id)
        .all(db)
        .await?)
}

fn found(rows: u64, id: &str) -> Result<()> {
    if rows == 0 { Err(Error::NotFound { what: "data key", id: id.to_owned() }) } else { Ok(()) }
}
