//! Attempts at SQL models (模型运行经过): what ran, failed, was held back by a test or was skipped.

use sea_orm::sea_query::Query;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
};

use crate::entity::model_attempt::{Column, Entity};
use crate::{Page, PageRequest, Result, page};

pub use crate::entity::model_attempt::Model as ModelAttempt;

/// Remember an attempt.
pub async fn insert(db: &impl ConnectionTrait, attempt: ModelAttempt) -> Result<()> {
    attempt.into_active_model().insert(db).await?;
    Ok(())
}

/// The latest attempt at every model, by model name, in one read.
pub async fn latest(db: &impl ConnectionTrait) -> Result<Vec<ModelAttempt>> {
    // Ids are time-ordered (UUID v7), so the greatest id of a model is its latest attempt.
    let newest = Query::select().expr(Column::Id.max()).from(Entity).group_by_col(Column::Model).to_owned();
    let select = Entity::find().filter(Column::Id.in_subquery(newest));
    Ok(select.order_by_asc(Column::Model).all(db).await?)
}

/// Attempts at one model or at all, newest first.
pub async fn list(
    db: &impl ConnectionTrait,
    model: Option<&str>,
    request: PageRequest,
) -> Result<Page<ModelAttempt>> {
    let mut select = Entity::find();
    if let Some(model) = model {
        select = select.filter(Column::Model.eq(model));
    }
    page::fetch(db, select.order_by_desc(Column::Id), request).await
}
