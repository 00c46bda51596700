//! One version of one rule: an attribute policy or the label of an account.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// One version of one rule: an attribute policy or the label of an account. Rows are added, only their state changes.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "rule_version")]
pub struct Model {
    /// Stable id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// `policy` or `label`.
    pub kind: String,
    /// Policy name or account id.
    pub subject: String,
    /// Counts from 1 per kind and subject.
    pub version: i64,
    /// What it says; null retires the rule.
    pub body: Json,
    /// Highest grade the change can touch; decides whether two people are needed.
    pub level: String,
    /// `proposed`, `active`, `superseded` or `refused`.
    pub state: String,
    /// Account that proposed it.
    pub proposed_by: String,
    /// When.
    pub proposed_at: DateTimeUtc,
    /// Account that confirmed or refused it.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<DateTimeUtc>,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
