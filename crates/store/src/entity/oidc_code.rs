//! An authorisation code (授权码), which works once.

use sea_orm::entity::prelude::*;

/// An authorisation code (授权码), which works once.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "oidc_code")]
pub struct Model {
    /// SHA-256 of the code, hexadecimal.
    #[sea_orm(primary_key, auto_increment = false)]
    pub code_hash: String,
    /// What is issued for it belongs together.
    pub family: String,
    /// For which client.
    pub client_id: String,
    /// On whose behalf.
    pub account_id: String,
    /// Where it was sent.
    pub redirect_uri: String,
    /// Scopes given, separated by spaces.
    pub scope: String,
    /// Nonce of the request.
    pub nonce: Option<String>,
    /// PKCE challenge (S256).
    pub code_challenge: String,
    /// How and when the person had signed in.
    pub sign_in: Json,
    /// When it stops working.
    pub expires_at: DateTimeUtc,
    /// When it was used.
    pub used_at: Option<DateTimeUtc>,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
