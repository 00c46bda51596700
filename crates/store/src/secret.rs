//! Sealed secrets (机密) by name; what is in them only `trust` can open.

use sea_orm::sea_query::{LikeExpr, OnConflict};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};

use crate::Result;
use crate::entity::secret::{Column, Entity};

pub use crate::entity::secret::Model as SecretRow;

/// The secret of this name.
pub async fn find(db: &impl ConnectionTrait, name: &str) -> Result<Option<SecretRow>> {
    Ok(Entity::find_by_id(name).one(db).await?)
}

/// Store a secret, replacing one of the same name.
pub async fn put(db: &impl ConnectionTrait, secret: SecretRow) -> Result<()> {
    Entity::insert(secret.into_active_model())
        .on_conflict(
            OnConflict::column(Column::Name)
                .update_columns([Column::KeyId, Column::Sealed, Column::UpdatedAt])
                .to_owned(),
        )
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// Forget a secret; whether there was one.
pub async fn delete(db: &impl ConnectionTrait, name: &str) -> Result<bool> {
    Ok(Entity::delete_by_id(name).exec(db).await?.rows_affected > 0)
}

/// Names that begin with `prefix`, in order.
pub async fn names(db: &impl ConnectionTrait, prefix: &str) -> Result<Vec<String>> {
    let family = prefix.replace(['%', '_', '\\'], "");
    Ok(Entity::find()
        .select_only()
        .column(Column::Name)
        .filter(Column::Name.like(LikeExpr::new(format!("{family}%"))))
        .order_by_asc(Column::Name)
        .into_tuple()
        .all(db)
        .await?)
}

/// At most `limit` secrets that another data key than `key_id` seals.
pub async fn sealed_by_others(db: &impl ConnectionTrait, key_id: &str, limit: u64) -> Result<Vec<SecretRow>> {
    Ok(Entity::find()
        .filter(Column::KeyId.ne(key_id))
        .order_by_asc(Column::Name)
        .limit(limit)
        .all(db)
        .await?)
}
