//! Somebody decides requests in an owner's place for a time (委托审批).

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// Somebody decides requests in an owner's place for a time (委托审批).
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "delegation")]
pub struct Model {
    /// Stable id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// Owner whose requests are decided.
    pub owner: String,
    /// Account that decides.
    pub delegate: String,
    /// Account that delegated.
    pub given_by: String,
    /// When.
    pub given_at: DateTimeUtc,
    /// Last instant it holds.
    pub valid_until: DateTimeUtc,
    /// When it was taken back.
    pub revoked_at: Option<DateTimeUtc>,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
