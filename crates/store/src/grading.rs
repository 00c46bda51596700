//! Labels (分类分级) with their way to approval, origins of derived columns, filings; what they mean is `warehouse`'s
//! business.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};

use crate::entity::classification::{Column, Entity};
use crate::entity::{column_origin, dataset_input, important_filing};
use crate::{Error, Page, PageRequest, Result, page};

pub use crate::entity::classification::Model as ClassificationRow;
pub use crate::entity::column_origin::Model as ColumnOrigin;
pub use crate::entity::important_filing::Model as FilingRow;

/// Rows sent in one insert statement.
const INSERT_BATCH: usize = 500;

/// Which labels to list; everything given must hold.
#[derive(Debug, Clone, Default)]
pub struct ClassificationFilter {
    /// Only these states; empty is every state.
    pub states: Vec<String>,
    /// Only of this dataset.
    pub dataset: Option<String>,
    /// Only of these datasets; `None` is every dataset.
    pub datasets: Option<Vec<String>>,
}

/// A step of a label from one state to the next.
#[derive(Debug, Clone)]
pub struct Step<'a> {
    /// State it must be in.
    pub from: &'a str,
    /// State it comes into.
    pub to: &'a str,
    /// Who takes the step.
    pub by: &'a str,
    /// When.
    pub at: DateTime<Utc>,
    /// Words of the decision.
    pub reason: Option<&'a str>,
}

/// Store a new version of a label; its version is set here, after the last one of the same dataset, column and kind.
/// A version stored at the same moment by another is [`Error::AlreadyExists`].
pub async fn insert(db: &impl ConnectionTrait, mut row: ClassificationRow) -> Result<ClassificationRow> {
    let last: Option<Option<i64>> = Entity::find()
        .select_only()
        .column_as(Column::Version.max(), "last")
        .filter(Column::Dataset.eq(&row.dataset))
        .filter(Column::ColumnName.eq(&row.column_name))
        .filter(Column::Kind.eq(&row.kind))
        .into_tuple()
        .one(db)
        .await?;
    row.version = last.flatten().unwrap_or(0) + 1;
    Ok(row.into_active_model().insert(db).await?)
}

/// The label with this id.
pub async fn find(db: &impl ConnectionTrait, id: &str) -> Result<Option<ClassificationRow>> {
    Ok(Entity::find_by_id(id).one(db).await?)
}

/// Labels, newest first.
pub async fn list(
    db: &impl ConnectionTrait,
    filter: &ClassificationFilter,
    request: PageRequest,
) -> Result<Page<ClassificationRow>> {
    let mut select = Entity::find();
    if !filter.states.is_empty() {
        select = select.filter(Column::State.is_in(&filter.states));
    }
    if let Some(dataset) = &filter.dataset {
        select = select.filter(Column::Dataset.eq(dataset));
    }
    if let Some(datasets) = &filter.datasets {
        select = select.filter(Column::Dataset.is_in(datasets));
    }
    page::fetch(db, select.order_by_desc(Column::ProposedAt).order_by_desc(Column::Id), request).await
}

/// Every approved label and de-grading, whether or not its time has run out.
pub async fn approved(db: &impl ConnectionTrait) -> Result<Vec<ClassificationRow>> {
    Ok(Entity::find().filter(Column::State.eq("approved")).order_by_asc(Column::Id).all(db).await?)
}

/// The labels of a dataset that nobody has decided on.
pub async fn open_of(db: &impl ConnectionTrait, dataset: &str) -> Result<Vec<ClassificationRow>> {
    Ok(Entity::find()
        .filter(Column::Dataset.eq(dataset))
        .filter(Column::State.is_in(["proposed", "confirmed"]))
        .order_by_asc(Column::Id)
        .all(db)
        .await?)
}

/// Every label there ever was, oldest first.
pub async fn all(db: &impl ConnectionTrait) -> Result<Vec<ClassificationRow>> {
    Ok(Entity::find().order_by_asc(Column::ProposedAt).order_by_asc(Column::Id).all(db).await?)
}

