//! One run of one SQL model (模型运行).

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// One run of one SQL model (模型运行).
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "model_run")]
pub struct Model {
    /// Stable id (UUID v7).
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// Model name.
    pub model: String,
    /// Hash of the SQL and its front matter; a changed model is stale.
    pub definition_hash: String,
    /// Datasets and versions read.
    pub inputs: Json,
    /// Dataset written.
    pub output: String,
    /// Version written.
    pub output_version: i64,
    /// Rows written.
    pub rows: i64,
    /// Seconds it took.
    pub seconds: f64,
    /// When it ended.
    pub finished_at: DateTimeUtc,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
