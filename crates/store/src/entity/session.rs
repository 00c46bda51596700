//! A signed-in browser or program (会话). The token itself is never stored.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// A signed-in browser or program (会话). The token itself is never stored.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "session")]
pub struct Model {
    /// SHA-256 of the token, hexadecimal.
    #[sea_orm(primary_key, auto_increment = false)]
    #[serde(skip_serializing)]
    pub token_hash: String,
    /// Stable id: the token changes, the session stays.
    pub id: String,
    /// Whose session.
    pub account_id: String,
    /// When it began.
    pub created_at: DateTimeUtc,
    /// Last use, kept to about half a minute.
    pub last_seen_at: DateTimeUtc,
    /// Absolute end.
    pub expires_at: DateTimeUtc,
    /// Address it was opened from.
    pub ip: Option<String>,
    /// Program it was opened with.
    pub user_agent: Option<String>,
    /// SHA-256 of the whole user agent; another one may not use the session.
    #[serde(skip_serializing)]
    pub user_agent_hash: Option<String>,
    /// `cookie` for browsers, `token` for programs; the one may not be shown as the other.
    pub carrier: String,
    /// When the token was last replaced.
    pub rotated_at: Option<DateTimeUtc>,
    /// How it was opened: `password`, `passkey` or `federated:<provider>`.
    pub first_factor: String,
    /// Which second factor was shown: `totp`, `passkey`, `recovery_code`, `federated:<provider>`.
    pub second_factor: Option<String>,
    /// When it was last shown.
    pub second_factor_at: Option<DateTimeUtc>,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
