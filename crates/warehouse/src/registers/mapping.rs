//! Mapping tables between lists, and from partners' codes to products.

use super::list::{corrupt, unknown as unknown_list};
use super::{LISTS_MAX, PARTNER_PREFIX, PRODUCTS, Registers, may_write, refuse, short, standards, taken};
use crate::{Error, Result};
use brain_kernel::error::ErrorKind;
use brain_kernel::language::Text;
use brain_kernel::party::Party;
use brain_standards::list::{MappingHeading, MappingRow};
use brain_standards::{Mapping, ProductCode, Products, StandardsError};
use brain_store::code_list::{self as rows, MappedRow, MappingRow as HeadingRow};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// A mapping without its rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "CodeMappingCard")]
pub struct MappingCard {
    /// What it is.
    #[serde(flatten)]
    pub heading: MappingHeading,
    /// How many rows it has.
    pub rows: u64,
    /// Counts imports, from 1.
    pub revision: i64,
    /// Account that imported it last.
    pub updated_by: String,
    /// When.
    pub updated_at: DateTime<Utc>,
}

/// A mapping as it is imported.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMapping {
    /// 说明，TOML：标识、名称、from、to、来源 · Description in TOML: id, title, from, to, source.
    pub description: String,
    /// 对照行，CSV：from、to、share · Rows as CSV: `from`, `to` and, where known, `share`.
    pub rows: String,
    /// 所见的修订号；新对照表不写 · Revision that was seen; absent for a new mapping.
    #[serde(default)]
    pub seen: Option<i64>,
}

/// What a code becomes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "MappedCode")]
pub struct Mapped {
    /// The mapping.
    pub mapping: String,
    /// The code mapped, as it was given.
    pub code: String,
    /// What it becomes; nothing where the table does not name it.
    pub targets: Vec<Target>,
}

/// One code of several another becomes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "MappingTarget")]
pub struct Target {
    /// The code, as the table says.
    pub to: String,
    /// Part of it, where known.
    pub share: Option<f64>,
    /// What it is called.
    pub name: Option<Text>,
    /// Of products: the codes that stand for it now.
    pub current: Vec<String>,
}

impl Registers {
    /// Every mapping, by id.
    pub async fn mappings(&self) -> Result<Vec<MappingCard>> {
        Ok(rows::mappings(self.inner.store.db(), LISTS_MAX).await?.into_iter().map(card).collect())
    }

    /// Import a mapping out of texts.
    pub async fn import_mapping(&self, actor: &Party, new: NewMapping) -> Result<MappingCard> {
        self.import_mapping_table(actor, &new.description, new.rows.as_bytes(), new.seen).await
    }

    /// Import a mapping, in place of the one of its id that was seen. Its codes must be there on both sides.
    pub async fn import_mapping_table(
        &self,
        actor: &Party,
        description: &str,
        table: &[u8],
        seen: Option<i64>,
    ) -> Result<MappingCard> {
        may_write(actor)?;
        let mapping = Mapping::read(description, table).map_err(standards)?;
        let heading = mapping.heading();
        let from = if heading.from.starts_with(PARTNER_PREFIX) {
            None
        } else {
            Some(self.inner.code_list(&heading.from).await?.ok_or_else(|| unknown_list(&heading.from))?)
        };
        if heading.to == PRODUCTS {
            mapping.check_codes(from.as_deref(), None).map_err(standards)?;
            let products = self.inner.products(None).await?;
            for row in mapping.rows() {
                let code = ProductCode::parse(&row.to).map_err(standards)?;
                if code.as_str() != row.to {
                    return Err(standards(StandardsError::ProductCode {
                        code: row.to.clone(),
                        problem: Text::new(format!("应写作 {code}。"), format!("it is written {code}.")),
                    }));
                }
                products.get(&code).map_err(standards)?;
            }
        } else {
            let to = self.inner.code_list(&heading.to).await?.ok_or_else(|| unknown_list(&heading.to))?;
            mapping.check_codes(from.as_deref(), Some(&to)).map_err(standards)?;
        }
        if rows::mapping(self.inner.store.db(), &heading.id).await?.is_none()
            && rows::mappings(self.inner.store.db(), LISTS_MAX).await?.len() as u64 >= LISTS_MAX
        {
            return Err(refuse(
                ErrorKind::Exhausted,
                "warehouse/mappings-full",
                format!("对照表已达上限 {LISTS_MAX} 张。"),
                format!("There are {LISTS_MAX} mappings, and no room for more."),
            ));
        }
        self.keep_mapping(actor, &mapping, self.digest(table), seen).await
    }

