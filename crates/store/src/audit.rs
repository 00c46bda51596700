//! Audit records (审计记录) as rows; what they mean, their digests and who may read them are `trust`'s business.
//!
//! There is no way here to change a record, and [`expire`] is refused by the database itself where the law's time is
//! not over.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, OnConflict, Query};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect,
};

use crate::entity::audit_record::{Column, Entity};
use crate::entity::{audit_batch, audit_dataset, audit_expiry, audit_profile};
use crate::{Page, PageRequest, Result, Transaction, page};

pub use crate::entity::audit_batch::Model as BatchRow;
pub use crate::entity::audit_dataset::Model as DatasetRow;
pub use crate::entity::audit_expiry::Model as ExpiryRow;
pub use crate::entity::audit_profile::Model as ProfileRow;
pub use crate::entity::audit_record::Model as RecordRow;

/// Records of one statement: with 22 columns below the parameters both engines allow.
const ROWS_AT_ONCE: usize = 1_000;

/// Which accesses to list; everything given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordFilter {
    /// Account id.
    pub account: Option<String>,
    /// Dataset it read or was refused.
    pub dataset: Option<String>,
    /// Outcome; `opened` is what has not ended.
    pub outcome: Option<String>,
    /// Channel.
    pub channel: Option<String>,
    /// Action.
    pub action: Option<String>,
    /// Not before.
    pub from: Option<DateTime<Utc>>,
    /// Before.
    pub to: Option<DateTime<Utc>>,
}

impl RecordFilter {
    /// One row an access: the record of its end, or that of its beginning where it has not ended.
    fn condition(&self) -> Condition {
        let unended = Expr::cust(
            "\"audit_record\".\"phase\" <> 'open' OR NOT EXISTS (SELECT 1 FROM \"audit_record\" AS \"ended\" \
             WHERE \"ended\".\"access\" = \"audit_record\".\"access\" AND \"ended\".\"phase\" = 'close')",
        );
        let of_dataset = |dataset: &String| {
            let named = Query::select()
                .column(audit_dataset::Column::Seq)
                .from(audit_dataset::Entity)
                .and_where(audit_dataset::Column::Dataset.eq(dataset))
                .to_owned();
            Column::Seq.in_subquery(named)
        };
        Condition::all()
            .add(unended)
            .add_option(self.account.as_ref().map(|id| Column::Account.eq(id)))
            .add_option(self.dataset.as_ref().map(of_dataset))
            .add_option(self.outcome.as_ref().map(|outcome| Column::Outcome.eq(outcome)))
            .add_option(self.channel.as_ref().map(|channel| Column::Channel.eq(channel)))
            .add_option(self.action.as_ref().map(|action| Column::Action.eq(action)))
            .add_option(self.from.map(|from| Column::RecordedAt.gte(from)))
            .add_option(self.to.map(|to| Column::RecordedAt.lt(to)))
    }
}

/// Append records with the datasets they name. The caller gives positions without gaps.
pub async fn append(
    transaction: &Transaction,
    mut records: Vec<RecordRow>,
    mut datasets: Vec<DatasetRow>,
) -> Result<()> {
    while !records.is_empty() {
        let rest = records.split_off(records.len().min(ROWS_AT_ONCE));
        let rows = std::mem::replace(&mut records, rest);
        Entity::insert_many(rows.into_iter().map(IntoActiveModel::into_active_model))
            .exec_without_returning(transaction)
            .await?;
    }
    while !datasets.is_empty() {
        let rest = datasets.split_off(datasets.len().min(ROWS_AT_ONCE));
        let rows = std::mem::replace(&mut datasets, rest);
        audit_dataset::Entity::insert_many(rows.into_iter().map(IntoActiveModel::into_active_model))
            .exec_without_returning(transaction)
            .await?;
    }
    Ok(())
}

