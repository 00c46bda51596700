//! Data elements with their versions: draft, current, retired.

use super::binding::Binding;
use super::list::{corrupt, unknown as unknown_list};
use super::{Registers, json, may_write, refuse, short, standards};
use crate::handle::Inner;
use crate::{Error, Result};
use brain_kernel::error::ErrorKind;
use brain_kernel::party::Party;
use brain_standards::DataElement;
use brain_standards::element::{ELEMENTS_MAX, Status};
use brain_store::Transaction;
use brain_store::data_element::{self as rows, ElementRow};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;

/// Most versions of elements of a node.
const VERSIONS_MAX: u64 = 50_000;

/// One version of an element.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ElementCard {
    /// The element.
    pub element: DataElement,
    /// Counts from 1.
    pub version: i32,
    /// Where it stands.
    pub status: Status,
    /// Counts changes of the version; sent back with the next one.
    pub revision: i64,
    /// Account that changed it last.
    pub updated_by: String,
    /// When.
    pub updated_at: DateTime<Utc>,
}

/// An element with its versions and what is bound to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ElementDetail {
    /// Versions, the newest first.
    pub versions: Vec<ElementCard>,
    /// Columns bound to it.
    pub bindings: Vec<Binding>,
}

/// Elements as they are imported.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewElements {
    /// 数据元，TOML，每个一节 [[element]] · Elements in TOML, `[[element]]` each.
    pub toml: String,
    /// 同时发布为现行 · Whether they are current at once.
    #[serde(default)]
    pub publish: bool,
}

/// What came of an import.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ElementsImported")]
pub struct Imported {
    /// Elements that are new.
    pub created: Vec<String>,
    /// Elements of which there is a new version, or whose draft is another now.
    pub changed: Vec<String>,
    /// Elements that were there just so.
    pub unchanged: Vec<String>,
}

impl Registers {
    /// The version of every element that counts: the current one, else the newest.
    pub async fn elements(&self, text: Option<&String>) -> Result<Vec<ElementCard>> {
        let text = super::looked_for(text)?;
        let mut found: BTreeMap<String, ElementCard> = BTreeMap::new();
        for row in rows::all(self.inner.store.db(), VERSIONS_MAX).await? {
            let card = card(row)?;
            let known = found.entry(card.element.id.clone());
            let known = known.or_insert_with(|| card.clone());
            if card.status == Status::Current {
                *known = card;
            }
        }
        let takes = |card: &ElementCard| {
            let element = &card.element;
            let texts = [&element.id, &element.name.zh, &element.name.en, &element.definition.zh];
            text.as_ref().is_none_or(|text| texts.iter().any(|held| held.to_lowercase().contains(text)))
        };
        Ok(found.into_values().filter(takes).collect())
    }

    /// An element with its versions and the columns bound to it.
    pub async fn element(&self, id: &str) -> Result<ElementDetail> {
        let versions = rows::versions(self.inner.store.db(), id).await?;
        if versions.is_empty() {
            return Err(unknown(id));
        }
        let versions = versions.into_iter().map(card).collect::<Result<Vec<_>>>()?;
        Ok(ElementDetail { versions, bindings: self.bindings(None, Some(id)).await? })
    }

    /// Import elements. A draft is replaced; of a current element that differs there is a new draft. Their code lists
    /// must be there.
    pub async fn import_elements(&self, actor: &Party, new: NewElements) -> Result<Imported> {
        may_write(actor)?;
        let elements = DataElement::read(&new.toml).map_err(standards)?;
        for list in elements.iter().filter_map(|element| element.representation.code_list.as_ref()) {
            self.inner.code_list(list).await?.ok_or_else(|| unknown_list(list))?;
        }
        if rows::count(self.inner.store.db()).await? + ELEMENTS_MAX as u64 > VERSIONS_MAX {
            return Err(refuse(
                ErrorKind::Exhausted,
                "warehouse/elements-full",
                format!("数据元的版本接近上限 {VERSIONS_MAX} 个。"),
                format!("There is room for {VERSIONS_MAX} versions of elements, and it is nearly used up."),
            ));
        }
        let mut imported = Imported::default();
        let transaction = self.inner.store.transaction().await?;
        for element in elements {
            self.import_element(&transaction, actor, element, new.publish, &mut imported).await?;
        }
        transaction.commit().await?;
        Ok(imported)
    }

