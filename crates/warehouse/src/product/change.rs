//! Making, revising, publishing, deprecating and withdrawing: each one transaction with its evidence.

use super::difference::{Semver, adds, between};
use super::read::{draft_rows, sql_of, type_name};
use super::state::Step;
use super::{
    Column, Definition, Difference, FieldCard, NewProduct, Product, ProductDetail, Products, Source,
    dataset_of, owner_of, refuse, wrong,
};
use crate::catalogue::entry::Entry;
use crate::grading::lineage::sources;
use crate::{Error, Result};
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::grade::Grade;
use brain_kernel::language::Text;
use brain_kernel::party::Party;
use brain_store::data_product::{self as rows, ProductRow, VersionRow};
use brain_trust::{Action, EvidenceEntry, Grant};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Longest note about a version or a step, characters.
const NOTE_CHARACTERS_MAX: usize = 1_000;
/// Products of a node at most; they are held in memory.
const PRODUCTS_MAX: usize = 5_000;
/// Versions of a product at most.
const VERSIONS_MAX: usize = 500;

/// What is said of a version when it is published.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PublishNote {
    /// 变更说明 · What changed, for consumers.
    #[schemars(length(min = 1, max = 1_000))]
    pub note: String,
    /// 不兼容：结构看不出、但会影响使用者的改变 · Whether callers may break by something the shape does not show.
    #[serde(default)]
    pub breaking: bool,
}

/// What a definition would be when published.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "DataProductCheck")]
pub struct Checked {
    /// Its fields with their grades.
    pub fields: Vec<FieldCard>,
    /// Highest label of what it reads.
    pub grade: Grade,
    /// Datasets it reads.
    pub inputs: Vec<String>,
    /// Semantic version it would have.
    pub version: String,
    /// What differs from the version offered.
    pub differences: Vec<Difference>,
    /// Whether callers of the version offered may break.
    pub breaking: bool,
}

/// A definition that was planned.
struct Planned {
    columns: Vec<Column>,
    inputs: Vec<String>,
}

impl Products {
    /// Make a product; with a note it is published in the same step.
    pub async fn create(
        &self,
        actor: &Party,
        new: NewProduct,
        publish: Option<PublishNote>,
    ) -> Result<ProductDetail> {
        let owner = owner_of(actor)?;
        new.check()?;
        if let Some(note) = &publish {
            check_note("/publish/note", &note.note)?;
        }
        if self.inner.products.products.load().len() >= PRODUCTS_MAX {
            return Err(refuse(
                ErrorKind::Exhausted,
                "warehouse/products-full",
                format!("数据产品已达上限 {PRODUCTS_MAX} 个。"),
                format!("There are {PRODUCTS_MAX} data products, and no room for more."),
            ));
        }
        // Found out before anything is written: what cannot be published is not half made.
        let planned = match &publish {
            Some(_) => Some(self.planned(actor, &owner, &new.definition).await?),
            None => None,
        };
        let now = self.inner.store.now();
        let row = ProductRow {
            id: new.id,
            owner,
            title_zh: new.title.zh,
            title_en: new.title.en,
            description_zh: new.description.zh,
            description_en: new.description.en,
            state: super::State::Draft.name().to_owned(),
            revision: 1,
            draft: serde_json::to_value(&new.definition)?,
            current: None,
            created_by: actor.account.clone(),
            created_at: now,
            updated_by: actor.account.clone(),
            updated_at: now,
        };
        let id = row.id.clone();
        let transaction = self.inner.store.transaction().await?;
        rows::insert(&transaction, row.clone()).await.map_err(|error| taken(error, &id))?;
        let mut entries = vec![entry(actor, "data_product.create", &id, json!({ "owner": row.owner }))];
        if let (Some(planned), Some(note)) = (planned, publish) {
            let product = Product::of(row, Vec::new())?;
            let (row, version) = published(&product, actor, planned, note, now)?;
            entries.push(publish_entry(actor, &version));
            rows::insert_version(&transaction, version).await?;
            rows::update(&transaction, row, 1).await?;
        }
        self.inner.trust.evidence().record_all_in(&transaction, entries).await?;
        transaction.commit().await?;
        self.inner.reload_products().await?;
        self.get(actor, &id).await
    }