    async fn keep_mapping(
        &self,
        actor: &Party,
        mapping: &Mapping,
        digest: String,
        seen: Option<i64>,
    ) -> Result<MappingCard> {
        let MappingHeading { id, title, from, to, source } = mapping.heading().clone();
        let mapped: Vec<MappedRow> = mapping
            .rows()
            .map(|row| MappedRow {
                mapping: id.clone(),
                from_code: row.from.clone(),
                to_code: row.to.clone(),
                share: row.share,
            })
            .collect();
        let row = HeadingRow {
            id: id.clone(),
            title_zh: title.zh,
            title_en: title.en,
            from_list: from,
            to_list: to,
            source,
            rows: mapped.len() as i64,
            revision: seen.unwrap_or(0).saturating_add(1),
            updated_by: actor.account.clone(),
            updated_at: self.inner.store.now(),
        };
        let transaction = self.inner.store.transaction().await?;
        rows::put_mapping(&transaction, row.clone(), mapped, seen)
            .await
            .map_err(|error| taken(error, ("warehouse/mapping-exists", "对照表", "mapping"), &id))?;
        let body = json!({ "from": row.from_list, "to": row.to_list, "rows": row.rows, "revision": row.revision,
                           "digest": digest });
        self.inner.record_act(&transaction, actor, ("standard.mapping", &id), body).await?;
        transaction.commit().await?;
        Ok(card(row))
    }

    /// What a code becomes in a mapping.
    pub async fn map(&self, id: &str, code: &str) -> Result<Mapped> {
        let heading = rows::mapping(self.inner.store.db(), id).await?.ok_or_else(|| unknown(id))?;
        let found = rows::mapped(self.inner.store.db(), id, Some(code)).await?;
        let to_products = heading.to_list == PRODUCTS;
        let products =
            if to_products && !found.is_empty() { Some(self.inner.products(None).await?) } else { None };
        let list = if to_products || found.is_empty() {
            None
        } else {
            self.inner.code_list(&heading.to_list).await?
        };
        let targets = found.into_iter().map(|row| {
            let listed = list.as_ref().and_then(|list| list.get(&row.to_code)).map(|code| code.name.clone());
            let (name, current) = match &products {
                Some(products) => product(products, &row.to_code)?,
                None => (listed, Vec::new()),
            };
            Ok(Target { to: row.to_code, share: row.share, name, current })
        });
        Ok(Mapped { mapping: id.to_owned(), code: code.to_owned(), targets: targets.collect::<Result<_>>()? })
    }

    /// A whole mapping, to be written out.
    pub async fn mapping(&self, id: &str) -> Result<Mapping> {
        let heading = rows::mapping(self.inner.store.db(), id).await?.ok_or_else(|| unknown(id))?;
        let found = rows::mapped(self.inner.store.db(), id, None).await?;
        let found = found
            .into_iter()
            .map(|row| MappingRow { from: row.from_code, to: row.to_code, share: row.share })
            .collect();
        Mapping::new(card(heading).heading, found)
            .map_err(|error| corrupt("code_mapping_row", &error.to_string()))
    }
}

/// Name and current codes of the product a mapping leads to.
fn product(products: &Products, code: &str) -> Result<(Option<Text>, Vec<String>)> {
    let code = ProductCode::parse(code).map_err(standards)?;
    let name = products.get(&code).map_err(standards)?.name.clone();
    let current = products.resolve(&code).map_err(standards)?;
    Ok((Some(Text::new(name, "")), current.into_iter().map(String::from).collect()))
}

fn unknown(id: &str) -> Error {
    let id = short(id);
    refuse(
        ErrorKind::NotFound,
        "warehouse/unknown-mapping",
        format!("没有对照表 {id}。"),
        format!("There is no mapping {id}."),
    )
}

fn card(row: HeadingRow) -> MappingCard {
    MappingCard {
        heading: MappingHeading {
            id: row.id,
            title: Text::new(row.title_zh, row.title_en),
            from: row.from_list,
            to: row.to_list,
            source: row.source,
        },
        rows: u64::try_from(row.rows).unwrap_or_default(),
        revision: row.revision,
        updated_by: row.updated_by,
        updated_at: row.updated_at,
    }
}
