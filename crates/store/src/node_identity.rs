//! Other nodes (节点身份): their public keys and whether they may speak.

use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};

use crate::entity::node_identity::{Column, Entity};
use crate::{Error, Result};

pub use crate::entity::node_identity::Model as NodeIdentity;

/// Store a new node; a known public key is [`Error::AlreadyExists`].
pub async fn insert(db: &impl ConnectionTrait, node: NodeIdentity) -> Result<NodeIdentity> {
    Ok(node.into_active_model().insert(db).await?)
}

/// The nodes behind these accounts, in one read.
pub async fn find_many(db: &impl ConnectionTrait, accounts: &[String]) -> Result<Vec<NodeIdentity>> {
    Ok(Entity::find().filter(Column::AccountId.is_in(accounts)).all(db).await?)
}

/// Say where the node is reached.
pub async fn set_base_url(db: &impl ConnectionTrait, account_id: &str, base_url: Option<&str>) -> Result<()> {
    let update = Entity::update_many()
        .col_expr(Column::BaseUrl, Expr::value(base_url))
        .filter(Column::AccountId.eq(account_id));
    match update.exec(db).await?.rows_affected {
        0 => Err(Error::NotFound { what: "node", id: account_id.to_owned() }),
        _ => Ok(()),
    }
}

/// Let the node speak, or no longer.
pub async fn set_state(db: &impl ConnectionTrait, account_id: &str, state: &str) -> Result<()> {
    let update = Entity::update_many()
        .col_expr(Column::State, Expr::value(state))
        .filter(Column::AccountId.eq(account_id));
    match update.exec(db).await?.rows_affected {
        0 => Err(Error::NotFound { what: "node", id: account_id.to_owned() }),
        _ => Ok(()),
    }
}
