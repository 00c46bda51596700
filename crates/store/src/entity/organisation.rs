//! An organisation known to the node (机构).

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// An organisation known to the node (机构).
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "organisation")]
pub struct Model {
    /// Unified social credit code.
    #[sea_orm(primary_key, auto_increment = false)]
    pub uscc: String,
    /// Registered name.
    pub name: String,
    /// Region code of its seat.
    pub region: Option<String>,
    /// When it was first recorded.
    pub created_at: DateTimeUtc,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
