//! How often a grant or policy decided something.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// How often a grant or policy decided something.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "use_counter")]
pub struct Model {
    /// `grant` or `policy`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: String,
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// How often.
    pub hits: i64,
    /// When last.
    pub last_at: DateTimeUtc,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
