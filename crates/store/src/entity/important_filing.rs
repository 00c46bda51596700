//! A filing of important data (重要数据目录备案): what was told, not the data.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// A filing of important data (重要数据目录备案): what was told, not the data.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "important_filing")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// Dataset.
    pub dataset: String,
    /// When it was filed.
    pub filed_at: DateTimeUtc,
    /// Who filed it.
    pub filed_by: String,
    /// The row of the form as filed.
    pub content: Json,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
