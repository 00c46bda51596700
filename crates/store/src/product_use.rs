//! How much data products are used (用量): by product, day, account and form. Counted from audit records, once each.

use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict, Query};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};

use crate::Result;
use crate::entity::data_product_use::{Column, Entity};
use crate::entity::{audit_dataset, audit_record};

pub use crate::entity::audit_record::Model as RecordRow;
pub use crate::entity::data_product_use::Model as UseRow;

/// Rows of a report at most: a year of 27 accounts in four forms each day.
const ROWS_MAX: u64 = 40_000;

/// Audit records after position `after` that name a dataset beginning with `prefix`, oldest first.
pub async fn records_after(
    db: &impl ConnectionTrait,
    prefix: &str,
    after: i64,
    limit: u64,
) -> Result<Vec<RecordRow>> {
    let named = Query::select()
        .column(audit_dataset::Column::Seq)
        .from(audit_dataset::Entity)
        .and_where(audit_dataset::Column::Seq.gt(after))
        .and_where(audit_dataset::Column::Dataset.starts_with(prefix))
        .to_owned();
    Ok(audit_record::Entity::find()
        .filter(audit_record::Column::Seq.in_subquery(named))
        .order_by_asc(audit_record::Column::Seq)
        .limit(limit)
        .all(db)
        .await?)
}

/// Add to what was counted of a product, day, account and form.
pub async fn add(db: &impl ConnectionTrait, row: UseRow) -> Result<()> {
    let plus = |column: Column, more: i64| (column, Expr::col((Entity, column)).add(more));
    let sums = [
        plus(Column::Calls, row.calls),
        plus(Column::Denied, row.denied),
        plus(Column::Failed, row.failed),
        plus(Column::Rows, row.rows),
        plus(Column::Bytes, row.bytes),
    ];
    let key = [Column::Product, Column::Day, Column::Account, Column::Form];
    let conflict = OnConflict::columns(key).values(sums).to_owned();
    Entity::insert(row.into_active_model()).on_conflict(conflict).exec_without_returning(db).await?;
    Ok(())
}

/// What was counted of a product (or of all) from one day to another, both included; newest day first.
pub async fn between(
    db: &impl ConnectionTrait,
    product: Option<&str>,
    (from, to): (&str, &str),
) -> Result<Vec<UseRow>> {
    let mut select = Entity::find().filter(Column::Day.between(from, to));
    if let Some(product) = product {
        select = select.filter(Column::Product.eq(product));
    }
    Ok(select
        .order_by_desc(Column::Day)
        .order_by_asc(Column::Product)
        .order_by_asc(Column::Account)
        .order_by_asc(Column::Form)
        .limit(ROWS_MAX)
        .all(db)
        .await?)
}
