//! A subscription to a product (产品订阅).

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// A subscription to a product (产品订阅).
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "data_product_subscription")]
pub struct Model {
    /// Stable id (UUID v7).
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// The product.
    pub product: String,
    /// Account that subscribed.
    pub account: String,
    /// Its organisation.
    pub organisation: Option<String>,
    /// Moment up to which it has acknowledged; 0 is nothing.
    pub position: i64,
    /// When it began.
    pub created_at: DateTimeUtc,
    /// When it last acknowledged.
    pub acknowledged_at: Option<DateTimeUtc>,
    /// When it ended.
    pub ended_at: Option<DateTimeUtc>,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
