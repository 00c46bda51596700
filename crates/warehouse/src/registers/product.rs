//! Products: registered, described, merged and split; each an event that is added and never changed.

use super::list::corrupt;
use super::{PRODUCTS, Registers, json, looked_for, may_write, page, reason, refuse, standards};
use crate::handle::Inner;
use crate::{Error, Result};
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::party::Party;
use brain_kernel::progress::{Cancel, Progress};
use brain_standards::product::{Act, Candidate, EVENTS_MAX, Event, Part, Product, Proposal, Standing, pairs};
use brain_standards::{ProductCode, Products};
use brain_store::Page;
use brain_store::code_list as mappings;
use brain_store::product_event::{self as rows, ProductEventRow};
use chrono::{DateTime, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;

/// Which products to list. Everything given must hold.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ProductQuery {
    /// 编码开头、名称或属性中的文字 · What the code begins with, or text in name or attributes.
    #[schemars(length(max = 200))]
    pub text: Option<String>,
    /// 该日的状态；默认今天 · As of this day; today where absent.
    pub on: Option<NaiveDate>,
    /// 也列出已被替代的 · Replaced products too.
    pub replaced: bool,
    /// 页码，从 1 起 · Page, from 1.
    #[schemars(range(min = 1))]
    pub page: Option<u64>,
    /// 每页条数，至多 1000 · Products per page, at most 1000.
    #[schemars(range(min = 1, max = 1000))]
    pub page_size: Option<u64>,
}

/// A page of products, as [`Registers::products`] gives it.
pub type ProductsPage = Page<Product>;

/// A new product; its code is given by the register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewProduct {
    /// 名称 · What it is called.
    #[schemars(length(min = 1, max = 300))]
    pub name: String,
    /// 属性，如 model、barcode、maker · What is known of it, as model, barcode, maker.
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
    /// 生效日；默认今天 · Day from which it holds; today where absent.
    #[serde(default)]
    pub on: Option<NaiveDate>,
    /// 理由 · Why.
    #[schemars(length(min = 1, max = 1000))]
    pub reason: String,
}

/// A product described anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "DescribedProduct")]
#[serde(deny_unknown_fields)]
pub struct Described {
    /// 名称 · What it is called.
    #[schemars(length(min = 1, max = 300))]
    pub name: String,
    /// 全部属性 · What is known of it, all of it.
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
    /// 生效日；默认今天 · Day from which it holds; today where absent.
    #[serde(default)]
    pub on: Option<NaiveDate>,
    /// 理由 · Why.
    #[schemars(length(min = 1, max = 1000))]
    pub reason: String,
}

/// Products that were one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "MergedProducts")]
#[serde(deny_unknown_fields)]
pub struct Merged {
    /// 被合并的编码 · Codes that end.
    #[schemars(length(min = 1, max = 100))]
    pub from: Vec<String>,
    /// 保留的编码 · The code that stands for them.
    pub into: String,
    /// 生效日；默认今天 · Day from which it holds; today where absent.
    #[serde(default)]
    pub on: Option<NaiveDate>,
    /// 理由 · Why.
    #[schemars(length(min = 1, max = 1000))]
    pub reason: String,
}

/// A product that is several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "SplitProduct")]
#[serde(deny_unknown_fields)]
pub struct Split {
    /// 被拆分的编码 · The code.
    pub from: String,
    /// 拆出的产品；写 from 自身则保留它 · The parts; `from` stays current where it is among them.
    #[schemars(length(min = 2, max = 100))]
    pub into: Vec<NewPart>,
    /// 生效日；默认今天 · Day from which it holds; today where absent.
    #[serde(default)]
    pub on: Option<NaiveDate>,
    /// 理由 · Why.
    #[schemars(length(min = 1, max = 1000))]
    pub reason: String,
}

/// One part of a split: a code that is there, or the name of a new product.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "NewProductPart")]
#[serde(default, deny_unknown_fields)]
pub struct NewPart {
    /// 原有编码：from 自身，或曾并入 from 的 · Code of `from` itself, or one that was merged into it.
    pub code: Option<String>,
    /// 新产品的名称 · Name of a new product.
    #[schemars(length(max = 300))]
    pub name: Option<String>,
    /// 新产品的属性 · What is known of a new product.
    pub attributes: BTreeMap<String, String>,
}

/// One event of a product's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProductLine {
    /// The event.
    #[serde(flatten)]
    pub event: Event,
    /// Why.
    pub reason: String,
    /// Account id.
    pub actor: String,
    /// When it was recorded.
    pub at: DateTime<Utc>,
}

/// A partner's code for a product.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PartnerCode {
    /// The mapping that says so.
    pub mapping: String,
    /// Whose codes they are.
    pub partner: String,
    /// The partner's code.
    pub code: String,
    /// Part of the partner's product that is this one, where known.
    pub share: Option<f64>,
}

