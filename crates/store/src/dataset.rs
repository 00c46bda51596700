//! The catalogue (数据目录): datasets, their columns, versions and lineage.

use brain_kernel::grade::Grade;
use brain_kernel::side::DataSide;
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, LikeExpr, OnConflict};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait,
    IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, UpdateMany,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::entity::{dataset, dataset_column, dataset_input, dataset_version};
use crate::{Error, Page, PageRequest, Result, page};

pub use crate::entity::dataset::Model as Dataset;
pub use crate::entity::dataset_column::Model as DatasetColumn;
pub use crate::entity::dataset_input::Model as DatasetInput;
pub use crate::entity::dataset_version::Model as DatasetVersion;

/// Rows sent in one insert statement; keeps the number of bound values under both engines' limits.
const INSERT_BATCH: usize = 500;

/// What the catalogue says about a dataset, apart from its versions.
#[derive(Debug, Clone)]
pub struct NewDataset {
    /// Name `<zone>.<table>`.
    pub name: String,
    /// Title, zh and en.
    pub title: brain_kernel::language::Text,
    /// Description, zh and en.
    pub description: brain_kernel::language::Text,
    /// Owning organisation (USCC) or `node`.
    pub owner: String,
    /// Where the data comes from.
    pub side: DataSide,
    /// `raw`, `standard`, `subject` or `topic`.
    pub zone: String,
    /// Grade of the whole dataset.
    pub grade: Grade,
    /// Column with the owner of each row, when rows belong to different owners.
    pub restricted_by: Option<String>,
    /// Where the data comes from, in words.
    pub source: String,
    /// Under which terms.
    pub licence: String,
}

/// A column as described by whoever writes the dataset; its position is its place in the list.
#[derive(Debug, Clone)]
pub struct NewColumn {
    /// Column name.
    pub name: String,
    /// Arrow type as shown to people.
    pub data_type: String,
    /// Whether values may be missing.
    pub nullable: bool,
    /// Meaning, zh and en.
    pub title: brain_kernel::language::Text,
    /// Unit of the numbers.
    pub unit: Option<String>,
    /// Grade of the column.
    pub grade: Grade,
}

/// A version just committed to the lake.
#[derive(Debug, Clone)]
pub struct NewVersion {
    /// Dataset name.
    pub dataset: String,
    /// Version in the lake.
    pub version: i64,
    /// Rows.
    pub rows: i64,
    /// Bytes of the live files.
    pub bytes: i64,
    /// When it was committed.
    pub committed_at: DateTime<Utc>,
    /// The ingest or model run that wrote it.
    pub run_id: Option<String>,
    /// Hash of the source content.
    pub content_hash: Option<String>,
    /// Datasets and versions it was computed from.
    pub inputs: Vec<(String, i64)>,
}

/// Which datasets to list; everything given must hold.
#[derive(Debug, Clone, Default)]
pub struct DatasetFilter {
    /// Words looked for in name, titles, descriptions and source; all must occur.
    pub text: Option<String>,
    /// Only this zone.
    pub zone: Option<String>,
    /// Only this side.
    pub side: Option<DataSide>,
}

impl Dataset {
    /// The grade as a type.
    pub fn grade(&self) -> Result<Grade> {
        parsed("dataset.grade", &self.grade)
    }

    /// The side as a type.
    pub fn side(&self) -> Result<DataSide> {
        parsed("dataset.side", &self.side)
    }
}

impl DatasetColumn {
    /// The grade as a type.
    pub fn grade(&self) -> Result<Grade> {
        parsed("dataset_column.grade", &self.grade)
    }
}

/// Catalogue a dataset, or bring its description up to date; versions and rows stay.
pub async fn upsert(db: &impl ConnectionTrait, new: &NewDataset, now: DateTime<Utc>) -> Result<()> {
    use dataset::Column;
    let search_text =
        [&new.name, &new.title.zh, &new.title.en, &new.description.zh, &new.description.en, &new.source]
            .map(|text| text.to_lowercase())
            .join("\n");
    let row = dataset::ActiveModel {
        name: Set(new.name.clone()),
        title_zh: Set(new.title.zh.clone()),
        title_en: Set(new.title.en.clone()),
        description_zh: Set(new.description.zh.clone()),
        description_en: Set(new.description.en.clone()),
        owner: Set(new.owner.clone()),
        side: Set(named(&new.side)),
        zone: Set(new.zone.clone()),
        grade: Set(named(&new.grade)),
        restricted_by: Set(new.restricted_by.clone()),
        source: Set(new.source.clone()),
        licence: Set(new.licence.clone()),
        quality: Set(None),
        rows: Set(0),
        bytes: Set(0),
        version: Set(None),
        created_at: Set(now),
        updated_at: Set(now),
        search_text: Set(search_text),
    };
    let conflict = OnConflict::column(Column::Name)
        .update_columns([
            Column::TitleZh,
            Column::TitleEn,
            Column::DescriptionZh,
            Column::DescriptionEn,
            Column::Owner,
            Column::Side,
            Column::Zone,
            Column::Grade,
            Column::RestrictedBy,
            Column::Source,
            Column::Licence,
            Column::UpdatedAt,
            Column::SearchText,
        ])
        .to_owned();
    dataset::Entity::insert(row).on_conflict(conflict).exec_without_returning(db).await?;
    Ok(())
}

