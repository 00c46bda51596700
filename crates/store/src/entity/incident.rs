//! One incident (安全事件) or drill (演练).

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// One incident (安全事件) or drill (演练).
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "incident")]
pub struct Model {
    /// Stable id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// Alert rule that raised it.
    pub rule: Option<String>,
    /// Whom or what it is about, usually an account id.
    pub subject: String,
    /// Title in Chinese.
    pub title_zh: String,
    /// Title in English.
    pub title_en: String,
    /// How bad.
    pub severity: String,
    /// Whether it is a drill.
    pub drill: bool,
    /// Where it stands.
    pub state: String,
    /// Account that works on it.
    pub owner: Option<String>,
    /// Grows with every change; a change names the revision it saw.
    pub revision: i64,
    /// How often the rule was hit.
    pub hits: i64,
    /// When it was raised.
    pub opened_at: DateTimeUtc,
    /// When the rule was last hit.
    pub last_hit_at: DateTimeUtc,
    /// When it last changed.
    pub updated_at: DateTimeUtc,
    /// When it was closed.
    pub closed_at: Option<DateTimeUtc>,
    /// Whether it turned out to be none.
    pub false_alarm: bool,
    /// Why it happened.
    pub cause: Option<String>,
    /// What was done so that it does not happen again.
    pub measures: Option<String>,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
