//! An authenticator application (RFC 6238); its secret lies in the vault.

use sea_orm::entity::prelude::*;

/// An authenticator application (RFC 6238); its secret lies in the vault.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "totp")]
pub struct Model {
    /// Whose secret.
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: String,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// When a first code proved that the application has it; before that it counts for nothing.
    pub confirmed_at: Option<DateTimeUtc>,
    /// Last time step whose code was used; it and earlier ones are refused.
    pub last_step: Option<i64>,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
