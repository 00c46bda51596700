//! Rows that several work on: whoever writes says which revision, or which state, he has seen.

use sea_orm::{
    ActiveModelTrait as _, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter as _,
    Value,
};

use crate::{Error, Result};

/// Replace the row of this id whose stored revision or state is still the one seen; otherwise somebody was faster:
/// [`Error::Stale`], which calls the row `what`.
pub(crate) async fn replace<E>(
    db: &impl ConnectionTrait,
    what: &'static str,
    row: E::Model,
    (id_column, id): (E::Column, String),
    (seen_column, seen): (E::Column, impl Into<Value>),
) -> Result<()>
where
    E: EntityTrait,
    E::Model: IntoActiveModel<E::ActiveModel>,
{
    let update = E::update_many()
        .set(row.into_active_model().reset_all())
        .filter(id_column.eq(&id))
        .filter(seen_column.eq(seen))
        .exec(db)
        .await?;
    match update.rows_affected {
        0 => Err(Error::Stale { what, id }),
        _ => Ok(()),
    }
}
