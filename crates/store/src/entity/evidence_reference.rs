//! That an entry is about something: what `trace` reads.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// That an entry is about something: what `trace` reads.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "evidence_reference")]
pub struct Model {
    /// `kind:id`, for example `dataset:subject.enterprise`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub reference: String,
    /// The entry.
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
