//! What entries are about: the index behind `trace`.

use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};

use crate::entity::{evidence_leaf, evidence_reference};
use crate::evidence::LeafRow;
use crate::{Page, PageRequest, Result, Transaction, page};

pub use crate::entity::evidence_reference::Model as ReferenceRow;

/// Rows of one statement, well below the parameters both engines allow.
const ROWS_AT_ONCE: usize = 4_000;

/// Add references; those already there stay.
pub async fn add(transaction: &Transaction, mut references: Vec<ReferenceRow>) -> Result<()> {
    let key = [evidence_reference::Column::Reference, evidence_reference::Column::Seq];
    while !references.is_empty() {
        let rest = references.split_off(references.len().min(ROWS_AT_ONCE));
        let rows = std::mem::replace(&mut references, rest);
        evidence_reference::Entity::insert_many(rows.into_iter().map(IntoActiveModel::into_active_model))
            .on_conflict(OnConflict::columns(key).do_nothing().to_owned())
            .exec_without_returning(transaction)
            .await?;
    }
    Ok(())
}

/// Entries about `reference`, oldest first.
pub async fn entries(
    db: &impl ConnectionTrait,
    reference: &str,
    request: PageRequest,
) -> Result<Page<LeafRow>> {
    let select = evidence_reference::Entity::find()
        .filter(evidence_reference::Column::Reference.eq(reference))
        .order_by_asc(evidence_reference::Column::Seq);
    let Page { items, total, page, page_size } = page::fetch(db, select, request).await?;
    let positions: Vec<i64> = items.into_iter().map(|row| row.seq).collect();
    let items = evidence_leaf::Entity::find()
        .filter(evidence_leaf::Column::Seq.is_in(positions))
        .order_by_asc(evidence_leaf::Column::Seq)
        .all(db)
        .await?;
    Ok(Page { items, total, page, page_size })
}

/// References of entries from position `from` up to but not including `until`, by position.
pub async fn between(db: &impl ConnectionTrait, from: i64, until: i64) -> Result<Vec<ReferenceRow>> {
    Ok(evidence_reference::Entity::find()
        .filter(evidence_reference::Column::Seq.gte(from))
        .filter(evidence_reference::Column::Seq.lt(until))
        .order_by_asc(evidence_reference::Column::Seq)
        .all(db)
        .await?)
}
