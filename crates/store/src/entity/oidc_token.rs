//! An access or refresh token of a client (令牌).

use sea_orm::entity::prelude::*;

/// An access or refresh token of a client (令牌).
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "oidc_token")]
pub struct Model {
    /// SHA-256 of the token, hexadecimal.
    #[sea_orm(primary_key, auto_increment = false)]
    pub token_hash: String,
    /// `access` or `refresh`.
    pub kind: String,
    /// Code it goes back to: all of a family end together.
    pub family: String,
    /// For which client.
    pub client_id: String,
    /// On whose behalf.
    pub account_id: String,
    /// Scopes given, separated by spaces.
    pub scope: String,
    /// How and when the person had signed in.
    pub sign_in: Json,
    /// When it was issued.
    pub created_at: DateTimeUtc,
    /// When it stops working.
    pub expires_at: DateTimeUtc,
    /// When the family ends however often it is renewed.
    pub family_ends_at: DateTimeUtc,
    /// When a refresh token was exchanged; shown again it means that two parties hold it.
    pub used_at: Option<DateTimeUtc>,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
