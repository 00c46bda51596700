//! Passwords an account had before (口令历史), hashed like the present one.

use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};

use crate::Result;
use crate::entity::password_history::{Column, Entity};

pub use crate::entity::password_history::Model as FormerPassword;

/// Remember a password that was replaced, and forget all but the last `keep`.
pub async fn insert(db: &impl ConnectionTrait, former: FormerPassword, keep: u64) -> Result<()> {
    let account_id = former.account_id.clone();
    former.into_active_model().insert(db).await?;
    let kept: Vec<String> = latest(db, &account_id, keep).await?.into_iter().map(|row| row.id).collect();
    let old =
        Entity::delete_many().filter(Column::AccountId.eq(account_id)).filter(Column::Id.is_not_in(kept));
    old.exec(db).await?;
    Ok(())
}

/// The last `count` passwords before the present one, newest first.
pub async fn latest(db: &impl ConnectionTrait, account_id: &str, count: u64) -> Result<Vec<FormerPassword>> {
    let newest = Entity::find().filter(Column::AccountId.eq(account_id)).order_by_desc(Column::Id);
    Ok(newest.limit(count).all(db).await?)
}
