//! A token that a session has replaced: whoever shows it later has a copy.

use sea_orm::entity::prelude::*;

/// A token that a session has replaced: whoever shows it later has a copy.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "session_token")]
pub struct Model {
    /// SHA-256 of the token, hexadecimal.
    #[sea_orm(primary_key, auto_increment = false)]
    pub token_hash: String,
    /// Which session it opened.
    pub session_id: String,
    /// When it was replaced.
    pub replaced_at: DateTimeUtc,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
