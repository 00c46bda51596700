//! Pairs: what a run proposes, who has taken which, and what people decided.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult, IntoActiveModel, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect,
};

use super::{ROWS_AT_ONCE, insert_all, like};
use crate::entity::match_pair::Column;
use crate::entity::{match_decision, match_pair};
use crate::{Page, PageRequest, Result, Transaction, page, revision};

pub use crate::entity::match_decision::Model as DecisionRow;
pub use crate::entity::match_pair::Model as PairRow;

/// Most decided pairs of a set that are counted.
const VERDICTS_MAX: u64 = 200_000;

/// What a run must know of a pair that is stored.
#[derive(Debug, Clone, PartialEq, FromQueryResult)]
pub struct Known {
    /// Id.
    pub id: String,
    /// First record.
    pub left_dataset: String,
    /// First record.
    pub left_key: String,
    /// Second record.
    pub right_dataset: String,
    /// Second record.
    pub right_key: String,
    /// State.
    pub state: String,
    /// Digest of what was compared.
    pub print: String,
    /// Probability at the last run.
    pub probability: f64,
    /// log₂ odds at the last run.
    pub weight: f64,
    /// Whether it is one of the random sample.
    pub sample: bool,
    /// Whether a person had decided it before its records changed.
    pub changed: bool,
}

/// Pairs of a set by id, those behind `after`.
pub async fn known_after(
    db: &impl ConnectionTrait,
    set: &str,
    after: &str,
    limit: u64,
) -> Result<Vec<Known>> {
    Ok(match_pair::Entity::find()
        .filter(Column::SetId.eq(set))
        .filter(Column::Id.gt(after))
        .order_by_asc(Column::Id)
        .limit(limit)
        .into_model::<Known>()
        .all(db)
        .await?)
}

/// Store new pairs.
pub async fn insert_pairs(transaction: &Transaction, rows: Vec<PairRow>) -> Result<()> {
    insert_all::<match_pair::Entity>(transaction, rows).await
}

/// One pair.
pub async fn pair(db: &impl ConnectionTrait, id: &str) -> Result<Option<PairRow>> {
    Ok(match_pair::Entity::find_by_id(id).one(db).await?)
}

/// Replace a pair whose stored revision is still `seen`; otherwise somebody was faster: [`crate::Error::Stale`].
pub async fn replace_pair(transaction: &Transaction, row: PairRow, seen: i64) -> Result<()> {
    let id = (Column::Id, row.id.clone());
    let revision = (Column::Revision, seen);
    revision::replace::<match_pair::Entity>(transaction, "match pair", row, id, revision).await
}

/// These pairs are not proposed any more.
pub async fn close_pairs(transaction: &Transaction, ids: &[String], now: DateTime<Utc>) -> Result<()> {
    for ids in ids.chunks(ROWS_AT_ONCE) {
        match_pair::Entity::update_many()
            .col_expr(Column::State, Expr::value("closed"))
            .col_expr(Column::Revision, Expr::col(Column::Revision).add(1))
            .col_expr(Column::UpdatedAt, Expr::value(now))
            .filter(Column::Id.is_in(ids))
            .filter(Column::State.is_in(["open", "automatic"]))
            .exec(transaction)
            .await?;
    }
    Ok(())
}

/// Which pairs to list; everything given must hold.
#[derive(Debug, Clone, Default)]
pub struct PairFilter {
    /// The set.
    pub set: String,
    /// Only in this state.
    pub state: Option<String>,
    /// Only from this probability.
    pub at_least: Option<f64>,
    /// Only up to this probability.
    pub at_most: Option<f64>,
    /// Only of a record whose key begins so.
    pub key: Option<String>,
    /// Only those taken by this account at this moment.
    pub reviewer: Option<(String, DateTime<Utc>)>,
    /// Only those whose records have changed since a person decided.
    pub changed: bool,
    /// Only the random sample of automatic pairs.
    pub sample: bool,
}

impl PairFilter {
    fn condition(&self) -> Condition {
        let mut all = Condition::all().add(Column::SetId.eq(&self.set));
        if let Some(state) = &self.state {
            all = all.add(Column::State.eq(state));
        }
        if let Some(least) = self.at_least {
            all = all.add(Column::Probability.gte(least));
        }
        if let Some(most) = self.at_most {
            all = all.add(Column::Probability.lte(most));
        }
        if let Some(key) = &self.key {
            let begins = |column: Column| column.like(like(key, false));
            all = all.add(Condition::any().add(begins(Column::LeftKey)).add(begins(Column::RightKey)));
        }
        if let Some((reviewer, now)) = &self.reviewer {
            all = all.add(Column::Reviewer.eq(reviewer)).add(Column::LeaseUntil.gt(*now));
        }
        if self.changed {
            all = all.add(Column::Changed.eq(true));
        }
        if self.sample {
            all = all.add(Column::Sample.eq(true));
        }
        all
    }
}

/// Pairs in the order of the queue.
pub async fn pairs(
    db: &impl ConnectionTrait,
    filter: &PairFilter,
    request: PageRequest,
) -> Result<Page<PairRow>> {
    let select = match_pair::Entity::find().filter(filter.condition());
    page::fetch(db, select.order_by_asc(Column::Place).order_by_asc(Column::Id), request).await
}

/// How many there are.
pub async fn count_pairs(db: &impl ConnectionTrait, filter: &PairFilter) -> Result<u64> {
    Ok(match_pair::Entity::find().filter(filter.condition()).count(db).await?)
}

