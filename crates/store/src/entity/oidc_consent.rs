//! What a person agreed to tell a client (告知同意).

use sea_orm::entity::prelude::*;

/// What a person agreed to tell a client (告知同意).
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "oidc_consent")]
pub struct Model {
    /// Stable id (UUID v7).
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// Who agreed.
    pub account_id: String,
    /// Who is told.
    pub client_id: String,
    /// Scopes agreed to, separated by spaces.
    pub scope: String,
    /// When.
    pub given_at: DateTimeUtc,
    /// Last sign-in at the client.
    pub last_used_at: Option<DateTimeUtc>,
    /// Sign-ins at the client.
    pub uses: i64,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
