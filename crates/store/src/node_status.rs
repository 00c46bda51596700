//! What other nodes say about themselves (可信状态), and what of it counts as good (可信基准值).

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
};

use crate::entity::{known_good, node_statement};
use crate::{Error, Result};

pub use crate::entity::known_good::Model as KnownGoodRow;
pub use crate::entity::node_statement::Model as NodeStatementRow;

/// Keep the last statement of a node.
pub async fn put(db: &impl ConnectionTrait, row: NodeStatementRow) -> Result<()> {
    use node_statement::Column;
    node_statement::Entity::insert(row.into_active_model())
        .on_conflict(
            OnConflict::column(Column::AccountId)
                .update_columns([Column::Statement, Column::Accepted, Column::Reason, Column::ReceivedAt])
                .to_owned(),
        )
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// The last statement of a node.
pub async fn find(db: &impl ConnectionTrait, account_id: &str) -> Result<Option<NodeStatementRow>> {
    Ok(node_statement::Entity::find_by_id(account_id).one(db).await?)
}

/// The last statement of every node that ever made one.
pub async fn all(db: &impl ConnectionTrait) -> Result<Vec<NodeStatementRow>> {
    Ok(node_statement::Entity::find().all(db).await?)
}

/// Hold a value for good.
pub async fn add_known_good(db: &impl ConnectionTrait, row: KnownGoodRow) -> Result<KnownGoodRow> {
    Ok(row.into_active_model().insert(db).await?)
}

/// Every value that counts now, oldest first.
pub async fn known_good(db: &impl ConnectionTrait) -> Result<Vec<KnownGoodRow>> {
    use known_good::Column;
    Ok(known_good::Entity::find()
        .filter(Column::WithdrawnAt.is_null())
        .order_by_asc(Column::CreatedAt)
        .order_by_asc(Column::Id)
        .all(db)
        .await?)
}

/// Take a value back; one taken back before is [`Error::NotFound`].
pub async fn withdraw_known_good(
    db: &impl ConnectionTrait,
    id: &str,
    by: &str,
    at: DateTime<Utc>,
) -> Result<()> {
    use known_good::Column;
    let update = known_good::Entity::update_many()
        .col_expr(Column::WithdrawnBy, Expr::value(by))
        .col_expr(Column::WithdrawnAt, Expr::value(at))
        .filter(Column::Id.eq(id))
        .filter(Column::WithdrawnAt.is_null());
    match update.exec(db).await?.rows_affected {
        0 => Err(Error::NotFound { what: "known good value", id: id.to_owned() }),
        _ => Ok(()),
    }
}