/// Replace the description of a dataset's columns.
pub async fn replace_columns(db: &impl ConnectionTrait, name: &str, columns: &[NewColumn]) -> Result<()> {
    dataset_column::Entity::delete_many().filter(dataset_column::Column::Dataset.eq(name)).exec(db).await?;
    let rows: Vec<dataset_column::ActiveModel> = columns
        .iter()
        .zip(0_i32..)
        .map(|(column, position)| dataset_column::ActiveModel {
            dataset: Set(name.to_owned()),
            name: Set(column.name.clone()),
            position: Set(position),
            data_type: Set(column.data_type.clone()),
            nullable: Set(column.nullable),
            title_zh: Set(column.title.zh.clone()),
            title_en: Set(column.title.en.clone()),
            unit: Set(column.unit.clone()),
            grade: Set(named(&column.grade)),
        })
        .collect();
    for batch in rows.chunks(INSERT_BATCH) {
        dataset_column::Entity::insert_many(batch.iter().cloned()).exec_without_returning(db).await?;
    }
    Ok(())
}

/// Record a version and its lineage, and make it the dataset's latest. Call it in the transaction that records the
/// evidence. A version recorded before is [`Error::AlreadyExists`].
pub async fn add_version(db: &impl ConnectionTrait, new: &NewVersion) -> Result<()> {
    insert_version(db, new).await?;
    let update = latest(new).col_expr(dataset::Column::UpdatedAt, Expr::value(new.committed_at));
    affected_one(update.exec(db).await?.rows_affected, &new.dataset)
}

/// Like [`add_version`], for a version with the rows of the one before it in other files: it is the latest, and the
/// data is as old as it was.
pub async fn add_rearranged_version(db: &impl ConnectionTrait, new: &NewVersion) -> Result<()> {
    insert_version(db, new).await?;
    affected_one(latest(new).exec(db).await?.rows_affected, &new.dataset)
}

fn latest(new: &NewVersion) -> UpdateMany<dataset::Entity> {
    dataset::Entity::update_many()
        .col_expr(dataset::Column::Rows, Expr::value(new.rows))
        .col_expr(dataset::Column::Bytes, Expr::value(new.bytes))
        .col_expr(dataset::Column::Version, Expr::value(new.version))
        .filter(dataset::Column::Name.eq(&new.dataset))
}

async fn insert_version(db: &impl ConnectionTrait, new: &NewVersion) -> Result<()> {
    let inputs: Vec<_> = new
        .inputs
        .iter()
        .map(|(dataset, version)| serde_json::json!({ "dataset": dataset, "version": version }))
        .collect();
    DatasetVersion {
        dataset: new.dataset.clone(),
        version: new.version,
        rows: new.rows,
        bytes: new.bytes,
        committed_at: new.committed_at,
        run_id: new.run_id.clone(),
        content_hash: new.content_hash.clone(),
        inputs: inputs.into(),
    }
    .into_active_model()
    .insert(db)
    .await?;
    if !new.inputs.is_empty() {
        let edges = new.inputs.iter().map(|(input, input_version)| dataset_input::ActiveModel {
            dataset: Set(new.dataset.clone()),
            version: Set(new.version),
            input: Set(input.clone()),
            input_version: Set(*input_version),
        });
        dataset_input::Entity::insert_many(edges).exec_without_returning(db).await?;
    }
    Ok(())
}

/// Versions whose run ids begin with `run_prefix`, by dataset, newest first.
pub async fn versions_of_runs(db: &impl ConnectionTrait, run_prefix: &str) -> Result<Vec<(String, i64)>> {
    use dataset_version::Column;
    Ok(dataset_version::Entity::find()
        .select_only()
        .columns([Column::Dataset, Column::Version])
        .filter(Column::RunId.starts_with(run_prefix))
        .order_by_asc(Column::Dataset)
        .order_by_desc(Column::Version)
        .into_tuple()
        .all(db)
        .await?)
}

/// Replace the quality summary.
pub async fn set_quality(db: &impl ConnectionTrait, name: &str, quality: serde_json::Value) -> Result<()> {
    let update = dataset::Entity::update_many()
        .col_expr(dataset::Column::Quality, Expr::value(quality))
        .filter(dataset::Column::Name.eq(name));
    affected_one(update.exec(db).await?.rows_affected, name)
}

/// The dataset with this name.
pub async fn find(db: &impl ConnectionTrait, name: &str) -> Result<Option<Dataset>> {
    Ok(dataset::Entity::find_by_id(name).one(db).await?)
}

