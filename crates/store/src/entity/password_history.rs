//! A password an account had before; it may not come back soon.

use sea_orm::entity::prelude::*;

/// A password an account had before; it may not come back soon.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "password_history")]
pub struct Model {
    /// Stable id (UUID v7).
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// Whose password.
    pub account_id: String,
    /// PHC string.
    pub password_hash: String,
    /// When another took its place.
    pub replaced_at: DateTimeUtc,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
