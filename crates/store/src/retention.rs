//! Deletions on their way (待删除数据): proposed by the sweep, decided by the owner, certified when done.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
};

use crate::entity::{deletion_proposal, removed_version};
use crate::{Error, Page, PageRequest, Result, page};

pub use crate::entity::deletion_proposal::Model as DeletionProposalRow;
pub use crate::entity::removed_version::Model as RemovedVersionRow;

/// How a proposal is decided.
#[derive(Debug, Clone, Copy)]
pub struct DecisionRow<'a> {
    /// `rejected` or `deleting`.
    pub state: &'a str,
    /// Who decided.
    pub by: &'a str,
    /// When.
    pub at: DateTime<Utc>,
    /// Why.
    pub reason: &'a str,
}

/// Store a proposal.
pub async fn insert(db: &impl ConnectionTrait, row: DeletionProposalRow) -> Result<DeletionProposalRow> {
    Ok(row.into_active_model().insert(db).await?)
}

/// The proposal of this id.
pub async fn find(db: &impl ConnectionTrait, id: &str) -> Result<Option<DeletionProposalRow>> {
    Ok(deletion_proposal::Entity::find_by_id(id).one(db).await?)
}

/// The proposal for a dataset that waits for a decision.
pub async fn open_of(db: &impl ConnectionTrait, dataset: &str) -> Result<Option<DeletionProposalRow>> {
    use deletion_proposal::Column;
    Ok(deletion_proposal::Entity::find()
        .filter(Column::Dataset.eq(dataset))
        .filter(Column::State.eq("proposed"))
        .one(db)
        .await?)
}

/// Proposals, newest first; of one state where it is given.
pub async fn list(
    db: &impl ConnectionTrait,
    state: Option<&str>,
    request: PageRequest,
) -> Result<Page<DeletionProposalRow>> {
    use deletion_proposal::Column;
    let mut select =
        deletion_proposal::Entity::find().order_by_desc(Column::ProposedAt).order_by_asc(Column::Id);
    if let Some(state) = state {
        select = select.filter(Column::State.eq(state));
    }
    page::fetch(db, select, request).await
}

/// Decide a proposal; one that was decided before is [`Error::NotFound`].
pub async fn decide(db: &impl ConnectionTrait, id: &str, decision: &DecisionRow<'_>) -> Result<()> {
    use deletion_proposal::Column;
    let update = deletion_proposal::Entity::update_many()
        .col_expr(Column::State, Expr::value(decision.state))
        .col_expr(Column::DecidedBy, Expr::value(decision.by))
        .col_expr(Column::DecidedAt, Expr::value(decision.at))
        .col_expr(Column::Reason, Expr::value(decision.reason))
        .filter(Column::Id.eq(id))
        .filter(Column::State.eq("proposed"));
    match update.exec(db).await?.rows_affected {
        0 => Err(Error::NotFound { what: "deletion proposal", id: id.to_owned() }),
        _ => Ok(()),
    }
}

/// Say that a deletion under way is done, with its certificate.
pub async fn done(db: &impl ConnectionTrait, id: &str, certificate: &str) -> Result<()> {
    use deletion_proposal::Column;
    let update = deletion_proposal::Entity::update_many()
        .col_expr(Column::State, Expr::value("done"))
        .col_expr(Column::Certificate, Expr::value(certificate))
        .filter(Column::Id.eq(id))
        .filter(Column::State.eq("deleting"));
    match update.exec(db).await?.rows_affected {
        0 => Err(Error::NotFound { what: "deletion under way", id: id.to_owned() }),
        _ => Ok(()),
    }
}

/// Keep the certificate of a deletion.
pub async fn certify(db: &impl ConnectionTrait, id: &str, certificate: &str) -> Result<()> {
    use deletion_proposal::Column;
    deletion_proposal::Entity::update_many()
        .col_expr(Column::Certificate, Expr::value(certificate))
        .filter(Column::Id.eq(id))
        .exec(db)
        .await?;
    Ok(())
}

/// Remember versions that are no more.
pub async fn remove_versions(db: &impl ConnectionTrait, rows: Vec<RemovedVersionRow>) -> Result<()> {
    for batch in rows.chunks(200) {
        removed_version::Entity::insert_many(batch.iter().cloned().map(IntoActiveModel::into_active_model))
            .exec_without_returning(db)
            .await?;
    }
    Ok(())
}

/// Versions of a dataset that are no more, in order.
pub async fn removed_of(db: &impl ConnectionTrait, dataset: &str) -> Result<Vec<RemovedVersionRow>> {
    use removed_version::Column;
    Ok(removed_version::Entity::find()
        .filter(Column::Dataset.eq(dataset))
        .order_by_asc(Column::Version)
        .all(db)
        .await?)
}

/// Oldest version of each dataset that is still there, where versions were deleted.
pub async fn first_kept(db: &impl ConnectionTrait) -> Result<Vec<(String, i64)>> {
    use removed_version::Column;
    use sea_orm::QuerySelect as _;
    let newest: Vec<(String, Option<i64>)> = removed_version::Entity::find()
        .select_only()
        .column(Column::Dataset)
        .column_as(Column::Version.max(), "newest")
        .group_by(Column::Dataset)
        .into_tuple()
        .all(db)
        .await?;
    Ok(newest.into_iter().filter_map(|(dataset, version)| Some((dataset, version? + 1))).collect())
}
