//! A code list (代码表).

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// A code list (代码表).
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "code_list")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// Chinese title.
    pub title_zh: String,
    /// English title, or nothing.
    pub title_en: String,
    /// Standard it is of, or nothing.
    pub standard: String,
    /// Edition of the standard, or nothing.
    pub edition: String,
    /// Where it was taken from.
    pub source: String,
    /// How many codes it has.
    pub codes: i64,
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
