//! One line of a ticket's timeline; rows are added and never changed.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// One line of a ticket's timeline; rows are added and never changed.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "quality_ticket_event")]
pub struct Model {
    /// Ticket.
    #[sea_orm(primary_key, auto_increment = false)]
    pub ticket: String,
    /// Number within the ticket, from 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i32,
    /// When.
    pub at: DateTimeUtc,
    /// Account id, or `system`.
    pub actor: String,
    /// What happened.
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
