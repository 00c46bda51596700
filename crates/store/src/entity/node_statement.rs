//! The last statement another node made about itself (可信状态报告), with what was found of it.

use sea_orm::entity::prelude::*;

/// The last statement another node made about itself (可信状态报告), with what was found of it.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "node_statement")]
pub struct Model {
    /// The account of the node.
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: String,
    /// The signed statement as JSON; empty where none came.
    pub statement: String,
    /// Whether data may be exchanged with it.
    pub accepted: bool,
    /// Why not.
    pub reason: Option<String>,
    /// When it was asked for.
    pub received_at: DateTimeUtc,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
