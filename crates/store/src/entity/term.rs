//! A business term (业务术语).

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// A business term (业务术语).
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "term")]
pub struct Model {
    /// Id, a UUID.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// Chinese name; no two terms share one.
    pub name_zh: String,
    /// English name, or nothing.
    pub name_en: String,
    /// What it means, in Chinese.
    pub definition_zh: String,
    /// What it means, in English, or nothing.
    pub definition_en: String,
    /// Other names, a JSON array of texts.
    pub synonyms: String,
    /// Datasets (`zone.table`) and columns (`zone.table#column`) that hold it, a JSON array.
    pub links: String,
    /// Who answers for the definition.
    pub owner: String,
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
