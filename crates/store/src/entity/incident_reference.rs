//! A record an incident rests on.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// A record an incident rests on.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "incident_reference")]
pub struct Model {
    /// Incident.
    #[sea_orm(primary_key, auto_increment = false)]
    pub incident: String,
    /// `audit` or `evidence`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub log: String,
    /// Position in that log.
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
