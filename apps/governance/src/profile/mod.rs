//! One firm (`enterprise.profile`): identity, products, place in the chain, partners, quality of the record.

mod quality;

use crate::filter::list;
use brain_component::{Component, Context, Definition, Effect, Kind, always_attached, native};
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::side::Side;
use datafusion::common::ScalarValue;
use quality::Quality;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Parameters {
    /// 企业编号 · id of the firm, as found by enterprise.search; its USCC works too
    #[schemars(length(min = 1, max = 200))]
    enterprise_id: String,
}

/// Everything this brain knows of a firm that the caller may see.
#[derive(Debug, Serialize, JsonSchema)]
struct Profile {
    /// Stable id.
    enterprise_id: String,
    /// Registered name.
    name: String,
    /// Facts of identity by field name, each with source and date.
    identity: BTreeMap<String, Fact>,
    /// Products, most certain first.
    products: Vec<Product>,
    /// Where its products stand in which chain.
    place: Vec<Place>,
    /// Firms known to supply it.
    suppliers: Vec<Partner>,
    /// Firms known to buy from it.
    customers: Vec<Partner>,
    /// How complete and consistent the record is.
    quality: Quality,
    /// The rows behind the identity, newest source first.
    source_rows: Vec<SourceRow>,
}

/// One fact.
#[derive(Debug, Serialize, JsonSchema)]
struct Fact {
    /// The value.
    value: Value,
    /// Where it comes from.
    source: Option<String>,
    /// On which day it was observed, ISO.
    observed_on: Option<String>,
}

/// One product of the firm.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Product {
    /// Product.
    product: String,
    /// `make`, `trade` or `service`.
    role: String,
    /// Share of revenue, 0 to 1, where published.
    share: Option<f64>,
    /// 0 to 1.
    confidence: f64,
    /// The words of the source that say so.
    evidence: Option<String>,
    /// Where it comes from.
    source: Option<String>,
    /// ISO date.
    observed_on: Option<String>,
}

/// One place in one chain.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Place {
    /// Chain.
    chain_id: String,
    /// Name of the chain.
    chain: String,
    /// Product through which it stands there.
    product: String,
    /// 上游／中游／下游.
    stage: Option<String>,
    /// Whether the final product cannot be made without it.
    essential: Option<bool>,
}

/// A supplier or customer.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Partner {
    /// Id of the partner.
    enterprise_id: String,
    /// Its name, where the brain knows the firm.
    name: Option<String>,
    /// What is supplied.
    product: Option<String>,
    /// Yearly amount in yuan, where observed.
    amount_cny: Option<f64>,
    /// Whether the link is estimated and not observed.
    estimated: Option<bool>,
    /// 0 to 1.
    confidence: Option<f64>,
    /// Where it comes from.
    source: Option<String>,
    /// ISO date.
    observed_on: Option<String>,
}

/// A row of a table as it is stored.
#[derive(Debug, Serialize, JsonSchema)]
struct SourceRow {
    /// Dataset.
    dataset: String,
    /// Column and value that find the row.
    column: String,
    /// See `column`.
    value: String,
    /// The row.
    row: Map<String, Value>,
}

/// Raw tables that may hold the firm, and the column that names it.
const RAW: [(&str, &str, Key); 4] = [
    ("raw.registry", "uscc", Key::Uscc),
    ("raw.listed_stock_basic", "code", Key::StockCode),
    ("raw.curated_enterprise", "code", Key::StockCode),
    ("raw.chain_kg_company", "code", Key::StockDigits),
];

#[derive(Clone, Copy)]
enum Key {
    Uscc,
    StockCode,
    StockDigits,
}

pub(crate) fn profile() -> Arc<dyn Component> {
    native(
        Definition {
            id: "enterprise.profile",
            version: "1.0.0",
            title: ("企业画像", "Firm profile"),
            summary: (
                "一家企业：身份、产品、在产业链的位置、已知供应商与客户、档案质量，每个事实带来源和日期。",
                "One firm: identity, products, place in the chain, known partners and quality of the record, each fact with source and date.",
            ),
            kind: Kind::Tool,
            side: Side::Government,
            effect: Effect::Read,
            audience: &[],
            reads: &[
                "subject.enterprise",
                "subject.enterprise_product",
                "subject.enterprise_link",
                "subject.chain",
                "subject.chain_product",
                "raw.registry",
                "raw.listed_stock_basic",
                "raw.curated_enterprise",
                "raw.chain_kg_company",
            ],
            formula: Some(quality::FORMULA),
            table: Some("/products"),
            detached: always_attached,
        },
        run,
    )
}

fn text(value: &str) -> Vec<ScalarValue> {
    vec![ScalarValue::Utf8(Some(value.to_owned()))]
}

