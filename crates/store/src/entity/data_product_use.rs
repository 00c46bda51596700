//! Use of a product on one day by one account in one form (用量).

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// Use of a product on one day by one account in one form (用量).
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "data_product_use")]
pub struct Model {
    /// The product.
    #[sea_orm(primary_key, auto_increment = false)]
    pub product: String,
    /// Day, UTC, `YYYY-MM-DD`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub day: String,
    /// Account.
    #[sea_orm(primary_key, auto_increment = false)]
    pub account: String,
    /// `api`, `download`, `subscription` or `component`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub form: String,
    /// Its organisation.
    pub organisation: Option<String>,
    /// Accesses, refused and failed ones included.
    pub calls: i64,
    /// Refused ones.
    pub denied: i64,
    /// Allowed ones that failed.
    pub failed: i64,
    /// Rows handed out.
    pub rows: i64,
    /// Bytes sent, where known.
    pub bytes: i64,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
