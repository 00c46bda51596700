//! A record's place in a cluster.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// A record's place in a cluster.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "match_member")]
pub struct Model {
    /// The set.
    #[sea_orm(primary_key, auto_increment = false)]
    pub set_id: String,
    /// Dataset of the record.
    #[sea_orm(primary_key, auto_increment = false)]
    pub dataset: String,
    /// Key of the record.
    #[sea_orm(primary_key, auto_increment = false)]
    pub record_key: String,
    /// The cluster.
    pub cluster_id: String,
    /// When it came into it.
    pub since: DateTimeUtc,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
