//! Corpora (语料库) as rows: definitions, files, runs, versions. The texts lie in the lake; who may see them is
//! `warehouse`'s business.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect,
};

use crate::entity::{corpus, corpus_file, corpus_run, corpus_version};
use crate::{Error, Page, PageRequest, Result, Transaction, page, revision};

pub use crate::entity::corpus::Model as CorpusRow;
pub use crate::entity::corpus_file::Model as FileRow;
pub use crate::entity::corpus_run::Model as RunRow;
pub use crate::entity::corpus_version::Model as VersionRow;

/// State of a run that waits for its turn.
pub const QUEUED: &str = "queued";
/// State of a run at work.
pub const RUNNING: &str = "running";

/// Every corpus, by name.
pub async fn all(db: &impl ConnectionTrait, limit: u64) -> Result<Vec<CorpusRow>> {
    Ok(corpus::Entity::find().order_by_asc(corpus::Column::Name).limit(limit).all(db).await?)
}

/// One corpus.
pub async fn find(db: &impl ConnectionTrait, id: &str) -> Result<Option<CorpusRow>> {
    Ok(corpus::Entity::find_by_id(id).one(db).await?)
}

/// Store a new corpus; a name that is taken is [`Error::AlreadyExists`].
pub async fn insert(transaction: &Transaction, row: CorpusRow) -> Result<()> {
    corpus::Entity::insert(row.into_active_model()).exec_without_returning(transaction).await?;
    Ok(())
}

/// Replace a corpus whose stored revision is still `seen`; otherwise somebody was faster: [`Error::Stale`].
pub async fn replace(transaction: &Transaction, row: CorpusRow, seen: i64) -> Result<()> {
    let id = (corpus::Column::Id, row.id.clone());
    revision::replace::<corpus::Entity>(transaction, "corpus", row, id, (corpus::Column::Revision, seen))
        .await
}

/// Files of a corpus, by name and age; without `removed` those that are there.
pub async fn files(db: &impl ConnectionTrait, corpus: &str, removed: bool) -> Result<Vec<FileRow>> {
    use corpus_file::Column;
    let mut select = corpus_file::Entity::find().filter(Column::Corpus.eq(corpus));
    if !removed {
        select = select.filter(Column::RemovedAt.is_null());
    }
    Ok(select.order_by_asc(Column::Name).order_by_asc(Column::Id).all(db).await?)
}

/// Store a file.
pub async fn insert_file(transaction: &Transaction, row: FileRow) -> Result<()> {
    corpus_file::Entity::insert(row.into_active_model()).exec_without_returning(transaction).await?;
    Ok(())
}

/// Say that a file is removed; one that is not there is [`Error::NotFound`].
pub async fn remove_file(transaction: &Transaction, corpus: &str, id: &str, at: DateTime<Utc>) -> Result<()> {
    use corpus_file::Column;
    let update = corpus_file::Entity::update_many()
        .col_expr(Column::RemovedAt, Expr::value(at))
        .filter(Column::Id.eq(id))
        .filter(Column::Corpus.eq(corpus))
        .filter(Column::RemovedAt.is_null());
    match update.exec(transaction).await?.rows_affected {
        0 => Err(Error::NotFound { what: "corpus file", id: id.to_owned() }),
        _ => Ok(()),
    }
}

/// A run is asked for.
pub async fn insert_run(transaction: &Transaction, row: RunRow) -> Result<()> {
    corpus_run::Entity::insert(row.into_active_model()).exec_without_returning(transaction).await?;
    Ok(())
}

/// Replace a run that has not ended. One that has is not changed any more: [`Error::Stale`].
pub async fn update_run(db: &impl ConnectionTrait, row: RunRow) -> Result<()> {
    let id = row.id.clone();
    let update = corpus_run::Entity::update_many()
        .set(row.into_active_model().reset_all())
        .filter(corpus_run::Column::Id.eq(&id))
        .filter(corpus_run::Column::State.is_in([QUEUED, RUNNING]))
        .exec(db)
        .await?;
    match update.rows_affected {
        0 => Err(Error::Stale { what: "corpus run", id }),
        _ => Ok(()),
    }
}

/// One run.
pub async fn run(db: &impl ConnectionTrait, id: &str) -> Result<Option<RunRow>> {
    Ok(corpus_run::Entity::find_by_id(id).one(db).await?)
}

/// Runs of a corpus, newest first.
pub async fn runs(db: &impl ConnectionTrait, corpus: &str, request: PageRequest) -> Result<Page<RunRow>> {
    let select = corpus_run::Entity::find().filter(corpus_run::Column::Corpus.eq(corpus));
    page::fetch(db, select.order_by_desc(corpus_run::Column::Id), request).await
}

/// Runs that had not ended when the program stopped, oldest first.
pub async fn unfinished_runs(db: &impl ConnectionTrait) -> Result<Vec<RunRow>> {
    let select = corpus_run::Entity::find().filter(corpus_run::Column::State.is_in([QUEUED, RUNNING]));
    Ok(select.order_by_asc(corpus_run::Column::Id).all(db).await?)
}

/// Store a version.
pub async fn insert_version(transaction: &Transaction, row: VersionRow) -> Result<()> {
    corpus_version::Entity::insert(row.into_active_model()).exec_without_returning(transaction).await?;
    Ok(())
}

/// Versions of a corpus, newest first.
pub async fn versions(
    db: &impl ConnectionTrait,
    corpus: &str,
    request: PageRequest,
) -> Result<Page<VersionRow>> {
    let select = corpus_version::Entity::find().filter(corpus_version::Column::Corpus.eq(corpus));
    page::fetch(db, select.order_by_desc(corpus_version::Column::Number), request).await
}

/// The version of a corpus with this number.
pub async fn version(db: &impl ConnectionTrait, corpus: &str, number: i64) -> Result<Option<VersionRow>> {
    use corpus_version::Column;
    let select = corpus_version::Entity::find().filter(Column::Corpus.eq(corpus));
    Ok(select.filter(Column::Number.eq(number)).one(db).await?)
}

/// The version of a corpus with this digest.
pub async fn version_of(db: &impl ConnectionTrait, corpus: &str, digest: &str) -> Result<Option<VersionRow>> {
    use corpus_version::Column;
    let select = corpus_version::Entity::find().filter(Column::Corpus.eq(corpus));
    Ok(select.filter(Column::Digest.eq(digest)).one(db).await?)
}

/// The newest version of a corpus.
pub async fn newest_version(db: &impl ConnectionTrait, corpus: &str) -> Result<Option<VersionRow>> {
    let select = corpus_version::Entity::find().filter(corpus_version::Column::Corpus.eq(corpus));
    Ok(select.order_by_desc(corpus_version::Column::Number).one(db).await?)
}
