//! A corpus (语料库) as it is defined.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// A corpus (语料库) as it is defined.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "corpus")]
pub struct Model {
    /// Id (UUID v7).
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// Name, the same in the names of its datasets.
    #[sea_orm(unique)]
    pub name: String,
    /// Title.
    pub title: String,
    /// Organisation (USCC) or `node`.
    pub owner: String,
    /// Everything else: purpose, licence, language, parameters, sources.
    pub definition: Json,
    /// Account that defined it.
    pub created_by: String,
    /// Account that changed it last.
    pub changed_by: String,
    /// Counts changes.
    pub revision: i64,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// When it was changed last.
    pub updated_at: DateTimeUtc,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
