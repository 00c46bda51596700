//! Clients of this node as a provider (登录客户端).

use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
};

use crate::entity::oidc_client::{Column, Entity};
use crate::{Error, Page, PageRequest, Result, page};

pub use crate::entity::oidc_client::Model as OidcClient;

/// Store a new client.
pub async fn insert(db: &impl ConnectionTrait, client: OidcClient) -> Result<OidcClient> {
    Ok(client.into_active_model().insert(db).await?)
}

/// The client with this id.
pub async fn find(db: &impl ConnectionTrait, id: &str) -> Result<Option<OidcClient>> {
    Ok(Entity::find_by_id(id).one(db).await?)
}

/// The clients with these ids, in one read.
pub async fn find_many(db: &impl ConnectionTrait, ids: &[String]) -> Result<Vec<OidcClient>> {
    Ok(Entity::find().filter(Column::Id.is_in(ids)).all(db).await?)
}

/// Clients, newest first.
pub async fn list(db: &impl ConnectionTrait, request: PageRequest) -> Result<Page<OidcClient>> {
    page::fetch(db, Entity::find().order_by_desc(Column::CreatedAt).order_by_asc(Column::Id), request).await
}

/// Let a client in, or no longer.
pub async fn set_state(db: &impl ConnectionTrait, id: &str, state: &str) -> Result<()> {
    let update = Entity::update_many().col_expr(Column::State, Expr::value(state)).filter(Column::Id.eq(id));
    one_row(update.exec(db).await?.rows_affected, id)
}

/// Put another secret in the place of a client's.
pub async fn set_secret(db: &impl ConnectionTrait, id: &str, secret_hash: &str) -> Result<()> {
    let update = Entity::update_many()
        .col_expr(Column::SecretHash, Expr::value(secret_hash))
        .filter(Column::Id.eq(id));
    one_row(update.exec(db).await?.rows_affected, id)
}

fn one_row(affected: u64, id: &str) -> Result<()> {
    if affected == 0 { Err(Error::NotFound { what: "client", id: id.to_owned() }) } else { Ok(()) }
}
