//! One attempt at one SQL model (模型运行经过).

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// One attempt at one SQL model (模型运行经过), whatever came of it.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "model_attempt")]
pub struct Model {
    /// Stable id (UUID v7); the run's own where the attempt made a version.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// Model name.
    pub model: String,
    /// What became of it: `ran`, `failed`, `tests_failed`, `skipped`.
    pub state: String,
    /// How it was made: `full`, `incremental`, `backfill`.
    pub mode: String,
    /// Account that asked.
    pub actor: String,
    /// Hash of the SQL and its front matter.
    pub definition_hash: String,
    /// Version made; none where none was published.
    pub version: Option<i64>,
    /// Rows of that version, or those that were not published.
    pub rows: Option<i64>,
    /// Seconds it took.
    pub seconds: f64,
    /// Why it failed or was skipped, in Chinese; empty where it ran.
    pub reason_zh: String,
    /// The same in English.
    pub reason_en: String,
    /// Outcomes of its tests, without any value of a row.
    pub tests: Json,
    /// When it ended.
    pub at: DateTimeUtc,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
