//! Personal values behind salted digests, and the salts whose destruction erases them.

use std::collections::HashMap;

use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};

use crate::entity::{evidence_personal, evidence_salt};
use crate::{Result, Transaction};

pub use crate::entity::evidence_personal::Model as PersonalRow;
pub use crate::entity::evidence_salt::Model as SaltRow;

/// The salt of this person, made of `fresh` when there is none.
pub async fn salt(transaction: &Transaction, fresh: SaltRow) -> Result<SaltRow> {
    let subject = fresh.subject.clone();
    evidence_salt::Entity::insert(fresh.clone().into_active_model())
        .on_conflict(OnConflict::column(evidence_salt::Column::Subject).do_nothing().to_owned())
        .exec_without_returning(transaction)
        .await?;
    Ok(evidence_salt::Entity::find_by_id(subject).one(transaction).await?.unwrap_or(fresh))
}

/// Salts of these persons, of those that have one.
pub async fn salts(db: &impl ConnectionTrait, subjects: Vec<String>) -> Result<HashMap<String, Vec<u8>>> {
    let rows =
        evidence_salt::Entity::find().filter(evidence_salt::Column::Subject.is_in(subjects)).all(db).await?;
    Ok(rows.into_iter().map(|row| (row.subject, row.salt)).collect())
}

/// Remember personal values.
pub async fn add(transaction: &Transaction, values: Vec<PersonalRow>) -> Result<()> {
    if values.is_empty() {
        return Ok(());
    }
    evidence_personal::Entity::insert_many(values.into_iter().map(IntoActiveModel::into_active_model))
        .exec_without_returning(transaction)
        .await?;
    Ok(())
}

/// Personal values of these entries, by position and field.
pub async fn of_entries(db: &impl ConnectionTrait, positions: Vec<i64>) -> Result<Vec<PersonalRow>> {
    Ok(evidence_personal::Entity::find()
        .filter(evidence_personal::Column::Seq.is_in(positions))
        .order_by_asc(evidence_personal::Column::Seq)
        .order_by_asc(evidence_personal::Column::Field)
        .all(db)
        .await?)
}

/// Destroy the salt of a person and every value; how many values there were, `None` when there was no salt.
pub async fn erase(transaction: &Transaction, subject: &str) -> Result<Option<u64>> {
    let gone = evidence_salt::Entity::delete_by_id(subject).exec(transaction).await?;
    let values = evidence_personal::Entity::delete_many()
        .filter(evidence_personal::Column::Subject.eq(subject))
        .exec(transaction)
        .await?;
    Ok((gone.rows_affected > 0).then_some(values.rows_affected))
}
