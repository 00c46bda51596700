//! One delivery (交付) of an exchange subscription.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// One delivery (交付) of an exchange subscription.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "exchange_delivery")]
pub struct Model {
    /// Id (UUID v7), the same at both nodes.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// Its subscription.
    pub subscription: String,
    /// `open`, `verified`, `published` or `refused`.
    pub state: String,
    /// `full` or `changes`.
    pub mode: String,
    /// Source version the consumer had before.
    pub from_version: Option<i64>,
    /// Source version it brings.
    pub to_version: i64,
    /// Batches in all.
    pub batches: i64,
    /// Batches that were acknowledged.
    pub batches_done: i64,
    /// Rows in all.
    pub rows: i64,
    /// Rows that were acknowledged.
    pub rows_done: i64,
    /// Bytes in all.
    pub bytes: i64,
    /// Bytes that were acknowledged.
    pub bytes_done: i64,
    /// Hash over its rows, whatever their order.
    pub content_hash: String,
    /// The provider's signed list of what is in it.
    pub manifest: Json,
    /// The consumer's signed receipt.
    pub receipt: Option<Json>,
    /// Under which view of the dataset it was made; the provider's.
    pub view: Option<String>,
    /// Version it became at the consumer.
    pub version: Option<i64>,
    /// Why it failed last.
    pub failure: Option<Json>,
    /// How often it was tried.
    pub attempts: i64,
    /// When it began.
    pub started_at: DateTimeUtc,
    /// When it was published or refused.
    pub ended_at: Option<DateTimeUtc>,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
