//! A data product (数据产品).

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// A data product (数据产品).
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "data_product")]
pub struct Model {
    /// Name, as in `product.<id>`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// Owning organisation (USCC) or `node`.
    pub owner: String,
    /// Title in Chinese.
    pub title_zh: String,
    /// Title in English.
    pub title_en: String,
    /// What it holds, in Chinese.
    pub description_zh: String,
    /// What it holds, in English.
    pub description_en: String,
    /// `draft`, `published`, `deprecated` or `withdrawn`.
    pub state: String,
    /// Counts changes.
    pub revision: i64,
    /// Definition as it would be published next.
    pub draft: Json,
    /// Number of the version offered; none before the first.
    pub current: Option<i64>,
    /// Account that made it.
    pub created_by: String,
    /// When.
    pub created_at: DateTimeUtc,
    /// Account that changed it last.
    pub updated_by: String,
    /// When.
    pub updated_at: DateTimeUtc,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
