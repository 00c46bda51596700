//! A duty by law with its clock.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// A duty by law with its clock.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "incident_duty")]
pub struct Model {
    /// Incident.
    #[sea_orm(primary_key, auto_increment = false)]
    pub incident: String,
    /// Id of the duty.
    #[sea_orm(primary_key, auto_increment = false)]
    pub duty: String,
    /// What is to be done, in Chinese.
    pub title_zh: String,
    /// The same in English.
    pub title_en: String,
    /// Clause it comes from.
    pub law: String,
    /// By when.
    pub due_at: DateTimeUtc,
    /// When it was done.
    pub done_at: Option<DateTimeUtc>,
    /// By whom.
    pub done_by: Option<String>,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