/// Position the next record takes.
pub async fn next_seq(db: &impl ConnectionTrait) -> Result<i64> {
    let newest: Option<Option<i64>> =
        Entity::find().select_only().column_as(Column::Seq.max(), "newest").into_tuple().one(db).await?;
    // Everything may have expired; positions are never used twice.
    let anchored = last_batch(db).await?.map(|batch| batch.last_seq);
    Ok([newest.flatten(), anchored].into_iter().flatten().max().map_or(0, |seq| seq + 1))
}

/// Accesses, newest first.
pub async fn list(
    db: &impl ConnectionTrait,
    filter: &RecordFilter,
    request: PageRequest,
) -> Result<Page<RecordRow>> {
    page::fetch(db, Entity::find().filter(filter.condition()).order_by_desc(Column::Seq), request).await
}

/// At most `limit` accesses after position `after`, oldest first; for streaming what [`list`] lists.
pub async fn list_after(
    db: &impl ConnectionTrait,
    filter: &RecordFilter,
    after: i64,
    limit: u64,
) -> Result<Vec<RecordRow>> {
    Ok(Entity::find()
        .filter(filter.condition())
        .filter(Column::Seq.gt(after))
        .order_by_asc(Column::Seq)
        .limit(limit)
        .all(db)
        .await?)
}

/// Every record of one access, in order.
pub async fn of_access(db: &impl ConnectionTrait, access: &str) -> Result<Vec<RecordRow>> {
    Ok(Entity::find().filter(Column::Access.eq(access)).order_by_asc(Column::Seq).all(db).await?)
}

/// One record.
pub async fn find(db: &impl ConnectionTrait, seq: i64) -> Result<Option<RecordRow>> {
    Ok(Entity::find_by_id(seq).one(db).await?)
}

/// At most `limit` records from position `from` on, in order; for streaming everything.
pub async fn records_from(db: &impl ConnectionTrait, from: i64, limit: u64) -> Result<Vec<RecordRow>> {
    Ok(Entity::find().filter(Column::Seq.gte(from)).order_by_asc(Column::Seq).limit(limit).all(db).await?)
}

/// Position of the first record at or after an instant; `None` when there is none.
pub async fn first_since(db: &impl ConnectionTrait, since: DateTime<Utc>) -> Result<Option<i64>> {
    let first: Option<Option<i64>> = Entity::find()
        .select_only()
        .column_as(Column::Seq.min(), "first")
        .filter(Column::RecordedAt.gte(since))
        .into_tuple()
        .one(db)
        .await?;
    Ok(first.flatten())
}

/// How many records from position `first` on name each dataset.
pub async fn uses_from(db: &impl ConnectionTrait, first: i64) -> Result<Vec<(String, i64)>> {
    Ok(audit_dataset::Entity::find()
        .select_only()
        .column(audit_dataset::Column::Dataset)
        .column_as(audit_dataset::Column::Seq.count(), "uses")
        .filter(audit_dataset::Column::Seq.gte(first))
        .group_by(audit_dataset::Column::Dataset)
        .order_by_asc(audit_dataset::Column::Dataset)
        .into_tuple()
        .all(db)
        .await?)
}

/// How many records from position `first` on name a dataset.
pub async fn uses_of(db: &impl ConnectionTrait, dataset: &str, first: i64) -> Result<u64> {
    Ok(audit_dataset::Entity::find()
        .filter(audit_dataset::Column::Dataset.eq(dataset))
        .filter(audit_dataset::Column::Seq.gte(first))
        .count(db)
        .await?)
}

/// When the oldest record that is still there was made.
pub async fn oldest(db: &impl ConnectionTrait) -> Result<Option<DateTime<Utc>>> {
    Ok(Entity::find().order_by_asc(Column::Seq).one(db).await?.map(|row| row.recorded_at))
}

/// How many records there are.
pub async fn count(db: &impl ConnectionTrait) -> Result<u64> {
    Ok(Entity::find().count(db).await?)
}

