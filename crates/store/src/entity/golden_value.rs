//! A value of an enterprise's golden record (金记录), with where it is from and what chose it.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// A value of an enterprise's golden record (金记录), with where it is from and what chose it.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "golden_value")]
pub struct Model {
    /// Id (UUID v7).
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// The set.
    pub set_id: String,
    /// The cluster.
    pub cluster_id: String,
    /// Attribute.
    pub attribute: String,
    /// The value; nothing where its column is graded so high that the store may not hold it.
    pub value: Option<String>,
    /// The value as it is looked for.
    pub folded: Option<String>,
    /// Digest of the value.
    pub print: String,
    /// Dataset it is from.
    pub dataset: String,
    /// Key of the record it is from.
    pub record_key: String,
    /// Column it is from.
    pub source_column: String,
    /// As of when, ISO 8601.
    pub as_of: Option<String>,
    /// Whether it survived; others are kept as what else is said.
    pub chosen: bool,
    /// The criterion that chose it.
    pub chosen_by: Option<String>,
    /// The run that made it.
    pub run_id: String,
    /// Since when it holds.
    pub from_at: DateTimeUtc,
    /// Until when it held; nothing while it does.
    pub until_at: Option<DateTimeUtc>,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
