//! Columns bound to data elements; what they then have to be is part of the dataset's quality rules.

use super::element::unknown as unknown_element;
use super::{Registers, refuse, short};
use crate::handle::Inner;
use crate::{Error, Result};
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::language::Text;
use brain_kernel::party::Party;
use brain_quality::Rule;
use brain_quality::profile::ValueKind;
use brain_standards::element::column_rules;
use brain_store::data_element::{self as rows, BindingRow};
use chrono::{DateTime, Utc};
use datafusion::arrow::datatypes::DataType;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;

/// Most bindings listed at once.
const BINDINGS_MAX: u64 = 10_000;
/// Most columns of one dataset bound: with every aspect of each they stay below what a table may have of rules.
const COLUMNS_MAX: u64 = 60;

/// A column bound to an element.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ElementBinding")]
pub struct Binding {
    /// Dataset.
    pub dataset: String,
    /// Column.
    pub column: String,
    /// Element.
    pub element: String,
    /// What the element is called; nothing where it has no current version, and then nothing is checked.
    pub name: Option<Text>,
    /// Whether every row has a value.
    pub required: bool,
    /// Account that bound it.
    pub updated_by: String,
    /// When.
    pub updated_at: DateTime<Utc>,
}

/// A binding as it is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "NewElementBinding")]
#[serde(deny_unknown_fields)]
pub struct NewBinding {
    /// 数据集 zone.table · Dataset.
    pub dataset: String,
    /// 字段 · Column.
    pub column: String,
    /// 数据元标识符 · Id of the element.
    pub element: String,
    /// 每行必填 · Whether every row has a value.
    #[serde(default)]
    pub required: bool,
}

impl Registers {
    /// Bindings by dataset and column: of one dataset or one element, where they are given.
    pub async fn bindings(&self, dataset: Option<&str>, element: Option<&str>) -> Result<Vec<Binding>> {
        let found = rows::bindings(self.inner.store.db(), dataset, element, BINDINGS_MAX).await?;
        let mut names: BTreeMap<String, Option<Text>> = BTreeMap::new();
        let mut bindings = Vec::new();
        for row in found {
            if !names.contains_key(&row.element) {
                let current = self.inner.current_element(&row.element).await?;
                names.insert(row.element.clone(), current.map(|element| element.name));
            }
            bindings.push(Binding {
                name: names.get(&row.element).cloned().flatten(),
                dataset: row.dataset,
                column: row.column_name,
                element: row.element,
                required: row.required,
                updated_by: row.updated_by,
                updated_at: row.updated_at,
            });
        }
        Ok(bindings)
    }

    /// Bind a column to an element, for the owner of the dataset, in place of what it was bound to.
    pub async fn bind(&self, actor: &Party, new: NewBinding) -> Result<Binding> {
        self.require_owner(actor, &new.dataset)?;
        let snapshot = self.inner.catalogue.snapshot();
        let columns = snapshot.get(&new.dataset).map(|entry| entry.columns.as_slice()).unwrap_or_default();
        if !columns.iter().any(|column| column.name == new.column) {
            let (dataset, column) = (short(&new.dataset), short(&new.column));
            return Err(Error::Failure(
                Failure::new(
                    ErrorKind::NotFound,
                    "warehouse/unknown-column",
                    format!("数据集 {dataset} 没有字段 {column}。"),
                    format!("The dataset {dataset} has no column {column}."),
                )
                .with_pointer("/column"),
            ));
        }
        let element =
            self.inner.current_element(&new.element).await?.ok_or_else(|| unknown_element(&new.element))?;
        let bound = rows::bindings(self.inner.store.db(), Some(&new.dataset), None, COLUMNS_MAX).await?;
        let again = bound.iter().any(|row| row.column_name == new.column);
        if bound.len() as u64 >= COLUMNS_MAX && !again {
            return Err(refuse(
                ErrorKind::Exhausted,
                "warehouse/bindings-full",
                format!("一个数据集至多有 {COLUMNS_MAX} 个字段绑定数据元。"),
                format!("At most {COLUMNS_MAX} columns of a dataset are bound to elements."),
            ));
        }
        let row = BindingRow {
            dataset: new.dataset,
            column_name: new.column,
            element: new.element,
            required: new.required,
            updated_by: actor.account.clone(),
            updated_at: self.inner.store.now(),
        };
        let transaction = self.inner.store.transaction().await?;
        rows::bind(&transaction, row.clone()).await?;
        let body = json!({ "column": row.column_name, "element": row.element, "required": row.required });
        self.inner.record_act(&transaction, actor, ("standard.bind", &row.dataset), body).await?;
        transaction.commit().await?;
        Ok(Binding {
            dataset: row.dataset,
            column: row.column_name,
            element: row.element,
            name: Some(element.name),
            required: row.required,
            updated_by: row.updated_by,
            updated_at: row.updated_at,
        })
    }

    /// Loosen a column, for the owner of the dataset.
    pub async fn unbind(&self, actor: &Party, dataset: &str, column: &str) -> Result<()> {
        self.require_owner(actor, dataset)?;
        let transaction = self.inner.store.transaction().await?;
        if !rows::unbind(&transaction, dataset, column).await? {
            let column = short(column);
            return Err(refuse(
                ErrorKind::NotFound,
                "warehouse/unknown-binding",
                format!("字段 {column} 没有绑定数据元。"),
                format!("The column {column} is bound to no element."),
            ));
        }
        self.inner
            .record_act(&transaction, actor, ("standard.unbind", dataset), json!({ "column": column }))
            .await?;
        transaction.commit().await?;
        Ok(())
    }

    fn require_owner(&self, actor: &Party, dataset: &str) -> Result<()> {
        let snapshot = self.inner.catalogue.snapshot();
        let entry = snapshot
            .get(dataset)
            .ok_or_else(|| Error::UnknownDataset { name: dataset.to_owned(), nearest: Vec::new() })?;
        if crate::grading::decide::may_confirm(actor, &entry.owner) {
            return Ok(());
        }
        Err(refuse(
            ErrorKind::Forbidden,
            "warehouse/binding-not-owner",
            "只有数据所有者可以把字段绑定到数据元。",
            "Only the owner of the data may bind its columns to elements.",
        ))
    }
}

impl Inner {
    /// Whether a column of this dataset is bound.
    pub(crate) async fn has_bindings(&self, dataset: &str) -> Result<bool> {
        Ok(!rows::bindings(self.store.db(), Some(dataset), None, 1).await?.is_empty())
    }

    /// The rules the bound columns of a dataset are held to. A column that is gone stays among them, so that the check
    /// says so.
    pub(crate) async fn element_rules(&self, dataset: &str) -> Result<Vec<Rule>> {
        let bound = rows::bindings(self.store.db(), Some(dataset), None, COLUMNS_MAX).await?;
        let snapshot = self.catalogue.snapshot();
        let mut rules = Vec::new();
        for row in bound {
            let Some(element) = self.current_element(&row.element).await? else { continue };
            let columns = snapshot.get(dataset).map(|entry| entry.columns.as_slice()).unwrap_or_default();
            let known = columns.iter().find(|column| column.name == row.column_name);
            let data_type = known.and_then(|column| column.data_type.parse::<DataType>().ok());
            let kind = data_type.map_or(ValueKind::Other, |data_type| ValueKind::of(&data_type));
            rules.extend(column_rules(&element, &row.column_name, kind, row.required));
        }
        Ok(rules)
    }
}
