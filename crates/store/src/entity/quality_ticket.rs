//! A ticket (质量工单) about a rule that failed.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// A ticket (质量工单) about a rule that failed.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "quality_ticket")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// Dataset.
    pub dataset: String,
    /// Rule; a dataset has one ticket per rule, which is opened again when the rule fails again.
    pub rule: String,
    /// What the rule asks, Chinese.
    pub title_zh: String,
    /// What the rule asks, English.
    pub title_en: String,
    /// What was found at the last failure, Chinese.
    pub says_zh: String,
    /// What was found at the last failure, English.
    pub says_en: String,
    /// Severity of the rule.
    pub severity: String,
    /// `open`, `acknowledged` or `resolved`.
    pub state: String,
    /// Whether the rule failed at the last check.
    pub failing: bool,
    /// Who answers for it.
    pub owner: String,
    /// Account id of who works on it.
    pub assignee: Option<String>,
    /// Checks at which it failed.
    pub failures: i64,
    /// Grows with every change.
    pub revision: i64,
    /// Last check at which it failed.
    pub run_id: String,
    /// When it was opened first.
    pub opened_at: DateTimeUtc,
    /// When it last changed.
    pub updated_at: DateTimeUtc,
    /// When the rule last failed.
    pub last_failed_at: DateTimeUtc,
    /// When it was resolved.
    pub resolved_at: Option<DateTimeUtc>,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