/// A product with all that became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "MasterProductDetail")]
pub struct ProductDetail {
    /// The product as it stands on the day asked for.
    pub product: Product,
    /// Products that stand for it on that day: itself where it is current.
    pub current: Vec<Product>,
    /// Every event that names it, in order.
    pub history: Vec<ProductLine>,
    /// What partners call it.
    pub partners: Vec<PartnerCode>,
}

impl Registers {
    /// Products by code.
    pub async fn products(&self, query: &ProductQuery) -> Result<ProductsPage> {
        let text = looked_for(query.text.as_ref())?;
        let state = self.inner.products(query.on.or_else(|| Some(self.today()))).await?;
        let takes = |product: &&Product| {
            let mentions = |text: &String| {
                let held = product.attributes.values().chain([&product.name]);
                product.code.as_str().to_lowercase().starts_with(text)
                    || held.into_iter().any(|held| held.to_lowercase().contains(text))
            };
            (query.replaced || product.standing == Standing::Current) && text.as_ref().is_none_or(mentions)
        };
        let found = state.all().filter(takes).cloned().collect();
        Ok(page(found, query.page, query.page_size))
    }

    /// One product with its history, as of a day; today where none is given.
    pub async fn product(&self, code: &str, on: Option<NaiveDate>) -> Result<ProductDetail> {
        let code = ProductCode::parse(code).map_err(standards)?;
        let lines = self.inner.product_lines().await?;
        let events: Vec<Event> = lines.iter().map(|line| line.event.clone()).collect();
        let state = Products::after(&events, on.or_else(|| Some(self.today()))).map_err(damaged)?;
        let product = state.get(&code).map_err(standards)?.clone();
        let current = state.resolve(&code).map_err(standards)?;
        let current = current.iter().map(|code| state.get(code).cloned().map_err(standards));
        Ok(ProductDetail {
            product,
            current: current.collect::<Result<_>>()?,
            history: lines.into_iter().filter(|line| names(&line.event.act, &code)).collect(),
            partners: self.partners(&code).await?,
        })
    }

    /// Register a product under a code never given before.
    pub async fn register_product(&self, actor: &Party, new: NewProduct) -> Result<ProductDetail> {
        may_write(actor)?;
        reason(&new.reason)?;
        let state = self.inner.products(None).await?;
        let code = first(state.fresh(1).map_err(standards)?)?;
        let act = Act::Register { code: code.clone(), name: new.name, attributes: new.attributes };
        self.add_event(actor, state, (act, &code), new.on, new.reason).await
    }

    /// Say what a product is called and what is known of it from a day on.
    pub async fn describe_product(&self, actor: &Party, code: &str, new: Described) -> Result<ProductDetail> {
        may_write(actor)?;
        reason(&new.reason)?;
        let code = ProductCode::parse(code).map_err(standards)?;
        let state = self.inner.products(None).await?;
        let act = Act::Describe { code: code.clone(), name: new.name, attributes: new.attributes };
        self.add_event(actor, state, (act, &code), new.on, new.reason).await
    }

    /// Merge products into one.
    pub async fn merge_products(&self, actor: &Party, new: Merged) -> Result<ProductDetail> {
        may_write(actor)?;
        reason(&new.reason)?;
        let from = new.from.iter().map(|code| ProductCode::parse(code).map_err(standards));
        let from = from.collect::<Result<Vec<_>>>()?;
        let into = ProductCode::parse(&new.into).map_err(standards)?;
        let state = self.inner.products(None).await?;
        self.add_event(actor, state, (Act::Merge { from, into: into.clone() }, &into), new.on, new.reason)
            .await
    }

    /// Split a product; new parts get codes never given before.
    pub async fn split_product(&self, actor: &Party, new: Split) -> Result<ProductDetail> {
        may_write(actor)?;
        reason(&new.reason)?;
        let from = ProductCode::parse(&new.from).map_err(standards)?;
        let state = self.inner.products(None).await?;
        let count = new.into.iter().filter(|part| part.code.is_none()).count();
        let mut fresh =
            state.fresh(u32::try_from(count).unwrap_or(u32::MAX).min(1_000)).map_err(standards)?.into_iter();
        let parts = new.into.into_iter().map(|part| {
            let code = match &part.code {
                Some(code) => ProductCode::parse(code).map_err(standards)?,
                None => first(fresh.by_ref().take(1).collect())?,
            };
            Ok(Part { code, name: part.name, attributes: part.attributes })
        });
        let into = parts.collect::<Result<Vec<_>>>()?;
        self.add_event(actor, state, (Act::Split { from: from.clone(), into }, &from), new.on, new.reason)
            .await
    }

