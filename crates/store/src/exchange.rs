//! Exchange subscriptions (交换订阅), their deliveries and batches as rows; what they mean is `exchange`'s business.

use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use crate::entity::{exchange_batch, exchange_delivery, exchange_subscription};
use crate::{Page, PageRequest, Result, page, revision};

pub use crate::entity::exchange_batch::Model as BatchRow;
pub use crate::entity::exchange_delivery::Model as DeliveryRow;
pub use crate::entity::exchange_subscription::Model as SubscriptionRow;

/// Store a new subscription. An id that is taken is [`crate::Error::AlreadyExists`].
pub async fn insert(db: &impl ConnectionTrait, row: SubscriptionRow) -> Result<()> {
    exchange_subscription::Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// Replace a subscription whose stored state is still `seen`; otherwise somebody was faster: [`crate::Error::Stale`].
pub async fn update(db: &impl ConnectionTrait, row: SubscriptionRow, seen: &str) -> Result<()> {
    use exchange_subscription::{Column, Entity};
    let id = (Column::Id, row.id.clone());
    revision::replace::<Entity>(db, "exchange subscription", row, id, (Column::State, seen)).await
}

/// One subscription.
pub async fn find(db: &impl ConnectionTrait, id: &str) -> Result<Option<SubscriptionRow>> {
    Ok(exchange_subscription::Entity::find_by_id(id).one(db).await?)
}

/// At most `limit` subscriptions, newest first.
pub async fn all(db: &impl ConnectionTrait, limit: u64) -> Result<Vec<SubscriptionRow>> {
    use exchange_subscription::{Column, Entity};
    Ok(Entity::find().order_by_desc(Column::Id).limit(limit).all(db).await?)
}

/// How many there are.
pub async fn count(db: &impl ConnectionTrait) -> Result<u64> {
    Ok(exchange_subscription::Entity::find().count(db).await?)
}

/// A delivery begins. An id that is taken is [`crate::Error::AlreadyExists`].
pub async fn insert_delivery(db: &impl ConnectionTrait, row: DeliveryRow) -> Result<()> {
    exchange_delivery::Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// Replace a delivery whose stored state is still `seen`; otherwise it went on meanwhile: [`crate::Error::Stale`].
pub async fn update_delivery(db: &impl ConnectionTrait, row: DeliveryRow, seen: &str) -> Result<()> {
    use exchange_delivery::{Column, Entity};
    let id = (Column::Id, row.id.clone());
    revision::replace::<Entity>(db, "exchange delivery", row, id, (Column::State, seen)).await
}

/// One delivery.
pub async fn find_delivery(db: &impl ConnectionTrait, id: &str) -> Result<Option<DeliveryRow>> {
    Ok(exchange_delivery::Entity::find_by_id(id).one(db).await?)
}

/// Deliveries of a subscription, newest first.
pub async fn deliveries(
    db: &impl ConnectionTrait,
    subscription: &str,
    request: PageRequest,
) -> Result<Page<DeliveryRow>> {
    use exchange_delivery::{Column, Entity};
    let select = Entity::find().filter(Column::Subscription.eq(subscription));
    page::fetch(db, select.order_by_desc(Column::Id), request).await
}

/// Its newest delivery, in any of these states where some are named.
pub async fn newest_delivery(
    db: &impl ConnectionTrait,
    subscription: &str,
    states: &[&str],
) -> Result<Option<DeliveryRow>> {
    use exchange_delivery::{Column, Entity};
    let mut select = Entity::find().filter(Column::Subscription.eq(subscription));
    if !states.is_empty() {
        select = select.filter(Column::State.is_in(states.iter().copied()));
    }
    Ok(select.order_by_desc(Column::Id).one(db).await?)
}

/// A batch was taken in.
pub async fn insert_batch(db: &impl ConnectionTrait, row: BatchRow) -> Result<()> {
    exchange_batch::Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// Batches of a delivery that were taken in, in order.
pub async fn batches(db: &impl ConnectionTrait, delivery: &str) -> Result<Vec<BatchRow>> {
    use exchange_batch::{Column, Entity};
    let select = Entity::find().filter(Column::Delivery.eq(delivery));
    Ok(select.order_by_asc(Column::Sequence).all(db).await?)
}

/// Batches of a delivery are in a version now, or thrown away.
pub async fn forget_batches(db: &impl ConnectionTrait, delivery: &str) -> Result<()> {
    use exchange_batch::{Column, Entity};
    Entity::delete_many().filter(Column::Delivery.eq(delivery)).exec(db).await?;
    Ok(())
}
