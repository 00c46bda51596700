//! A published version of a data product (产品版本); never changed.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// A published version of a data product (产品版本); never changed.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "data_product_version")]
pub struct Model {
    /// The product.
    #[sea_orm(primary_key, auto_increment = false)]
    pub product: String,
    /// Number, from 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i64,
    /// Semantic version.
    pub semver: String,
    /// Source, parameters, forms, contract and SLA.
    pub definition: Json,
    /// Columns with types and inherited grades.
    pub columns: Json,
    /// Names of the datasets it reads.
    pub inputs: Json,
    /// What changed, in the words of who published.
    pub note: String,
    /// Whether callers of the version before may break.
    pub breaking: bool,
    /// Computed differences from the version before.
    pub differences: Json,
    /// Account with whose rights it reads.
    pub published_by: String,
    /// When.
    pub published_at: DateTimeUtc,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