async fn run(cx: Context, p: Parameters) -> Result<Profile, Failure> {
    let row = identity_row(&cx, &p.enterprise_id).await?;
    let field = |name: &str| row.get(name).and_then(Value::as_str).map(str::to_owned);
    let id = field("enterprise_id").unwrap_or(p.enterprise_id);
    let (source, observed_on) = (field("source"), field("observed_on"));
    let identity = row
        .iter()
        .filter(|(name, value)| {
            !value.is_null()
                && !matches!(name.as_str(), "source" | "observed_on" | "name_key" | "pinyin_initials")
        })
        .map(|(name, value)| {
            (
                name.clone(),
                Fact { value: value.clone(), source: source.clone(), observed_on: observed_on.clone() },
            )
        })
        .collect();
    let products: Vec<Product> = cx
        .records(
            "SELECT product_id AS product, role, share, confidence, evidence, source, observed_on
             FROM subject.enterprise_product WHERE enterprise_id = $1
             ORDER BY share DESC NULLS LAST, confidence DESC, product_id LIMIT 200",
            text(&id),
        )
        .await?;
    let place = places(&cx, &products).await?;
    let suppliers = partners(&cx, &id, "supplier_id", "customer_id").await?;
    let customers = partners(&cx, &id, "customer_id", "supplier_id").await?;
    let quality = quality::assess(&row, !products.is_empty(), cx.now().date_naive());
    let source_rows = source_rows(&cx, &row).await?;
    let name = field("name").unwrap_or_else(|| id.clone());
    Ok(Profile {
        enterprise_id: id,
        name,
        identity,
        products,
        place,
        suppliers,
        customers,
        quality,
        source_rows,
    })
}

async fn identity_row(cx: &Context, id: &str) -> Result<Map<String, Value>, Failure> {
    let rows: Vec<Map<String, Value>> = cx
        .records("SELECT * FROM subject.enterprise WHERE enterprise_id = $1 OR uscc = $1 LIMIT 1", text(id))
        .await?;
    rows.into_iter().next().ok_or_else(|| {
        Failure::new(
            ErrorKind::NotFound,
            "governance/unknown-enterprise",
            format!("没有编号为 {id} 的企业。"),
            format!("There is no firm {id}."),
        )
        .with_hint("先用企业检索找到它的编号。", "Find its id with the firm search first.")
    })
}

async fn places(cx: &Context, products: &[Product]) -> Result<Vec<Place>, Failure> {
    let made: Vec<String> = products.iter().filter(|p| p.role == "make").map(|p| p.product.clone()).collect();
    if made.is_empty() {
        return Ok(Vec::new());
    }
    let (placeholders, values) = list(&made);
    let sql = format!(
        "SELECT p.chain_id, c.name AS chain, p.product_id AS product, p.stage, p.essential
         FROM subject.chain_product p JOIN subject.chain c ON c.chain_id = p.chain_id
         WHERE p.product_id IN ({placeholders}) ORDER BY p.chain_id, p.product_id"
    );
    cx.records(&sql, values).await
}

/// Links in which the firm stands in `own`; the partner stands in `other`. Both names are ours, never a caller's.
async fn partners(cx: &Context, id: &str, other: &str, own: &str) -> Result<Vec<Partner>, Failure> {
    let sql = format!(
        "SELECT l.{other} AS enterprise_id, e.name, l.product_id AS product, l.amount_cny, l.estimated,
                l.confidence, l.source, l.observed_on
         FROM subject.enterprise_link l LEFT JOIN subject.enterprise e ON e.enterprise_id = l.{other}
         WHERE l.{own} = $1
         ORDER BY l.amount_cny DESC NULLS LAST, l.confidence DESC, l.{other} LIMIT 100"
    );
    match cx.records(&sql, text(id)).await {
        // A caller without a grant on links sees a firm without partners, not a refusal of the whole profile.
        Err(failure) if matches!(failure.kind, ErrorKind::Forbidden | ErrorKind::NotFound) => Ok(Vec::new()),
        read => read,
    }
}

/// The stored rows behind the identity. A raw table that was never loaded, or that the caller may not read, adds none.
async fn source_rows(cx: &Context, row: &Map<String, Value>) -> Result<Vec<SourceRow>, Failure> {
    let field = |name: &str| row.get(name).and_then(Value::as_str);
    let mut found = Vec::new();
    for (dataset, column, key) in RAW {
        let value = match key {
            Key::Uscc => field("uscc").map(str::to_owned),
            Key::StockCode => field("stock_code").map(str::to_owned),
            Key::StockDigits => field("stock_code").map(|code| code.chars().take(6).collect()),
        };
        let Some(value) = value else { continue };
        let condition = if matches!(key, Key::StockDigits) {
            format!("starts_with({column}, $1)")
        } else {
            format!("{column} = $1")
        };
        let sql = format!("SELECT * FROM {dataset} WHERE {condition} LIMIT 3");
        let rows: Vec<Map<String, Value>> = match cx.records(&sql, text(&value)).await {
            Ok(rows) => rows,
            Err(failure) if matches!(failure.kind, ErrorKind::NotFound | ErrorKind::Forbidden) => continue,
            Err(failure) => return Err(failure),
        };
        found.extend(rows.into_iter().map(|row| SourceRow {
            dataset: dataset.to_owned(),
            column: column.to_owned(),
            value: value.clone(),
            row,
        }));
    }
    Ok(found)
}
