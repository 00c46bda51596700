//! Which log this is, its checkpoints, and what witnesses signed of them.

use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};

use crate::entity::{evidence_checkpoint, evidence_cosignature, evidence_log};
use crate::{Result, Transaction};

pub use crate::entity::evidence_checkpoint::Model as CheckpointRow;
pub use crate::entity::evidence_cosignature::Model as CosignatureRow;
pub use crate::entity::evidence_log::Model as LogRow;

/// Id of the only row of the log.
const THE_LOG: i32 = 1;

/// Identity and digest of the log, once it is made.
pub async fn log(db: &impl ConnectionTrait) -> Result<Option<LogRow>> {
    Ok(evidence_log::Entity::find_by_id(THE_LOG).one(db).await?)
}

/// Say which log this is; a log that is already there stays as it is.
pub async fn insert_log(transaction: &Transaction, log: LogRow) -> Result<()> {
    evidence_log::Entity::insert(evidence_log::Model { id: THE_LOG, ..log }.into_active_model())
        .on_conflict(OnConflict::column(evidence_log::Column::Id).do_nothing().to_owned())
        .exec_without_returning(transaction)
        .await?;
    Ok(())
}

/// Store a checkpoint; one of the same size stays as it is.
pub async fn insert_checkpoint(db: &impl ConnectionTrait, checkpoint: CheckpointRow) -> Result<()> {
    evidence_checkpoint::Entity::insert(checkpoint.into_active_model())
        .on_conflict(OnConflict::column(evidence_checkpoint::Column::Size).do_nothing().to_owned())
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// The checkpoint of exactly this size.
pub async fn checkpoint(db: &impl ConnectionTrait, size: i64) -> Result<Option<CheckpointRow>> {
    Ok(evidence_checkpoint::Entity::find_by_id(size).one(db).await?)
}

/// The checkpoint of the largest tree.
pub async fn latest_checkpoint(db: &impl ConnectionTrait) -> Result<Option<CheckpointRow>> {
    Ok(evidence_checkpoint::Entity::find()
        .order_by_desc(evidence_checkpoint::Column::Size)
        .limit(1)
        .one(db)
        .await?)
}

/// At most `limit` checkpoints of trees of `size` or more entries, smallest first.
pub async fn checkpoints_from(
    db: &impl ConnectionTrait,
    size: i64,
    limit: u64,
) -> Result<Vec<CheckpointRow>> {
    Ok(evidence_checkpoint::Entity::find()
        .filter(evidence_checkpoint::Column::Size.gte(size))
        .order_by_asc(evidence_checkpoint::Column::Size)
        .limit(limit)
        .all(db)
        .await?)
}

/// Store what a witness signed; a later answer for the same size replaces the earlier one.
pub async fn put_cosignature(db: &impl ConnectionTrait, cosignature: CosignatureRow) -> Result<()> {
    let key = [evidence_cosignature::Column::Size, evidence_cosignature::Column::Witness];
    let change = [evidence_cosignature::Column::Lines, evidence_cosignature::Column::ReceivedAt];
    evidence_cosignature::Entity::insert(cosignature.into_active_model())
        .on_conflict(OnConflict::columns(key).update_columns(change).to_owned())
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// What witnesses signed of the checkpoint of this size.
pub async fn cosignatures(db: &impl ConnectionTrait, size: i64) -> Result<Vec<CosignatureRow>> {
    Ok(evidence_cosignature::Entity::find()
        .filter(evidence_cosignature::Column::Size.eq(size))
        .order_by_asc(evidence_cosignature::Column::Witness)
        .all(db)
        .await?)
}

/// The largest checkpoint this witness signed.
pub async fn latest_cosignature(db: &impl ConnectionTrait, witness: &str) -> Result<Option<CosignatureRow>> {
    Ok(evidence_cosignature::Entity::find()
        .filter(evidence_cosignature::Column::Witness.eq(witness))
        .order_by_desc(evidence_cosignature::Column::Size)
        .limit(1)
        .one(db)
        .await?)
}