/// How many labels are in a state.
pub async fn count(db: &impl ConnectionTrait, state: &str) -> Result<u64> {
    Ok(Entity::find().filter(Column::State.eq(state)).count(db).await?)
}

/// Take a step; [`Error::NotFound`] when the label is not in the state it should come from.
pub async fn step(db: &impl ConnectionTrait, id: &str, step: &Step<'_>) -> Result<()> {
    let mut update = Entity::update_many().col_expr(Column::State, Expr::value(step.to));
    update = if step.to == "confirmed" {
        update
            .col_expr(Column::ConfirmedBy, Expr::value(step.by))
            .col_expr(Column::ConfirmedAt, Expr::value(step.at))
    } else {
        update
            .col_expr(Column::DecidedBy, Expr::value(step.by))
            .col_expr(Column::DecidedAt, Expr::value(step.at))
    };
    if let Some(reason) = step.reason {
        update = update.col_expr(Column::Reason, Expr::value(reason));
    }
    let done = update.filter(Column::Id.eq(id)).filter(Column::State.eq(step.from)).exec(db).await?;
    if done.rows_affected == 0 {
        return Err(Error::NotFound { what: "classification in this state", id: id.to_owned() });
    }
    Ok(())
}

/// The approved labels of the same dataset, column and kind as `row`, other than itself, are superseded; how many.
pub async fn supersede(db: &impl ConnectionTrait, row: &ClassificationRow) -> Result<u64> {
    let update = Entity::update_many()
        .col_expr(Column::State, Expr::value("superseded"))
        .filter(Column::Dataset.eq(&row.dataset))
        .filter(Column::ColumnName.eq(&row.column_name))
        .filter(Column::Kind.eq(&row.kind))
        .filter(Column::State.eq("approved"))
        .filter(Column::Id.ne(&row.id));
    Ok(update.exec(db).await?.rows_affected)
}

/// Replace what is known of where the columns of a dataset come from.
pub async fn replace_origins(
    db: &impl ConnectionTrait,
    dataset: &str,
    origins: &[ColumnOrigin],
) -> Result<()> {
    let old = column_origin::Entity::delete_many().filter(column_origin::Column::Dataset.eq(dataset));
    old.exec(db).await?;
    for batch in origins.chunks(INSERT_BATCH) {
        let rows = batch.iter().map(|origin| column_origin::ActiveModel {
            dataset: Set(origin.dataset.clone()),
            column_name: Set(origin.column_name.clone()),
            input: Set(origin.input.clone()),
            input_column: Set(origin.input_column.clone()),
        });
        column_origin::Entity::insert_many(rows).exec_without_returning(db).await?;
    }
    Ok(())
}

/// Where the columns of every derived dataset come from.
pub async fn origins(db: &impl ConnectionTrait) -> Result<Vec<ColumnOrigin>> {
    Ok(column_origin::Entity::find().all(db).await?)
}

/// `(dataset, input)` of every dataset's latest version.
pub async fn latest_inputs(db: &impl ConnectionTrait) -> Result<Vec<(String, String)>> {
    let latest = "(\"dataset_input\".\"dataset\", \"dataset_input\".\"version\") IN \
                  (SELECT \"dataset\".\"name\", \"dataset\".\"version\" FROM \"dataset\")";
    Ok(dataset_input::Entity::find()
        .select_only()
        .column(dataset_input::Column::Dataset)
        .column(dataset_input::Column::Input)
        .filter(Expr::cust(latest))
        .into_tuple()
        .all(db)
        .await?)
}

/// Record a filing.
pub async fn insert_filing(db: &impl ConnectionTrait, filing: FilingRow) -> Result<FilingRow> {
    Ok(filing.into_active_model().insert(db).await?)
}

/// Every filing, oldest first.
pub async fn filings(db: &impl ConnectionTrait) -> Result<Vec<FilingRow>> {
    Ok(important_filing::Entity::find()
        .order_by_asc(important_filing::Column::FiledAt)
        .order_by_asc(important_filing::Column::Id)
        .all(db)
        .await?)
}