/// Datasets that records from `first` to `last` name, by position and name.
pub async fn datasets_between(db: &impl ConnectionTrait, first: i64, last: i64) -> Result<Vec<DatasetRow>> {
    Ok(audit_dataset::Entity::find()
        .filter(audit_dataset::Column::Seq.between(first, last))
        .order_by_asc(audit_dataset::Column::Seq)
        .order_by_asc(audit_dataset::Column::Dataset)
        .all(db)
        .await?)
}

/// Store that a batch was anchored.
pub async fn insert_batch(transaction: &Transaction, row: BatchRow) -> Result<()> {
    audit_batch::Entity::insert(row.into_active_model()).exec_without_returning(transaction).await?;
    Ok(())
}

/// The newest batch.
pub async fn last_batch(db: &impl ConnectionTrait) -> Result<Option<BatchRow>> {
    Ok(audit_batch::Entity::find().order_by_desc(audit_batch::Column::Number).one(db).await?)
}

/// The batch a record lies in; `None` while it is not anchored.
pub async fn batch_of(db: &impl ConnectionTrait, seq: i64) -> Result<Option<BatchRow>> {
    Ok(audit_batch::Entity::find()
        .filter(audit_batch::Column::FirstSeq.lte(seq))
        .filter(audit_batch::Column::LastSeq.gte(seq))
        .one(db)
        .await?)
}

/// The oldest batches that have not expired and ended before `before`, oldest first.
pub async fn batches_before(
    db: &impl ConnectionTrait,
    before: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<BatchRow>> {
    let expired = Query::select().column(audit_expiry::Column::Number).from(audit_expiry::Entity).to_owned();
    Ok(audit_batch::Entity::find()
        .filter(audit_batch::Column::LastAt.lte(before))
        .filter(audit_batch::Column::Number.not_in_subquery(expired))
        .order_by_asc(audit_batch::Column::Number)
        .limit(limit)
        .all(db)
        .await?)
}

/// Every batch that expired, oldest first.
pub async fn expiries(db: &impl ConnectionTrait) -> Result<Vec<ExpiryRow>> {
    Ok(audit_expiry::Entity::find().order_by_asc(audit_expiry::Column::Number).all(db).await?)
}

/// Remove the records of a batch whose time is over, and say so; how many there were. The database refuses what is
/// younger than the law allows.
pub async fn expire(transaction: &Transaction, row: ExpiryRow) -> Result<u64> {
    let (first, last) = (row.first_seq, row.last_seq);
    audit_expiry::Entity::insert(row.into_active_model()).exec_without_returning(transaction).await?;
    audit_dataset::Entity::delete_many()
        .filter(audit_dataset::Column::Seq.between(first, last))
        .exec(transaction)
        .await?;
    let gone = Entity::delete_many().filter(Column::Seq.between(first, last)).exec(transaction).await?;
    Ok(gone.rows_affected)
}

/// Remember that an account touched a dataset on a day; a second time changes nothing.
pub async fn touch(db: &impl ConnectionTrait, rows: Vec<ProfileRow>) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let key = [audit_profile::Column::Account, audit_profile::Column::Day, audit_profile::Column::Dataset];
    audit_profile::Entity::insert_many(rows.into_iter().map(IntoActiveModel::into_active_model))
        .on_conflict(OnConflict::columns(key).do_nothing().to_owned())
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// What accounts touched since a day, that day included.
pub async fn touched_since(db: &impl ConnectionTrait, day: &str) -> Result<Vec<ProfileRow>> {
    Ok(audit_profile::Entity::find().filter(audit_profile::Column::Day.gte(day)).all(db).await?)
}

/// Forget what accounts touched before a day.
pub async fn forget_before(db: &impl ConnectionTrait, day: &str) -> Result<()> {
    audit_profile::Entity::delete_many().filter(audit_profile::Column::Day.lt(day)).exec(db).await?;
    Ok(())
}
