//! A key for programs (接口密钥). The secret itself is never stored.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// A key for programs (接口密钥). The secret itself is never stored.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "api_key")]
pub struct Model {
    /// Stable id (UUID v7).
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// On whose behalf it acts.
    pub account_id: String,
    /// What it is for.
    pub name: String,
    /// SHA-256 of the secret, hexadecimal.
    #[sea_orm(unique)]
    #[serde(skip_serializing)]
    pub secret_hash: String,
    /// What it may be used for, names separated by spaces.
    pub scopes: String,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// When it stops working.
    pub expires_at: DateTimeUtc,
    /// Last use, kept to about half a minute.
    pub last_used_at: Option<DateTimeUtc>,
    /// When it was revoked.
    pub revoked_at: Option<DateTimeUtc>,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
