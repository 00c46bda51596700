//! What a subscriber was offered, and whether it acknowledged (交付与回执).

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// What a subscriber was offered, and whether it acknowledged (交付与回执).
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "data_product_delivery")]
pub struct Model {
    /// Stable id (UUID v7).
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// The subscription.
    pub subscription: String,
    /// Moment before.
    pub since: i64,
    /// Moment after.
    pub until: i64,
    /// Rows added.
    pub added: i64,
    /// Rows removed.
    pub removed: i64,
    /// Digest of the lines, hexadecimal.
    pub digest: String,
    /// When it was first offered.
    pub offered_at: DateTimeUtc,
    /// When the subscriber acknowledged it.
    pub acknowledged_at: Option<DateTimeUtc>,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
