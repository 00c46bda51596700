//! One permission (授权). Revoked and expired ones stay for the record.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// One permission (授权). Revoked and expired ones stay for the record.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "grant_entry")]
pub struct Model {
    /// Stable id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// `role` or `account`.
    pub subject_kind: String,
    /// Role name or account id.
    pub subject: String,
    /// Dataset name, or a prefix ending in `*`.
    pub dataset_pattern: String,
    /// Which of the matching datasets: `all`, `unrestricted`, `own_rows`, `owned`.
    pub reach: String,
    /// Highest dataset grade reached; none is no limit.
    pub grade_max: Option<String>,
    /// Columns of this grade or higher are hidden.
    pub mask_from: Option<String>,
    /// Row filter, a `brain_kernel::predicate::Predicate`.
    pub rows: Json,
    /// Column name to `brain_kernel::predicate::Mask`.
    pub masks: Json,
    /// Purpose it is given for; `*` is any.
    pub purpose: String,
    /// Last instant it is valid.
    pub valid_until: Option<DateTimeUtc>,
    /// Why it was given, in Chinese.
    pub basis_zh: String,
    /// Why it was given, in English.
    pub basis_en: String,
    /// Account id of the issuer, or `system`.
    pub issued_by: String,
    /// When it was given.
    pub issued_at: DateTimeUtc,
    /// When it was taken back.
    pub revoked_at: Option<DateTimeUtc>,
    /// Account id of who took it back.
    pub revoked_by: Option<String>,
    /// Columns it opens; none is every column.
    pub columns: Option<Json>,
    /// Actions it opens; none is what reading needs.
    pub actions: Option<Json>,
    /// Agreement it rests on.
    pub agreement: Option<String>,
    /// The request it came of.
    pub request_id: Option<String>,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
