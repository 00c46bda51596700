//! An account as an outside provider knows it (外部身份关联).

use sea_orm::entity::prelude::*;

/// An account as an outside provider knows it (外部身份关联).
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "federated_link")]
pub struct Model {
    /// Stable id (UUID v7).
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// Whose account.
    pub account_id: String,
    /// Provider by its name in the configuration, when the link was made.
    pub provider: String,
    /// Issuer of the provider.
    pub issuer: String,
    /// Subject at the issuer; together with it unique.
    pub subject: String,
    /// `own` by the person, `provider` for an account made at the first sign-in, or the administrator's account id.
    pub made_by: String,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// Since when it may be used; one made by an administrator waits for another.
    pub approved_at: Option<DateTimeUtc>,
    /// Last sign-in.
    pub last_used_at: Option<DateTimeUtc>,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
