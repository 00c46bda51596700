//! One certificate issued by the node's own authority (证书).

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// One certificate issued by the node's own authority (证书).
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "certificate")]
pub struct Model {
    /// Serial number, hexadecimal.
    #[sea_orm(primary_key, auto_increment = false)]
    pub serial: String,
    /// Node or host it was issued to.
    pub subject: String,
    /// `server`, `node` or `authority`.
    pub usage: String,
    /// The certificate as PEM; public.
    pub pem: String,
    /// First moment of validity.
    pub not_before: DateTimeUtc,
    /// Last moment of validity.
    pub not_after: DateTimeUtc,
    /// When it was revoked.
    pub revoked_at: Option<DateTimeUtc>,
    /// Why.
    pub revoked_reason: Option<String>,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
