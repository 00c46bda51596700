//! One check of a dataset.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// One check of a dataset.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "quality_run")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// Dataset.
    pub dataset: String,
    /// Version of it that was checked.
    pub dataset_version: i64,
    /// Version of the rules; 0 where there were none.
    pub rules_version: i64,
    /// When.
    pub at: DateTimeUtc,
    /// How long it took.
    pub seconds: f64,
    /// `ingest`, `model` or `person`.
    pub occasion: String,
    /// Account id, or `system`.
    pub actor: String,
    /// Rows checked.
    pub rows: i64,
    /// Score, 0 to 100.
    pub score: Option<f64>,
    /// Rules.
    pub rules: i64,
    /// Of these: failed or not measured.
    pub failed: i64,
    /// Score and outcomes.
    pub report: Json,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
