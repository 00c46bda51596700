//! Subscriptions to data products (产品订阅): moments of the data, deliveries and receipts, as rows.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};

use crate::entity::{data_product_delivery, data_product_moment, data_product_subscription};
use crate::{Error, Page, PageRequest, Result, page};

pub use crate::entity::data_product_delivery::Model as DeliveryRow;
pub use crate::entity::data_product_moment::Model as MomentRow;
pub use crate::entity::data_product_subscription::Model as SubscriptionRow;

/// The newest moment seen of a product.
pub async fn newest_moment(db: &impl ConnectionTrait, product: &str) -> Result<Option<MomentRow>> {
    use data_product_moment::{Column, Entity};
    let select = Entity::find().filter(Column::Product.eq(product));
    Ok(select.order_by_desc(Column::Number).one(db).await?)
}

/// One moment.
pub async fn moment(db: &impl ConnectionTrait, product: &str, number: i64) -> Result<Option<MomentRow>> {
    Ok(data_product_moment::Entity::find_by_id((product.to_owned(), number)).one(db).await?)
}

/// Remember a moment.
pub async fn insert_moment(db: &impl ConnectionTrait, row: MomentRow) -> Result<()> {
    data_product_moment::Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// Begin a subscription.
pub async fn insert(db: &impl ConnectionTrait, row: SubscriptionRow) -> Result<()> {
    data_product_subscription::Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// One subscription.
pub async fn find(db: &impl ConnectionTrait, id: &str) -> Result<Option<SubscriptionRow>> {
    Ok(data_product_subscription::Entity::find_by_id(id).one(db).await?)
}

/// The subscription of an account to a product that has not ended.
pub async fn running(
    db: &impl ConnectionTrait,
    product: &str,
    account: &str,
) -> Result<Option<SubscriptionRow>> {
    use data_product_subscription::{Column, Entity};
    let select = Entity::find()
        .filter(Column::Product.eq(product))
        .filter(Column::Account.eq(account))
        .filter(Column::EndedAt.is_null());
    Ok(select.one(db).await?)
}

/// Subscriptions to a product, or of an account, newest first.
pub async fn list(
    db: &impl ConnectionTrait,
    product: &str,
    account: Option<&str>,
    request: PageRequest,
) -> Result<Page<SubscriptionRow>> {
    use data_product_subscription::{Column, Entity};
    let mut select = Entity::find().filter(Column::Product.eq(product));
    if let Some(account) = account {
        select = select.filter(Column::Account.eq(account));
    }
    page::fetch(db, select.order_by_desc(Column::Id), request).await
}

/// End a subscription; one that has ended is [`Error::NotFound`].
pub async fn end(db: &impl ConnectionTrait, id: &str, at: DateTime<Utc>) -> Result<()> {
    use data_product_subscription::{Column, Entity};
    let update = Entity::update_many()
        .col_expr(Column::EndedAt, Expr::value(at))
        .filter(Column::Id.eq(id))
        .filter(Column::EndedAt.is_null());
    affected(update.exec(db).await?.rows_affected, id)
}

/// The delivery between these two moments that a subscriber was offered before.
pub async fn offered(
    db: &impl ConnectionTrait,
    subscription: &str,
    (since, until): (i64, i64),
) -> Result<Option<DeliveryRow>> {
    use data_product_delivery::{Column, Entity};
    let select = Entity::find()
        .filter(Column::Subscription.eq(subscription))
        .filter(Column::Since.eq(since))
        .filter(Column::Until.eq(until));
    Ok(select.order_by_desc(Column::Id).one(db).await?)
}

/// Remember what is offered.
pub async fn insert_delivery(db: &impl ConnectionTrait, row: DeliveryRow) -> Result<()> {
    data_product_delivery::Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// One delivery.
pub async fn delivery(db: &impl ConnectionTrait, id: &str) -> Result<Option<DeliveryRow>> {
    Ok(data_product_delivery::Entity::find_by_id(id).one(db).await?)
}

/// Deliveries of a subscription, newest first.
pub async fn deliveries(
    db: &impl ConnectionTrait,
    subscription: &str,
    request: PageRequest,
) -> Result<Page<DeliveryRow>> {
    use data_product_delivery::{Column, Entity};
    let select = Entity::find().filter(Column::Subscription.eq(subscription));
    page::fetch(db, select.order_by_desc(Column::Id), request).await
}

/// A subscriber has a delivery, and is as far as it leads. Where it is not where the delivery begins any more, somebody
/// was faster: [`Error::Stale`].
pub async fn acknowledge(db: &impl ConnectionTrait, delivery: &DeliveryRow, at: DateTime<Utc>) -> Result<()> {
    let id = &delivery.subscription;
    {
        use data_product_subscription::{Column, Entity};
        let update = Entity::update_many()
            .col_expr(Column::Position, Expr::value(delivery.until))
            .col_expr(Column::AcknowledgedAt, Expr::value(at))
            .filter(Column::Id.eq(id))
            .filter(Column::Position.eq(delivery.since))
            .filter(Column::EndedAt.is_null());
        if update.exec(db).await?.rows_affected == 0 {
            return Err(Error::Stale { what: "subscription", id: id.clone() });
        }
    }
    use data_product_delivery::{Column, Entity};
    let update = Entity::update_many()
        .col_expr(Column::AcknowledgedAt, Expr::value(at))
        .filter(Column::Id.eq(&delivery.id));
    affected(update.exec(db).await?.rows_affected, &delivery.id)
}

fn affected(rows: u64, id: &str) -> Result<()> {
    match rows {
        0 => Err(Error::NotFound { what: "subscription", id: id.to_owned() }),
        _ => Ok(()),
    }
}