    /// Change what a product shall be; what is published stays as it is until the next version.
    pub async fn revise(
        &self,
        actor: &Party,
        id: &str,
        revision: i64,
        new: NewProduct,
    ) -> Result<ProductDetail> {
        let product = self.own(actor, id)?;
        new.check()?;
        if new.id != id {
            return Err(wrong("/id", "标识不能改变。", "The name cannot change."));
        }
        let row = ProductRow {
            title_zh: new.title.zh,
            title_en: new.title.en,
            description_zh: new.description.zh,
            description_en: new.description.en,
            draft: serde_json::to_value(&new.definition)?,
            ..stepped(&product, Step::Revise)?
        };
        self.write(actor, row, revision, "data_product.change", json!({})).await
    }

    /// What a definition would be when published, without keeping anything.
    pub async fn check(&self, actor: &Party, id: Option<&str>, definition: &Definition) -> Result<Checked> {
        let product = match id {
            Some(id) => Some(self.own(actor, id)?),
            None => None,
        };
        let owner = match &product {
            Some(product) => product.row.owner.clone(),
            None => owner_of(actor)?,
        };
        let planned = self.planned(actor, &owner, definition).await?;
        let before = product.as_ref().and_then(|product| product.current());
        let differences = before
            .map(|before| between((&before.definition, &before.columns), (definition, &planned.columns)));
        let breaking = differences.iter().flatten().any(|difference| difference.breaking);
        let grade = self.highest(&planned.inputs);
        let version = match (before, &differences) {
            (Some(before), Some(found)) => before.semver.next(breaking, adds(found)),
            _ => Semver::FIRST,
        };
        Ok(Checked {
            fields: planned.columns.iter().map(|column| self.field(column, grade)).collect(),
            grade,
            inputs: planned.inputs,
            version: version.to_string(),
            differences: differences.unwrap_or_default(),
            breaking,
        })
    }

    /// Publish the draft as the next version.
    pub async fn publish(
        &self,
        actor: &Party,
        id: &str,
        revision: i64,
        note: PublishNote,
    ) -> Result<ProductDetail> {
        let product = self.own(actor, id)?;
        check_note("/note", &note.note)?;
        stepped(&product, Step::Publish)?;
        let planned = self.planned(actor, &product.row.owner, &product.draft).await?;
        let (row, version) = published(&product, actor, planned, note, self.inner.store.now())?;
        let transaction = self.inner.store.transaction().await?;
        rows::update(&transaction, row, revision).await?;
        let entry = publish_entry(actor, &version);
        rows::insert_version(&transaction, version).await?;
        self.inner.trust.evidence().record_in(&transaction, entry).await?;
        transaction.commit().await?;
        self.inner.reload_products().await?;
        self.get(actor, id).await
    }

    /// Announce the end: whoever has access keeps it, nobody new gets any.
    pub async fn deprecate(
        &self,
        actor: &Party,
        id: &str,
        revision: i64,
        note: String,
    ) -> Result<ProductDetail> {
        check_note("/note", &note)?;
        let row = stepped(&*self.own(actor, id)?, Step::Deprecate)?;
        self.write(actor, row, revision, "data_product.deprecate", json!({ "note": note })).await
    }

    /// Withdraw for good: the next read is refused in every form.
    pub async fn withdraw(
        &self,
        actor: &Party,
        id: &str,
        revision: i64,
        note: String,
    ) -> Result<ProductDetail> {
        check_note("/note", &note)?;
        let row = stepped(&*self.own(actor, id)?, Step::Withdraw)?;
        self.write(actor, row, revision, "data_product.withdraw", json!({ "note": note })).await
    }

    async fn write(
        &self,
        actor: &Party,
        row: ProductRow,
        seen: i64,
        kind: &str,
        body: Value,
    ) -> Result<ProductDetail> {
        let id = row.id.clone();
        let (now, account) = (self.inner.store.now(), actor.account.clone());
        let row =
            ProductRow { revision: seen.saturating_add(1), updated_by: account, updated_at: now, ..row };
        let transaction = self.inner.store.transaction().await?;
        rows::update(&transaction, row, seen).await?;
        self.inner.trust.evidence().record_in(&transaction, entry(actor, kind, &id, body)).await?;
        transaction.commit().await?;
        self.inner.reload_products().await?;
        self.get(actor, &id).await
    }

