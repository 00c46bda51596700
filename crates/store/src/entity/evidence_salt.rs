//! Salt of one person; destroying it erases what the log says of the person.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// Salt of one person; destroying it erases what the log says of the person.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "evidence_salt")]
pub struct Model {
    /// Whose: `account:<id>`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub subject: String,
    /// 32 random bytes.
    pub salt: Vec<u8>,
    /// When it was made.
    pub created_at: DateTimeUtc,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
