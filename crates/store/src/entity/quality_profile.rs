//! What a dataset looked like: at the last check, and as the baseline of drift.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// What a dataset looked like: at the last check, and as the baseline of drift.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "quality_profile")]
pub struct Model {
    /// Dataset.
    #[sea_orm(primary_key, auto_increment = false)]
    pub dataset: String,
    /// `latest` or `baseline`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: String,
    /// Version it is of.
    pub dataset_version: i64,
    /// When it was made.
    pub at: DateTimeUtc,
    /// The profile.
    pub profile: Json,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
