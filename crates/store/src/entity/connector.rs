//! A connector (数据源连接器).

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// A connector (数据源连接器).
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "connector")]
pub struct Model {
    /// Id (UUID v7).
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// What people call it.
    #[sea_orm(unique)]
    pub name: String,
    /// Kind of source.
    pub kind: String,
    /// Settings of the source, without secrets.
    pub settings: Json,
    /// Name of its secret in the vault.
    pub secret: Option<String>,
    /// Mapping its batches are read by, or `auto`.
    pub mapping: String,
    /// Target of `auto`.
    pub dataset: Option<String>,
    /// When it runs by itself.
    pub schedule: Json,
    /// Whether it may run.
    pub enabled: bool,
    /// Counts changes.
    pub revision: i64,
    /// Account that changed it last.
    pub updated_by: String,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// When it was changed last.
    pub updated_at: DateTimeUtc,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
