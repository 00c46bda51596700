//! One line of an incident's timeline.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// One line of an incident's timeline.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "incident_event")]
pub struct Model {
    /// Incident.
    #[sea_orm(primary_key, auto_increment = false)]
    pub incident: String,
    /// Number within the incident, from 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i32,
    /// When.
    pub at: DateTimeUtc,
    /// Who.
    pub actor: String,
    /// What.
    pub step: String,
    /// Words; may be empty.
    pub note: String,
    /// What changed.
    pub detail: Json,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
