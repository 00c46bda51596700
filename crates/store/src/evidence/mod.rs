//! Rows of the evidence log (存证); hashing and signing are `trust`'s business.

pub mod checkpoint;
pub mod personal;
pub mod reference;
pub mod witnessed;

use sea_orm::sea_query::{Expr, LikeExpr, OnConflict};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};

use crate::entity::{evidence_frontier, evidence_head, evidence_leaf};
use crate::{Page, PageRequest, Result, Transaction, page};

pub use crate::entity::evidence_head::Model as HeadRow;
pub use crate::entity::evidence_leaf::Model as LeafRow;

/// Id of the only row of the frontier.
const THE_FRONTIER: i32 = 1;

/// Rows of one statement: with seven columns below the parameters both engines allow.
const ROWS_AT_ONCE: usize = 2_000;

/// Right edge of the tree as stored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FrontierRow {
    /// Entries in the tree.
    pub size: i64,
    /// Roots of the perfect subtrees, largest first, 32 bytes each.
    pub peaks: Vec<u8>,
}

/// Which entries to list; everything given must hold.
#[derive(Debug, Clone, Default)]
pub struct LeafFilter {
    /// Kind, or a family of kinds when it ends in `.`, for example `session.`.
    pub kind: Option<String>,
    /// Actor.
    pub actor: Option<String>,
    /// Subject.
    pub subject: Option<String>,
}

/// The frontier, for reading only.
pub async fn frontier(db: &impl ConnectionTrait) -> Result<FrontierRow> {
    let row = evidence_frontier::Entity::find_by_id(THE_FRONTIER).one(db).await?;
    Ok(row.map_or_else(FrontierRow::default, |row| FrontierRow { size: row.size, peaks: row.peaks }))
}

/// The frontier, kept from every other writer until the transaction ends; this is what puts appends in one order.
pub async fn lock_frontier(transaction: &Transaction) -> Result<FrontierRow> {
    // The row must exist before it can be locked; only the very first append inserts it.
    let first = evidence_frontier::Model { id: THE_FRONTIER, size: 0, peaks: Vec::new() };
    let select = || evidence_frontier::Entity::find_by_id(THE_FRONTIER).lock_exclusive();
    if let Some(row) = select().one(transaction).await? {
        return Ok(FrontierRow { size: row.size, peaks: row.peaks });
    }
    evidence_frontier::Entity::insert(first.into_active_model())
        .on_conflict(OnConflict::column(evidence_frontier::Column::Id).do_nothing().to_owned())
        .exec_without_returning(transaction)
        .await?;
    let row = select().one(transaction).await?;
    Ok(row.map_or_else(FrontierRow::default, |row| FrontierRow { size: row.size, peaks: row.peaks }))
}

/// Append leaves and move the frontier, under the lock of [`lock_frontier`].
pub async fn append(
    transaction: &Transaction,
    mut leaves: Vec<LeafRow>,
    frontier: FrontierRow,
) -> Result<()> {
    while !leaves.is_empty() {
        let rest = leaves.split_off(leaves.len().min(ROWS_AT_ONCE));
        let rows = std::mem::replace(&mut leaves, rest);
        evidence_leaf::Entity::insert_many(rows.into_iter().map(IntoActiveModel::into_active_model))
            .exec_without_returning(transaction)
            .await?;
    }
    evidence_frontier::Entity::update_many()
        .col_expr(evidence_frontier::Column::Size, Expr::value(frontier.size))
        .col_expr(evidence_frontier::Column::Peaks, Expr::value(frontier.peaks))
        .filter(evidence_frontier::Column::Id.eq(THE_FRONTIER))
        .exec(transaction)
        .await?;
    Ok(())
}

/// One entry.
pub async fn leaf(db: &impl ConnectionTrait, seq: i64) -> Result<Option<LeafRow>> {
    Ok(evidence_leaf::Entity::find_by_id(seq).one(db).await?)
}

/// At most `limit` entries from position `from` on, in order; for streaming the whole log.
pub async fn leaves_from(db: &impl ConnectionTrait, from: i64, limit: u64) -> Result<Vec<LeafRow>> {
    Ok(evidence_leaf::Entity::find()
        .filter(evidence_leaf::Column::Seq.gte(from))
        .order_by_asc(evidence_leaf::Column::Seq)
        .limit(limit)
        .all(db)
        .await?)
}

/// Entries, newest first.
pub async fn list(
    db: &impl ConnectionTrait,
    filter: &LeafFilter,
    request: PageRequest,
) -> Result<Page<LeafRow>> {
    let mut select = evidence_leaf::Entity::find();
    if let Some(kind) = &filter.kind {
        select = if kind.ends_with('.') {
            let family = kind.replace(['%', '_', '\\'], "");
            select.filter(evidence_leaf::Column::Kind.like(LikeExpr::new(format!("{family}%"))))
        } else {
            select.filter(evidence_leaf::Column::Kind.eq(kind))
        };
    }
    if let Some(actor) = &filter.actor {
        select = select.filter(evidence_leaf::Column::Actor.eq(actor));
    }
    if let Some(subject) = &filter.subject {
        select = select.filter(evidence_leaf::Column::Subject.eq(subject));
    }
    page::fetch(db, select.order_by_desc(evidence_leaf::Column::Seq), request).await
}

/// The signed head of the largest tree, as version 0.1 stored it; later ones are checkpoints.
pub async fn latest_head(db: &impl ConnectionTrait) -> Result<Option<HeadRow>> {
    Ok(evidence_head::Entity::find().order_by_desc(evidence_head::Column::Size).one(db).await?)
}

/// At most `limit` signed heads of version 0.1, of trees of `size` or more entries, smallest first.
pub async fn heads_from(db: &impl ConnectionTrait, size: i64, limit: u64) -> Result<Vec<HeadRow>> {
    Ok(evidence_head::Entity::find()
        .filter(evidence_head::Column::Size.gte(size))
        .order_by_asc(evidence_head::Column::Size)
        .limit(limit)
        .all(db)
        .await?)
}
