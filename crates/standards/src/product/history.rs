//! What became of products: a list of events that is only ever added to, from which the state on any day follows.
//!
//! A code that was given once never means another product. A merge or a split replaces codes by others that are current
//! then, so replacements never form a ring, and every old code leads to at least one current one.

use super::ProductCode;
use super::code::SERIAL_MAX;
use crate::error::{Result, StandardsError};
use crate::text;
use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Most events of one history.
pub const EVENTS_MAX: usize = 2_000_000;
/// Most attributes of a product.
const ATTRIBUTES_MAX: usize = 50;
/// Longest attribute, name or value, characters.
const ATTRIBUTE_CHARACTERS_MAX: usize = 500;
/// Most codes merged at once, or parts of a split.
const PARTS_MAX: usize = 100;

/// An event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ProductEvent")]
pub struct Event {
    /// Counts from 1.
    pub number: u64,
    /// Day from which it holds; never before that of the event in front.
    pub on: NaiveDate,
    /// What happened.
    pub act: Act,
}

/// What happens to products.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ProductAct")]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Act {
    /// 登记: a new product.
    Register {
        /// Its code, never given before.
        code: ProductCode,
        /// What it is called.
        name: String,
        /// What is known of it.
        #[serde(default)]
        attributes: BTreeMap<String, String>,
    },
    /// 变更: a product's name or attributes are others now.
    Describe {
        /// Code of a current product.
        code: ProductCode,
        /// What it is called.
        name: String,
        /// What is known of it, all of it.
        #[serde(default)]
        attributes: BTreeMap<String, String>,
    },
    /// 合并: these were the same as another.
    Merge {
        /// Current codes that end.
        from: Vec<ProductCode>,
        /// The current code that stands for them.
        into: ProductCode,
    },
    /// 拆分: what had one code is several products.
    Split {
        /// The current code; it ends unless it is one of the parts.
        from: ProductCode,
        /// New products, codes that were merged into `from` and come back, or `from` itself.
        into: Vec<Part>,
    },
}

/// One part of a split.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ProductPart")]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Its code.
    pub code: ProductCode,
    /// What it is called; for new products only, and needed there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What is known of it; for new products only.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
}

/// A product as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "MasterProduct")]
pub struct Product {
    /// Its code.
    pub code: ProductCode,
    /// What it is called.
    pub name: String,
    /// What is known of it.
    pub attributes: BTreeMap<String, String>,
    /// Whether its code stands for it.
    pub standing: Standing,
}

/// Whether a code stands for its product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ProductStanding")]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Standing {
    /// 现行
    Current,
    /// 已被替代
    Replaced {
        /// Codes that took its place, ascending.
        by: Vec<ProductCode>,
    },
}

/// Products on a day; made by adding events.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Products {
    products: BTreeMap<ProductCode, Product>,
    events: u64,
    last_on: Option<NaiveDate>,
}

impl Products {
    /// The state after every event up to and with a day; all of them where it is left out.
    pub fn after(events: &[Event], day: Option<NaiveDate>) -> Result<Self> {
        let mut state = Self::default();
        for event in events.iter().take_while(|event| day.is_none_or(|day| event.on <= day)) {
            state.add(event)?;
        }
        Ok(state)
    }

    /// Add an event; nothing changes where it is refused.
    pub fn add(&mut self, event: &Event) -> Result<()> {
        if event.number != self.events + 1 || self.events as usize >= EVENTS_MAX {
            return Err(StandardsError::history(
                format!("下一个事件的编号应为 {}，至多 {EVENTS_MAX} 个。", self.events + 1),
                format!("The next event is number {}, up to {EVENTS_MAX}.", self.events + 1),
            ));
        }
        if let Some(last) = self.last_on.filter(|last| event.on < *last) {
            return Err(StandardsError::history(
                format!("历史只能追加：生效日 {} 早于上一事件的 {last}。", event.on),
                format!(
                    "History is only added to: {} is before {last}, the day of the event in front.",
                    event.on
                ),
            ));
        }
        match &event.act {
            Act::Register { code, name, attributes } => self.register(code, name, attributes)?,
            Act::Describe { code, name, attributes } => {
                let (name, attributes) = described("", name, attributes)?;
                let product = self.current(code)?;
                product.name = name;
                product.attributes = attributes;
            }
            Act::Merge { from, into } => self.merge(from, into)?,
            Act::Split { from, into } => self.split(from, into)?,
        }
        self.events = event.number;
        self.last_on = Some(event.on);
        Ok(())
    }

