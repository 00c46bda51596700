//! A passkey (WebAuthn credential): only its public half is here.

use sea_orm::entity::prelude::*;

/// A passkey (WebAuthn credential): only its public half is here.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "passkey")]
pub struct Model {
    /// Stable id (UUID v7).
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// Whose passkey.
    pub account_id: String,
    /// What its owner calls it.
    pub name: String,
    /// Credential id, base64url.
    #[sea_orm(unique)]
    pub credential_id: String,
    /// Algorithm and public key, as this program writes them.
    pub public_key: String,
    /// Last signature counter.
    pub sign_count: i64,
    /// When it was registered.
    pub created_at: DateTimeUtc,
    /// Last use.
    pub last_used_at: Option<DateTimeUtc>,
    /// How browsers reach its authenticator (`usb`, `internal`, …), separated by spaces.
    pub transports: String,
    /// Whether it can be copied to other devices of its owner; never changes.
    pub backup_eligible: bool,
    /// Whether it was copied when last seen.
    pub backed_up: bool,
    /// Since when it is refused because its counter went back: a copy of it is about.
    pub suspended_at: Option<DateTimeUtc>,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
