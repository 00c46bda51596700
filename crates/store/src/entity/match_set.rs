//! What is matched with what (匹配方案): its plan, and the name of its clusters.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// What is matched with what (匹配方案): its plan, and the name of its clusters.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "match_set")]
pub struct Model {
    /// Id (UUID v7).
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// Name; no two share one.
    pub name: String,
    /// Steps, columns, thresholds, rules of golden records.
    pub plan: Json,
    /// What digests of records are made with, so that they are of use in this set alone.
    pub salt: String,
    /// Grows with every change.
    pub revision: i64,
    /// Account id of who changed it last.
    pub changed_by: String,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// When it last changed.
    pub updated_at: DateTimeUtc,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