/// Pairs both of whose records are among these, those that join or keep apart first.
pub async fn pairs_among(
    db: &impl ConnectionTrait,
    set: &str,
    records: &[(String, String)],
    limit: u64,
) -> Result<Vec<PairRow>> {
    let mut found = Vec::new();
    let keys: Vec<&String> = records.iter().map(|(_, key)| key).collect();
    for some in keys.chunks(ROWS_AT_ONCE) {
        let left = match_pair::Entity::find()
            .filter(Column::SetId.eq(set))
            .filter(Column::LeftKey.is_in(some.iter().copied()))
            .filter(Column::State.ne("closed"))
            .order_by_asc(Column::Id)
            .limit(limit)
            .all(db)
            .await?;
        found.extend(left);
    }
    let known: std::collections::BTreeSet<(&str, &str)> =
        records.iter().map(|(dataset, key)| (dataset.as_str(), key.as_str())).collect();
    found.retain(|pair| {
        known.contains(&(pair.left_dataset.as_str(), pair.left_key.as_str()))
            && known.contains(&(pair.right_dataset.as_str(), pair.right_key.as_str()))
    });
    Ok(found)
}

/// What is free to take: open, and taken by nobody else at this moment.
fn free(set: &str, account: &str, now: DateTime<Utc>) -> Condition {
    Condition::all().add(Column::SetId.eq(set)).add(Column::State.eq("open")).add(
        Condition::any()
            .add(Column::LeaseUntil.is_null())
            .add(Column::LeaseUntil.lte(now))
            .add(Column::Reviewer.eq(account)),
    )
}

/// Open pairs that this account may take, in the order of the queue, from the `skip`th on.
pub async fn free_pairs(
    db: &impl ConnectionTrait,
    set: &str,
    account: &str,
    now: DateTime<Utc>,
    (skip, limit): (u64, u64),
) -> Result<Vec<PairRow>> {
    Ok(match_pair::Entity::find()
        .filter(free(set, account, now))
        .order_by_asc(Column::Place)
        .order_by_asc(Column::Id)
        .offset(skip)
        .limit(limit)
        .all(db)
        .await?)
}

/// Take these pairs until a moment. Those that somebody else has taken or decided meanwhile are not taken.
pub async fn take(
    transaction: &Transaction,
    (set, account): (&str, &str),
    ids: &[String],
    (now, until): (DateTime<Utc>, DateTime<Utc>),
) -> Result<u64> {
    let update = match_pair::Entity::update_many()
        .col_expr(Column::Reviewer, Expr::value(account))
        .col_expr(Column::LeaseUntil, Expr::value(until))
        .filter(Column::Id.is_in(ids))
        .filter(free(set, account, now))
        .exec(transaction)
        .await?;
    Ok(update.rows_affected)
}

/// Pairs this account has taken and not decided, in the order of the queue.
pub async fn taken(
    db: &impl ConnectionTrait,
    set: &str,
    account: &str,
    now: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<PairRow>> {
    Ok(match_pair::Entity::find()
        .filter(Column::SetId.eq(set))
        .filter(Column::State.eq("open"))
        .filter(Column::Reviewer.eq(account))
        .filter(Column::LeaseUntil.gt(now))
        .order_by_asc(Column::Place)
        .order_by_asc(Column::Id)
        .limit(limit)
        .all(db)
        .await?)
}

/// Give back what this account has taken.
pub async fn release(transaction: &Transaction, set: &str, account: &str) -> Result<u64> {
    let nobody: Option<String> = None;
    let never: Option<DateTime<Utc>> = None;
    let update = match_pair::Entity::update_many()
        .col_expr(Column::Reviewer, Expr::value(nobody))
        .col_expr(Column::LeaseUntil, Expr::value(never))
        .filter(Column::SetId.eq(set))
        .filter(Column::Reviewer.eq(account))
        .exec(transaction)
        .await?;
    Ok(update.rows_affected)
}

/// Append a decision; its number is set here. Two at once collide on it: [`crate::Error::AlreadyExists`].
pub async fn add_decision(transaction: &Transaction, mut row: DecisionRow) -> Result<()> {
    let last: Option<Option<i32>> = match_decision::Entity::find()
        .select_only()
        .column_as(match_decision::Column::Number.max(), "last")
        .filter(match_decision::Column::Pair.eq(&row.pair))
        .into_tuple()
        .one(transaction)
        .await?;
    row.number = last.flatten().unwrap_or(0).saturating_add(1);
    match_decision::Entity::insert(row.into_active_model()).exec_without_returning(transaction).await?;
    Ok(())
}

/// Decisions of these pairs, by pair, oldest first.
pub async fn decisions(db: &impl ConnectionTrait, pairs: &[String]) -> Result<Vec<DecisionRow>> {
    Ok(match_decision::Entity::find()
        .filter(match_decision::Column::Pair.is_in(pairs))
        .order_by_asc(match_decision::Column::Pair)
        .order_by_asc(match_decision::Column::Number)
        .all(db)
        .await?)
}

/// What is decided of a pair, for counting.
#[derive(Debug, Clone, PartialEq, FromQueryResult)]
pub struct Verdict {
    /// `same`, `different` or `unsure`.
    pub state: String,
    /// Probability the pair has.
    pub probability: f64,
    /// Whether it is one of the random sample of automatic pairs.
    pub sample: bool,
}

/// What is decided of the pairs of a set, at most some hundred thousand, those that were drawn first to be asked first.
pub async fn verdicts(db: &impl ConnectionTrait, set: &str) -> Result<Vec<Verdict>> {
    Ok(match_pair::Entity::find()
        .filter(Column::SetId.eq(set))
        .filter(Column::State.is_in(["same", "different", "unsure"]))
        .order_by_asc(Column::Place)
        .order_by_asc(Column::Id)
        .limit(VERDICTS_MAX)
        .into_model::<Verdict>()
        .all(db)
        .await?)
}
