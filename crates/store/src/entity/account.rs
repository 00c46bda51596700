//! Somebody who may sign in (账号).

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// Somebody who may sign in (账号).
#[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "account")]
pub struct Model {
    /// Stable id (UUID v7).
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// Name to sign in with, lower case, unique.
    #[sea_orm(unique)]
    pub username: String,
    /// `person`, `service` or `node`.
    pub kind: String,
    /// Name to show.
    pub display_name: String,
    /// Stable role name, see `brain_kernel::party::Role::name`.
    pub role: String,
    /// USCC of the organisation the account acts for.
    pub organisation: Option<String>,
    /// Region code the account answers for.
    pub region: Option<String>,
    /// PHC string: algorithm, parameters, salt and hash; empty for services and nodes, which have no password.
    #[serde(skip_serializing)]
    pub password_hash: String,
    /// Whether the next act must be a change of password.
    pub must_change_password: bool,
    /// A disabled account cannot sign in and its sessions and keys are dead.
    pub disabled: bool,
    /// Failed sign-ins since the last good one.
    pub failed_sign_ins: i32,
    /// Locks in a row since the last good sign-in; each lasts twice as long as the one before.
    pub lockouts: i32,
    /// No sign-in before this instant.
    pub locked_until: Option<DateTimeUtc>,
    /// When the password was last set.
    pub password_changed_at: DateTimeUtc,
    /// When the account was made.
    pub created_at: DateTimeUtc,
    /// Last good sign-in.
    pub last_sign_in_at: Option<DateTimeUtc>,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