    async fn import_element(
        &self,
        transaction: &Transaction,
        actor: &Party,
        element: DataElement,
        publish: bool,
        imported: &mut Imported,
    ) -> Result<()> {
        let id = element.id.clone();
        let versions = rows::versions(transaction, &id).await?;
        let versions = versions.into_iter().map(card).collect::<Result<Vec<_>>>()?;
        let status = if publish { Status::Current } else { Status::Draft };
        let body = json(&element)?;
        let row = |version, revision| ElementRow {
            id: id.clone(),
            version,
            body: body.clone(),
            status: status.name().to_owned(),
            revision,
            updated_by: actor.account.clone(),
            updated_at: self.inner.store.now(),
        };
        let version = match versions.first() {
            None => {
                imported.created.push(id.clone());
                rows::insert(transaction, row(1, 1)).await?;
                1
            }
            Some(last)
                if last.element == element && (last.status == status || last.status == Status::Current) =>
            {
                imported.unchanged.push(id);
                return Ok(());
            }
            Some(last) if last.status == Status::Draft => {
                imported.changed.push(id.clone());
                rows::update(transaction, row(last.version, last.revision + 1), last.revision).await?;
                last.version
            }
            Some(last) => {
                imported.changed.push(id.clone());
                rows::insert(transaction, row(last.version + 1, 1)).await?;
                last.version + 1
            }
        };
        if publish {
            self.retire_others(transaction, actor, &versions, version).await?;
        }
        let body = json!({ "version": version, "status": status, "owner": element.owner });
        self.inner.record_act(transaction, actor, ("standard.element", &id), body).await
    }

    /// What was current before a version became so.
    async fn retire_others(
        &self,
        transaction: &Transaction,
        actor: &Party,
        versions: &[ElementCard],
        current: i32,
    ) -> Result<()> {
        for other in versions.iter().filter(|one| one.version != current && one.status == Status::Current) {
            self.restate(transaction, actor, other, Status::Retired, other.revision).await?;
        }
        Ok(())
    }

    async fn restate(
        &self,
        transaction: &Transaction,
        actor: &Party,
        card: &ElementCard,
        status: Status,
        seen: i64,
    ) -> Result<ElementCard> {
        let row = ElementRow {
            id: card.element.id.clone(),
            version: card.version,
            body: json(&card.element)?,
            status: status.name().to_owned(),
            revision: seen.saturating_add(1),
            updated_by: actor.account.clone(),
            updated_at: self.inner.store.now(),
        };
        rows::update(transaction, row.clone(), seen).await?;
        self::card(row)
    }

    /// Put the newest version of an element in force, or take the current one out of it.
    pub async fn set_status(
        &self,
        actor: &Party,
        id: &str,
        status: Status,
        seen: i64,
    ) -> Result<ElementCard> {
        may_write(actor)?;
        let transaction = self.inner.store.transaction().await?;
        let versions = rows::versions(&transaction, id).await?;
        let versions = versions.into_iter().map(card).collect::<Result<Vec<_>>>()?;
        let newest = versions.first().ok_or_else(|| unknown(id))?;
        let which = versions
            .iter()
            .find(|one| status == Status::Retired && one.status == Status::Current)
            .unwrap_or(newest);
        if !which.status.may_become(status) {
            return Err(refuse(
                ErrorKind::Precondition,
                "warehouse/element-status",
                format!(
                    "数据元 {id} 第 {} 版的状态不能这样改：只能由草案到现行、由草案或现行到废止。",
                    which.version
                ),
                format!(
                    "Version {} of the element {id} cannot go there: a draft becomes current, a draft or a current \
                     version is retired.",
                    which.version
                ),
            ));
        }
        let changed = self.restate(&transaction, actor, which, status, seen).await?;
        if status == Status::Current {
            self.retire_others(&transaction, actor, &versions, which.version).await?;
        }
        let body = json!({ "version": which.version, "from": which.status, "status": status });
        self.inner.record_act(&transaction, actor, ("standard.element", id), body).await?;
        transaction.commit().await?;
        Ok(changed)
    }
}

impl Inner {
    /// The current version of an element.
    pub(super) async fn current_element(&self, id: &str) -> Result<Option<DataElement>> {
        let versions = rows::versions(self.store.db(), id).await?;
        let current = versions.into_iter().find(|row| row.status == Status::Current.name());
        current.map(card).transpose().map(|card| card.map(|card| card.element))
    }
}

pub(super) fn unknown(id: &str) -> Error {
    let id = short(id);
    refuse(
        ErrorKind::NotFound,
        "warehouse/unknown-element",
        format!("没有数据元 {id}。"),
        format!("There is no data element {id}."),
    )
}

fn card(row: ElementRow) -> Result<ElementCard> {
    Ok(ElementCard {
        element: serde_json::from_value(row.body).map_err(|_| corrupt("data_element.body", &row.id))?,
        version: row.version,
        status: Status::from_name(&row.status).ok_or_else(|| corrupt("data_element.status", &row.status))?,
        revision: row.revision,
        updated_by: row.updated_by,
        updated_at: row.updated_at,
    })
}