    /// How many events there were.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.events
    }

    /// Day of the last event.
    #[must_use]
    pub fn last_on(&self) -> Option<NaiveDate> {
        self.last_on
    }

    /// A product, current or not.
    pub fn get(&self, code: &ProductCode) -> Result<&Product> {
        self.products.get(code).ok_or_else(|| StandardsError::UnknownProduct(code.to_string()))
    }

    /// Every product there ever was, by code.
    pub fn all(&self) -> impl Iterator<Item = &Product> {
        self.products.values()
    }

    /// Current codes that stand for what this code meant, ascending; never none.
    pub fn resolve(&self, code: &ProductCode) -> Result<Vec<ProductCode>> {
        self.get(code)?;
        let (mut found, mut seen, mut waiting) = (BTreeSet::new(), BTreeSet::new(), vec![code]);
        while let Some(next) = waiting.pop() {
            if !seen.insert(next) {
                continue;
            }
            match &self.get(next)?.standing {
                Standing::Current => {
                    found.insert(next.clone());
                }
                Standing::Replaced { by } => waiting.extend(by),
            }
        }
        Ok(found.into_iter().collect())
    }

    /// `count` codes that were never given, in order.
    pub fn fresh(&self, count: u32) -> Result<Vec<ProductCode>> {
        let last = self.products.keys().next_back().map_or(0, ProductCode::serial);
        let full = || {
            StandardsError::history(
                format!("产品编码已用完（{SERIAL_MAX} 个）。"),
                format!("All {SERIAL_MAX} product codes are given."),
            )
        };
        (1..=count).map(|next| last.checked_add(next).and_then(ProductCode::of).ok_or_else(full)).collect()
    }

    fn register(
        &mut self,
        code: &ProductCode,
        name: &str,
        attributes: &BTreeMap<String, String>,
    ) -> Result<()> {
        if self.products.contains_key(code) {
            return Err(StandardsError::history(
                format!("编码 {code} 已经用过，不再另给。"),
                format!("The code {code} was given before and is never given again."),
            ));
        }
        let (name, attributes) = described("", name, attributes)?;
        let product = Product { code: code.clone(), name, attributes, standing: Standing::Current };
        self.products.insert(code.clone(), product);
        Ok(())
    }

    fn current(&mut self, code: &ProductCode) -> Result<&mut Product> {
        let product =
            self.products.get_mut(code).ok_or_else(|| StandardsError::UnknownProduct(code.to_string()))?;
        match &product.standing {
            Standing::Current => Ok(product),
            Standing::Replaced { by } => {
                let by = by.iter().map(ProductCode::as_str).collect::<Vec<_>>().join(", ");
                Err(StandardsError::history(
                    format!("产品 {code} 已被 {by} 替代。"),
                    format!("The product {code} was replaced by {by}."),
                ))
            }
        }
    }

    fn merge(&mut self, from: &[ProductCode], into: &ProductCode) -> Result<()> {
        count(from, 1)?;
        if from.contains(into) {
            return Err(StandardsError::history(
                format!("{into} 不能并入自身。"),
                format!("{into} cannot be merged into itself."),
            ));
        }
        self.current(into)?;
        for code in from {
            self.current(code)?;
        }
        for code in from {
            self.current(code)?.standing = Standing::Replaced { by: vec![into.clone()] };
        }
        Ok(())
    }

    fn split(&mut self, from: &ProductCode, into: &[Part]) -> Result<()> {
        let codes: Vec<ProductCode> = into.iter().map(|part| part.code.clone()).collect();
        count(&codes, 2)?;
        self.current(from)?;
        let mut after = self.products.clone();
        for (at, part) in into.iter().enumerate() {
            let known = self.products.get(&part.code);
            let comes_back = known.is_some_and(|known| {
                matches!(&known.standing, Standing::Replaced { by } if by.as_slice() == std::slice::from_ref(from))
            });
            let stays = part.code == *from;
            let product = match (known, &part.name) {
                (Some(known), None) if comes_back || stays => {
                    Product { standing: Standing::Current, ..known.clone() }
                }
                (None, Some(name)) => {
                    let (name, attributes) = described(&format!("/into/{at}"), name, &part.attributes)?;
                    Product { code: part.code.clone(), name, attributes, standing: Standing::Current }
                }
                _ => return Err(no_part(from, part)),
            };
            after.insert(part.code.clone(), product);
        }
        if !codes.contains(from)
            && let Some(ended) = after.get_mut(from)
        {
            let mut by = codes;
            by.sort();
            ended.standing = Standing::Replaced { by };
        }
        self.products = after;
        Ok(())
    }
}

fn no_part(from: &ProductCode, part: &Part) -> StandardsError {
    StandardsError::history(
        format!(
            "{} 不能是 {from} 的一部分：新产品须用未给过的编码并写明名称；恢复的产品须是直接并入 {from} 的，且不另写名称。",
            part.code
        ),
        format!(
            "{} cannot be a part of {from}: a new product has a code never given and a name; one that comes back was \
             merged into {from} itself, and brings no name.",
            part.code
        ),
    )
}

/// So many codes, each once.
fn count(codes: &[ProductCode], least: usize) -> Result<()> {
    let different: BTreeSet<&ProductCode> = codes.iter().collect();
    if different.len() == codes.len() && (least..=PARTS_MAX).contains(&codes.len()) {
        return Ok(());
    }
    Err(StandardsError::history(
        format!("须写 {least} 至 {PARTS_MAX} 个不同的编码。"),
        format!("It takes {least} to {PARTS_MAX} codes, each once."),
    ))
}

fn described(
    place: &str,
    name: &str,
    attributes: &BTreeMap<String, String>,
) -> Result<(String, BTreeMap<String, String>)> {
    let name = text::text(&format!("{place}/name"), name, 1, text::NAME_CHARACTERS_MAX)?;
    if attributes.len() > ATTRIBUTES_MAX {
        return Err(StandardsError::value(
            format!("{place}/attributes"),
            format!("属性至多 {ATTRIBUTES_MAX} 项。"),
            format!("There are at most {ATTRIBUTES_MAX} attributes."),
        ));
    }
    let place = format!("{place}/attributes");
    let kept = attributes.iter().map(|(key, value)| {
        Ok((
            text::text(&place, key, 1, ATTRIBUTE_CHARACTERS_MAX)?,
            text::text(&place, value, 0, ATTRIBUTE_CHARACTERS_MAX)?,
        ))
    });
    Ok((name, kept.collect::<Result<_>>()?))
}
