//! A version, program or configuration of nodes that the security administrator holds for good (可信基准值).

use sea_orm::entity::prelude::*;

/// A version, program or configuration of nodes that the security administrator holds for good (可信基准值).
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "known_good")]
pub struct Model {
    /// Id, a UUID.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// `version`, `program`, `dependencies` or `configuration`.
    pub kind: String,
    /// The value.
    pub value: String,
    /// Name of the one node it counts for; every node where it is empty.
    pub node: Option<String>,
    /// Where it comes from.
    pub note: String,
    /// Who put it here.
    pub created_by: String,
    /// When.
    pub created_at: DateTimeUtc,
    /// Who took it back.
    pub withdrawn_by: Option<String>,
    /// When.
    pub withdrawn_at: Option<DateTimeUtc>,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