/// The datasets with these names, in one read, by name.
pub async fn find_many(db: &impl ConnectionTrait, names: &[String]) -> Result<Vec<Dataset>> {
    let select = dataset::Entity::find().filter(dataset::Column::Name.is_in(names));
    Ok(select.order_by_asc(dataset::Column::Name).all(db).await?)
}

/// Datasets by name.
pub async fn list(
    db: &impl ConnectionTrait,
    filter: &DatasetFilter,
    request: PageRequest,
) -> Result<Page<Dataset>> {
    let mut all = Condition::all();
    if let Some(zone) = &filter.zone {
        all = all.add(dataset::Column::Zone.eq(zone));
    }
    if let Some(side) = &filter.side {
        all = all.add(dataset::Column::Side.eq(named(side)));
    }
    for word in filter.text.as_deref().unwrap_or_default().split_whitespace() {
        all = all.add(dataset::Column::SearchText.like(containing(word)));
    }
    page::fetch(db, dataset::Entity::find().filter(all).order_by_asc(dataset::Column::Name), request).await
}

/// Forget a dataset with its columns, versions and lineage; whether there was one.
pub async fn delete(db: &impl ConnectionTrait, name: &str) -> Result<bool> {
    dataset_input::Entity::delete_many().filter(dataset_input::Column::Dataset.eq(name)).exec(db).await?;
    Ok(dataset::Entity::delete_by_id(name).exec(db).await?.rows_affected > 0)
}

/// The columns of these datasets in one read, by dataset and position.
pub async fn columns_of(db: &impl ConnectionTrait, names: &[String]) -> Result<Vec<DatasetColumn>> {
    Ok(dataset_column::Entity::find()
        .filter(dataset_column::Column::Dataset.is_in(names))
        .order_by_asc(dataset_column::Column::Dataset)
        .order_by_asc(dataset_column::Column::Position)
        .all(db)
        .await?)
}

/// One version of a dataset.
pub async fn find_version(
    db: &impl ConnectionTrait,
    name: &str,
    version: i64,
) -> Result<Option<DatasetVersion>> {
    Ok(dataset_version::Entity::find_by_id((name.to_owned(), version)).one(db).await?)
}

/// Versions of a dataset, newest first.
pub async fn versions(
    db: &impl ConnectionTrait,
    name: &str,
    request: PageRequest,
) -> Result<Page<DatasetVersion>> {
    let select = dataset_version::Entity::find()
        .filter(dataset_version::Column::Dataset.eq(name))
        .order_by_desc(dataset_version::Column::Version);
    page::fetch(db, select, request).await
}

/// The newest version of a dataset that came from exactly this content: the same file twice changes nothing.
pub async fn version_with_content(
    db: &impl ConnectionTrait,
    name: &str,
    content_hash: &str,
) -> Result<Option<DatasetVersion>> {
    Ok(dataset_version::Entity::find()
        .filter(dataset_version::Column::Dataset.eq(name))
        .filter(dataset_version::Column::ContentHash.eq(content_hash))
        .order_by_desc(dataset_version::Column::Version)
        .one(db)
        .await?)
}

/// What one version was computed from, by input name.
pub async fn inputs_of(db: &impl ConnectionTrait, name: &str, version: i64) -> Result<Vec<DatasetInput>> {
    Ok(dataset_input::Entity::find()
        .filter(dataset_input::Column::Dataset.eq(name))
        .filter(dataset_input::Column::Version.eq(version))
        .order_by_asc(dataset_input::Column::Input)
        .all(db)
        .await?)
}

/// Names of the datasets ever computed from this one, sorted.
pub async fn derived_from(db: &impl ConnectionTrait, name: &str) -> Result<Vec<String>> {
    Ok(dataset_input::Entity::find()
        .select_only()
        .column(dataset_input::Column::Dataset)
        .distinct()
        .filter(dataset_input::Column::Input.eq(name))
        .order_by_asc(dataset_input::Column::Dataset)
        .into_tuple()
        .all(db)
        .await?)
}

/// `%word%` with the word's own wildcards taken literally.
fn containing(word: &str) -> LikeExpr {
    let mut pattern = String::from("%");
    for character in word.to_lowercase().chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push('%');
    LikeExpr::new(pattern).escape('\\')
}

/// The serde name of a unit variant.
fn named<T: Serialize>(value: &T) -> String {
    serde_json::to_value(value).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

fn parsed<T: DeserializeOwned>(field: &'static str, name: &str) -> Result<T> {
    serde_json::from_value(name.into()).map_err(|_| Error::Corrupt { field, value: name.to_owned() })
}

fn affected_one(affected: u64, name: &str) -> Result<()> {
    if affected == 0 { Err(Error::NotFound { what: "dataset", id: name.to_owned() }) } else { Ok(()) }
}