    /// Plan a definition as its publisher: columns, where they come from, and what is read.
    async fn planned(&self, actor: &Party, owner: &str, definition: &Definition) -> Result<Planned> {
        let session = self.inner_session(actor);
        let visit = session.visit().on_behalf_of(actor.clone());
        let wanted = self.wanted_columns(&definition.source)?;
        let sql = sql_of(&definition.source, &wanted);
        let rows = draft_rows(&visit, owner, &definition.source, &sql).await?;
        if rows.grants.is_empty() {
            return Err(wrong(
                "/definition/source",
                "产品至少读取一个数据集。",
                "A product reads one dataset at least.",
            ));
        }
        let origins = sources(&rows.plan);
        let mut columns = Vec::new();
        for (field, origins) in rows.plan.schema().fields().iter().zip(origins) {
            let origins: Vec<(String, String)> =
                origins.into_iter().map(|(table, column)| (dataset_named(&table), column)).collect();
            check_unmasked(&rows.grants, field.name(), &origins)?;
            columns.push(self.column(
                field.name(),
                &type_name(field.data_type()),
                field.is_nullable(),
                origins,
            ));
        }
        check_columns(&columns)?;
        Ok(Planned { columns, inputs: rows.grants.into_keys().collect() })
    }

    fn inner_session(&self, actor: &Party) -> crate::Session {
        let warehouse = crate::Warehouse { inner: Arc::clone(&self.inner) };
        warehouse.session(actor, super::PURPOSE).acting(Action::Export)
    }

    /// Columns of a dataset that are offered; those of a query are found by planning it.
    fn wanted_columns(&self, source: &Source) -> Result<Vec<Column>> {
        let Source::Dataset { dataset, columns } = source else { return Ok(Vec::new()) };
        let snapshot = self.inner.catalogue.snapshot();
        let unknown = || Error::UnknownDataset { name: dataset.clone(), nearest: Vec::new() };
        let entry = snapshot.get(dataset).ok_or_else(unknown)?;
        // File, line and run of a row are for whoever answers for the data; passed on, they would make every row of a
        // table that is loaded anew another one.
        let own = |name: &String| name.starts_with('_');
        let all = || {
            let names = entry.columns.iter().map(|column| column.name.clone());
            names.filter(|name| !own(name)).collect()
        };
        let chosen: Vec<String> = if columns.is_empty() { all() } else { columns.clone() };
        let missing = chosen.iter().find(|name| entry.columns.iter().all(|column| column.name != **name));
        if let Some(name) = missing {
            return Err(wrong(
                "/definition/source/columns",
                format!("数据集 {dataset} 没有字段 {name}。"),
                format!("Dataset {dataset} has no column {name}."),
            ));
        }
        Ok(chosen.iter().map(|name| self.column(name, "", true, Vec::new())).collect())
    }

    /// A column; one that passes a single column on keeps its meaning and unit.
    fn column(&self, name: &str, data_type: &str, nullable: bool, origins: Vec<(String, String)>) -> Column {
        let snapshot = self.inner.catalogue.snapshot();
        let known = match origins.as_slice() {
            [(dataset, column)] if column == name => snapshot
                .get(dataset)
                .and_then(|entry: &Arc<Entry>| entry.columns.iter().find(|known| known.name == *column)),
            _ => None,
        };
        Column {
            name: name.to_owned(),
            data_type: data_type.to_owned(),
            nullable,
            title: known.map_or_else(|| Text::new(name, name), |known| known.title.clone()),
            unit: known.and_then(|known| known.unit.clone()),
            origins,
        }
    }

    /// The highest label of these datasets.
    fn highest(&self, inputs: &[String]) -> Grade {
        let snapshot = self.inner.catalogue.snapshot();
        let grade = |name: &String| snapshot.get(name).map_or(Grade::Core, |entry| entry.grade);
        inputs.iter().map(grade).max().unwrap_or(Grade::Core)
    }
}

/// A masked value would be published as if it were the value.
fn check_unmasked(grants: &BTreeMap<String, Grant>, name: &str, origins: &[(String, String)]) -> Result<()> {
    let masked = origins
        .iter()
        .find(|(dataset, column)| grants.get(dataset).is_some_and(|grant| grant.masks.contains_key(column)));
    let Some((dataset, column)) = masked else { return Ok(()) };
    Err(refuse(
        ErrorKind::Forbidden,
        "warehouse/product-rights",
        format!("字段 {name} 来自 {dataset} 的 {column}，该字段对您是遮蔽的，不能发布；请去掉它。"),
        format!("Column {name} comes of {column} of {dataset}, which is masked for you; take it out."),
    ))
}

fn check_columns(columns: &[Column]) -> Result<()> {
    let unique: BTreeSet<&String> = columns.iter().map(|column| &column.name).collect();
    let plain = |name: &str| !name.is_empty() && name.len() <= 200 && !name.starts_with("__");
    let most = super::definition::COLUMNS_MAX;
    if columns.is_empty()
        || columns.len() > most
        || unique.len() != columns.len()
        || !columns.iter().all(|column| plain(&column.name))
    {
        return Err(wrong(
            "/definition/source",
            format!("产品有 1 到 {most} 个字段，名称不重复，且不以 __ 开头；请用 AS 命名。"),
            format!(
                "A product has 1 to {most} columns with different names that do not begin with __; name them with AS."
            ),
        ));
    }
    Ok(())
}

