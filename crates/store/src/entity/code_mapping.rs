//! A mapping table (对照表).

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// A mapping table (对照表).
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "code_mapping")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// Chinese title.
    pub title_zh: String,
    /// English title, or nothing.
    pub title_en: String,
    /// List mapped from.
    pub from_list: String,
    /// List mapped to.
    pub to_list: String,
    /// Who says so.
    pub source: String,
    /// How many rows it has.
    pub rows: i64,
    /// Counts changes, from 1.
    pub revision: i64,
    /// Account that changed it last.
    pub updated_by: String,
    /// When.
    pub updated_at: DateTimeUtc,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
