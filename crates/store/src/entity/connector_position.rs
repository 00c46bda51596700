//! How far a connector has read its source (读取位置).

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// How far a connector has read its source (读取位置).
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "connector_position")]
pub struct Model {
    /// The connector.
    #[sea_orm(primary_key, auto_increment = false)]
    pub connector: String,
    /// Everything up to here has landed; what it says is the source's business.
    pub position: Json,
    /// When it was reached.
    pub at: DateTimeUtc,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
