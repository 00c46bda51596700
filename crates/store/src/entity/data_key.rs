//! One data key (数据密钥), wrapped.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// One data key (数据密钥), wrapped.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "data_key")]
pub struct Model {
    /// Id, a UUID; sealed files carry its 16 bytes.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// What it seals, for example `secret` or `dataset:raw.registry`; wrapped keys open for this purpose only.
    pub purpose: String,
    /// Sealing algorithm.
    pub algorithm: String,
    /// Which key-encryption key wraps it.
    pub kek_id: String,
    /// The wrapped key; gone once the key is destroyed.
    #[serde(skip)]
    pub wrapped: Option<Vec<u8>>,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// Since when nothing new is sealed with it.
    pub retired_at: Option<DateTimeUtc>,
    /// When it was destroyed, and all it sealed with it.
    pub destroyed_at: Option<DateTimeUtc>,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
