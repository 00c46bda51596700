//! Another node (中心、大脑、边缘) as an account: its public key and whether it may speak.

use sea_orm::entity::prelude::*;

/// Another node (中心、大脑、边缘) as an account: its public key and whether it may speak.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "node_identity")]
pub struct Model {
    /// The account of the node.
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: String,
    /// `center`, `brain` or `edge`.
    pub node_role: String,
    /// Ed25519 public key, hexadecimal.
    #[sea_orm(unique)]
    pub public_key: String,
    /// `waiting`, `active` or `revoked`.
    pub state: String,
    /// SM2 public key, hexadecimal.
    pub sm2_public_key: Option<String>,
    /// Where it is reached, for example `https://centre.example:7600`.
    pub base_url: Option<String>,
}

/// Joins are written where they are needed.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
