//! Versions of the inputs of a product at one moment (数据时点).

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// Versions of the inputs of a product at one moment (数据时点).
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "data_product_moment")]
pub struct Model {
    /// The product.
    #[sea_orm(primary_key, auto_increment = false)]
    pub product: String,
    /// Number, from 1, in the order seen.
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i64,
    /// Version of the product.
    pub version: i64,
    /// Dataset to version.
    pub inputs: Json,
    /// When the oldest of these versions was committed.
    pub as_of: DateTimeUtc,
    /// When it was first seen.
    pub seen_at: DateTimeUtc,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
