//! Data whose time to be kept has run out (待删除数据), and what became of it.

use sea_orm::entity::prelude::*;

/// Data whose time to be kept has run out (待删除数据), and what became of it.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "deletion_proposal")]
pub struct Model {
    /// Id, a UUID.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// The dataset.
    pub dataset: String,
    /// Name of the retention rule.
    pub rule: String,
    /// Law, contract or policy behind the rule.
    pub basis: String,
    /// Whether the present content goes too, not only past versions.
    pub whole: bool,
    /// Oldest version that stays.
    pub first_kept: i64,
    /// Versions that go.
    pub versions: i64,
    /// Bytes of the files that go.
    pub bytes: i64,
    /// `proposed`, `deleting`, `rejected` or `done`.
    pub state: String,
    /// When the sweep proposed it.
    pub proposed_at: DateTimeUtc,
    /// Who decided.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<DateTimeUtc>,
    /// Why.
    pub reason: Option<String>,
    /// The certificate of deletion as JSON.
    pub certificate: Option<String>,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