/// The name of a dataset in a plan: with its version behind it where a view was opened, and a zone before it where it
/// had none.
fn dataset_named(table: &str) -> String {
    let name = table.rsplit_once('@').map_or(table, |(name, _)| name);
    let zone = format!("{}.", crate::engine::DEFAULT_ZONE);
    match name.strip_prefix(&zone) {
        Some(rest) if rest.contains('.') => rest.to_owned(),
        _ => name.to_owned(),
    }
}

/// The row and the version of the next publication.
fn published(
    product: &Product,
    actor: &Party,
    planned: Planned,
    note: PublishNote,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<(ProductRow, VersionRow)> {
    if product.versions.len() >= VERSIONS_MAX {
        return Err(refuse(
            ErrorKind::Exhausted,
            "warehouse/product-versions-full",
            format!("一个产品至多 {VERSIONS_MAX} 个版本。"),
            format!("A product has {VERSIONS_MAX} versions at most."),
        ));
    }
    let before = product.versions.last();
    let differences = before.map_or_else(Vec::new, |before| {
        between((&before.definition, &before.columns), (&product.draft, &planned.columns))
    });
    let breaking = before.is_some() && (note.breaking || differences.iter().any(|found| found.breaking));
    let semver = before.map_or(Semver::FIRST, |before| before.semver.next(breaking, adds(&differences)));
    let number = before.map_or(1, |before| before.number + 1);
    let row = stepped(product, Step::Publish)?;
    let row = ProductRow {
        current: Some(number),
        revision: row.revision + 1,
        updated_by: actor.account.clone(),
        updated_at: now,
        ..row
    };
    let version = VersionRow {
        product: product.row.id.clone(),
        number,
        semver: semver.to_string(),
        definition: serde_json::to_value(&product.draft)?,
        columns: serde_json::to_value(&planned.columns)?,
        inputs: serde_json::to_value(&planned.inputs)?,
        note: note.note.trim().to_owned(),
        breaking,
        differences: serde_json::to_value(&differences)?,
        published_by: actor.account.clone(),
        published_at: now,
    };
    Ok((row, version))
}

/// The row after a step, or why it is not allowed.
fn stepped(product: &Product, step: Step) -> Result<ProductRow> {
    let state = product.state.after(step).ok_or_else(|| {
        let id = &product.row.id;
        refuse(
            ErrorKind::Precondition,
            "warehouse/product-state",
            format!("数据产品 {id} 目前的状态不允许这样做。"),
            format!("Data product {id} does not allow this in its present state."),
        )
    })?;
    Ok(ProductRow { state: state.name().to_owned(), ..product.row.clone() })
}

fn check_note(pointer: &'static str, note: &str) -> Result<()> {
    if (1..=NOTE_CHARACTERS_MAX).contains(&note.trim().chars().count()) && !note.contains('\0') {
        return Ok(());
    }
    Err(wrong(
        pointer,
        format!("须写明说明，至多 {NOTE_CHARACTERS_MAX} 个字符。"),
        format!("A note is required, up to {NOTE_CHARACTERS_MAX} characters."),
    ))
}

fn entry(actor: &Party, kind: &str, id: &str, body: Value) -> EvidenceEntry {
    EvidenceEntry { kind: kind.to_owned(), actor: actor.account.clone(), subject: dataset_of(id), body }
}

fn publish_entry(actor: &Party, version: &VersionRow) -> EvidenceEntry {
    let body = json!({
        "version": version.semver, "definition": version.definition, "columns": version.columns,
        "inputs": version.inputs, "breaking": version.breaking, "note": version.note,
    });
    entry(actor, "data_product.publish", &version.product, body)
}

fn taken(error: brain_store::Error, id: &str) -> Error {
    let brain_store::Error::AlreadyExists(_) = error else { return error.into() };
    let failure = Failure::new(
        ErrorKind::AlreadyExists,
        "warehouse/product-exists",
        format!("数据产品 {id} 已存在。"),
        format!("There is a data product {id} already."),
    );
    Error::Failure(failure.with_pointer("/id").with_hint("请换一个标识。", "Choose another name."))
}

impl Products {
    /// Revision of one's own product, for surfaces that take one step on what they name.
    pub fn revision(&self, actor: &Party, id: &str) -> Result<i64> {
        Ok(self.own(actor, id)?.row.revision)
    }
}
