//! One exchange subscription (交换订阅) as one of its two nodes keeps it.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// One exchange subscription (交换订阅).
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "exchange_subscription")]
pub struct Model {
    /// Id (UUID v7), the same at both nodes.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// `consumer` or `provider`: what this node is.
    pub side: String,
    /// Name of the other node.
    pub peer: String,
    /// Dataset of the provider.
    pub dataset: String,
    /// Dataset of the consumer.
    pub target: String,
    /// `pull` or `push`.
    pub direction: String,
    /// Everything else that was agreed on.
    pub terms: Json,
    /// `proposed`, `requested`, `active`, `refused`, `revoked` or `ended`.
    pub state: String,
    /// Why it is no longer or not yet active, English and Chinese in one line.
    pub reason: Option<String>,
    /// The request for access at the provider.
    pub request: Option<String>,
    /// Source version that arrived last.
    pub delivered_version: Option<i64>,
    /// Rows the consumer has since.
    pub delivered_rows: Option<i64>,
    /// When it arrived.
    pub delivered_at: Option<DateTimeUtc>,
    /// Newest version at the source.
    pub source_version: Option<i64>,
    /// Rows of it that the subscription reaches.
    pub source_rows: Option<i64>,
    /// When it was committed there.
    pub source_at: Option<DateTimeUtc>,
    /// When the oldest version that has not arrived was committed.
    pub behind_since: Option<DateTimeUtc>,
    /// When the source was asked last.
    pub asked_at: Option<DateTimeUtc>,
    /// Since when it has been later than agreed on.
    pub late_since: Option<DateTimeUtc>,
    /// When the last run began.
    pub began_at: Option<DateTimeUtc>,
    /// Why the last run failed, if it did.
    pub failure: Option<Json>,
    /// Account that asked.
    pub created_by: String,
    /// When.
    pub created_at: DateTimeUtc,
    /// When it last changed.
    pub updated_at: DateTimeUtc,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
