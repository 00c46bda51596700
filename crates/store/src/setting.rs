//! Settings the node keeps for itself (系统设置), as JSON by name.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ConnectionTrait, EntityTrait, IntoActiveModel};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::entity::setting::{Column, Entity, Model};
use crate::{Error, Result};

/// The value stored under `key`; a value of another shape is [`Error::Corrupt`].
pub async fn get<T: DeserializeOwned>(db: &impl ConnectionTrait, key: &str) -> Result<Option<T>> {
    let Some(row) = Entity::find_by_id(key).one(db).await? else { return Ok(None) };
    let shown = row.value.to_string();
    serde_json::from_value(row.value)
        .map(Some)
        .map_err(|_| Error::Corrupt { field: "setting.value", value: shown })
}

/// Store `value` under `key`, replacing what was there.
pub async fn set<T: Serialize>(
    db: &impl ConnectionTrait,
    key: &str,
    value: &T,
    now: DateTime<Utc>,
) -> Result<()> {
    let value = serde_json::to_value(value)
        .map_err(|cause| Error::Corrupt { field: "setting.value", value: cause.to_string() })?;
    Entity::insert(Model { key: key.to_owned(), value, updated_at: now }.into_active_model())
        .on_conflict(
            OnConflict::column(Column::Key).update_columns([Column::Value, Column::UpdatedAt]).to_owned(),
        )
        .exec_without_returning(db)
        .await?;
    Ok(())
}
