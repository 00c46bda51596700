//! Other nodes' logs as we last saw them, and what they did wrong.

use sea_orm::sea_query::OnConflict;
use sea_orm::{ConnectionTrait, EntityTrait, IntoActiveModel, QueryOrder, QuerySelect};

use crate::entity::{evidence_alarm, evidence_witnessed};
use crate::{Page, PageRequest, Result, Transaction, page};

pub use crate::entity::evidence_alarm::Model as AlarmRow;
pub use crate::entity::evidence_witnessed::Model as WitnessedRow;

/// The last checkpoint of this log that we vouched for.
pub async fn find(db: &impl ConnectionTrait, origin: &str) -> Result<Option<WitnessedRow>> {
    Ok(evidence_witnessed::Entity::find_by_id(origin).one(db).await?)
}

/// The same, kept from every other writer until the transaction ends.
pub async fn lock(transaction: &Transaction, origin: &str) -> Result<Option<WitnessedRow>> {
    Ok(evidence_witnessed::Entity::find_by_id(origin).lock_exclusive().one(transaction).await?)
}

/// Remember a newer checkpoint.
pub async fn put(transaction: &Transaction, row: WitnessedRow) -> Result<()> {
    use evidence_witnessed::Column;
    let change = [Column::Size, Column::Root, Column::Note, Column::UpdatedAt];
    evidence_witnessed::Entity::insert(row.into_active_model())
        .on_conflict(OnConflict::column(Column::Origin).update_columns(change).to_owned())
        .exec_without_returning(transaction)
        .await?;
    Ok(())
}

/// Every log we saw.
pub async fn all(db: &impl ConnectionTrait) -> Result<Vec<WitnessedRow>> {
    Ok(evidence_witnessed::Entity::find().order_by_asc(evidence_witnessed::Column::Origin).all(db).await?)
}

/// Keep a finding; whether it is new.
pub async fn raise(transaction: &Transaction, alarm: AlarmRow) -> Result<bool> {
    if evidence_alarm::Entity::find_by_id(alarm.id.as_str()).one(transaction).await?.is_some() {
        return Ok(false);
    }
    evidence_alarm::Entity::insert(alarm.into_active_model()).exec_without_returning(transaction).await?;
    Ok(true)
}

/// Findings, newest first.
pub async fn alarms(db: &impl ConnectionTrait, request: PageRequest) -> Result<Page<AlarmRow>> {
    let select = evidence_alarm::Entity::find().order_by_desc(evidence_alarm::Column::FoundAt);
    page::fetch(db, select, request).await
}