    /// Likely pairs of a partner's products and ours, for a person to accept into a mapping.
    pub async fn propose_products(&self, theirs: Vec<Candidate>, cancel: Cancel) -> Result<Vec<Proposal>> {
        let state = self.inner.products(Some(self.today())).await?;
        let work = tokio::task::spawn_blocking(move || pairs(&state, &theirs, &Progress::new(), &cancel));
        let found = work.await.map_err(|error| Error::Io(std::io::Error::other(error.to_string())))?;
        found.map_err(standards)
    }

    async fn add_event(
        &self,
        actor: &Party,
        mut state: Products,
        (act, shown): (Act, &ProductCode),
        on: Option<NaiveDate>,
        reason: String,
    ) -> Result<ProductDetail> {
        let today = self.today();
        let on = on.unwrap_or(today);
        if on > today {
            return Err(Error::Failure(
                Failure::new(
                    ErrorKind::InvalidArgument,
                    "warehouse/product-day",
                    format!("生效日 {on} 还没有到。"),
                    format!("The day {on} has not come yet."),
                )
                .with_pointer("/on"),
            ));
        }
        let event = Event { number: state.events() + 1, on, act };
        state.add(&event).map_err(standards)?;
        let row = ProductEventRow {
            number: event.number as i64,
            effective_on: on.to_string(),
            act: json(&event.act)?,
            reason,
            actor: actor.account.clone(),
            at: self.inner.store.now(),
        };
        let transaction = self.inner.store.transaction().await?;
        rows::insert(&transaction, row.clone()).await.map_err(moved)?;
        let kind = match &event.act {
            Act::Register { .. } => "product.register",
            Act::Describe { .. } => "product.describe",
            Act::Merge { .. } => "product.merge",
            Act::Split { .. } => "product.split",
        };
        let body =
            json!({ "number": row.number, "on": row.effective_on, "act": row.act, "reason": row.reason });
        self.inner.record_act(&transaction, actor, (kind, shown.as_str()), body).await?;
        transaction.commit().await?;
        self.product(shown.as_str(), None).await
    }

    async fn partners(&self, code: &ProductCode) -> Result<Vec<PartnerCode>> {
        let db = self.inner.store.db();
        let headings = mappings::mappings(db, super::LISTS_MAX).await?;
        let to_products: BTreeMap<String, String> = headings
            .into_iter()
            .filter(|heading| heading.to_list == PRODUCTS)
            .map(|heading| (heading.id, heading.from_list))
            .collect();
        let rows = mappings::mapped_to(db, code.as_str(), EVENTS_MAX as u64).await?;
        let found = rows.into_iter().filter_map(|row| {
            let partner = to_products.get(&row.mapping)?.clone();
            Some(PartnerCode { mapping: row.mapping, partner, code: row.from_code, share: row.share })
        });
        Ok(found.collect())
    }

    fn today(&self) -> NaiveDate {
        self.inner.clock.now().date_naive()
    }
}

impl Inner {
    /// Products as of a day; after every event where none is given.
    pub(super) async fn products(&self, on: Option<NaiveDate>) -> Result<Products> {
        let events: Vec<Event> = self.product_lines().await?.into_iter().map(|line| line.event).collect();
        Products::after(&events, on).map_err(damaged)
    }

    async fn product_lines(&self) -> Result<Vec<ProductLine>> {
        let stored = rows::all(self.store.db(), EVENTS_MAX as u64).await?;
        let line = |row: ProductEventRow| {
            let number = u64::try_from(row.number).map_err(|_| corrupt("product_event.number", ""))?;
            let on = row.effective_on.parse();
            Ok(ProductLine {
                event: Event {
                    number,
                    on: on.map_err(|_| corrupt("product_event.effective_on", &row.effective_on))?,
                    act: serde_json::from_value(row.act)
                        .map_err(|_| corrupt("product_event.act", &number.to_string()))?,
                },
                reason: row.reason,
                actor: row.actor,
                at: row.at,
            })
        };
        stored.into_iter().map(line).collect()
    }
}

/// A stored history that does not follow its own rules.
fn damaged(error: brain_standards::StandardsError) -> Error {
    corrupt("product_event", &error.to_string())
}

fn first(codes: Vec<ProductCode>) -> Result<ProductCode> {
    codes.into_iter().next().ok_or_else(|| corrupt("product_event", "no code left"))
}

fn names(act: &Act, code: &ProductCode) -> bool {
    match act {
        Act::Register { code: named, .. } | Act::Describe { code: named, .. } => named == code,
        Act::Merge { from, into } => into == code || from.contains(code),
        Act::Split { from, into } => from == code || into.iter().any(|part| part.code == *code),
    }
}

fn moved(error: brain_store::Error) -> Error {
    match error {
        brain_store::Error::AlreadyExists(_) => refuse(
            ErrorKind::Precondition,
            "warehouse/product-history-moved",
            "刚有人改动了产品主数据，请重新打开后再试。",
            "Somebody has just changed product master data. Open it again and try once more.",
        ),
        other => other.into(),
    }
}
