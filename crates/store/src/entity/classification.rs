//! One version of the label (分类分级标签) of a dataset or column.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// One version of the label (分类分级标签) of a dataset or column.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "classification")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// Dataset.
    pub dataset: String,
    /// Column; empty for the dataset as a whole.
    pub column_name: String,
    /// `label`, or `degrading` where it limits what is inherited.
    pub kind: String,
    /// Counts from 1 for each dataset, column and kind.
    pub version: i64,
    /// `proposed`, `confirmed`, `approved`, `rejected` or `superseded`.
    pub state: String,
    /// Grade.
    pub grade: String,
    /// The whole label.
    pub label: Json,
    /// Why it is proposed.
    pub evidence: Json,
    /// Who proposed it: account id or `system`.
    pub proposed_by: String,
    /// When.
    pub proposed_at: DateTimeUtc,
    /// Who confirmed it for the owner.
    pub confirmed_by: Option<String>,
    /// When.
    pub confirmed_at: Option<DateTimeUtc>,
    /// Who approved or rejected it.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<DateTimeUtc>,
    /// Last instant it is valid.
    pub valid_to: Option<DateTimeUtc>,
    /// Words of the last decision.
    pub reason: Option<String>,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
