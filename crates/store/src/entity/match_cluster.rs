//! Records that are one thing (实体簇).

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// Records that are one thing (实体簇).
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "match_cluster")]
pub struct Model {
    /// Id (UUID v7); it lives on while the thing does.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// The set.
    pub set_id: String,
    /// Records in it.
    pub size: i64,
    /// Whether nothing is in it any more.
    pub ended: bool,
    /// When it was formed.
    pub created_at: DateTimeUtc,
    /// When it last changed.
    pub updated_at: DateTimeUtc,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
