//! Firm search (`enterprise.search`): by name, code, pinyin, region, industry and product.

use crate::filter::{Filter, list};
use brain_component::{Component, Context, Definition, Effect, Kind, always_attached, native};
use brain_kernel::{error::Failure, industry::IndustryCode, pinyin, region::RegionCode, side::Side};
use rustc_hash::FxHashMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What to look for; everything given must hold.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Parameters {
    /// 名称、统一社会信用代码、股票代码或拼音首字母 · name, USCC, stock code or pinyin initials
    #[schemars(length(max = 100))]
    q: Option<String>,
    /// 地区 · region code; regions inside it count
    region: Option<RegionCode>,
    /// 行业代码 · GB/T 4754 code; deeper codes count
    industry: Option<IndustryCode>,
    /// 产品 · product the firm makes
    #[schemars(length(max = 100))]
    product: Option<String>,
    /// 页码，从 1 起 · page, from 1
    #[serde(default = "first_page")]
    #[schemars(range(min = 1, max = 100_000))]
    page: u32,
    /// 每页条数 · rows per page
    #[serde(default = "page_size")]
    #[schemars(range(min = 1, max = 200))]
    page_size: u32,
}

fn first_page() -> u32 {
    1
}

fn page_size() -> u32 {
    20
}

/// One page of firms.
#[derive(Debug, Serialize, JsonSchema)]
struct Firms {
    /// Firms of this page, largest capital first.
    items: Vec<FirmCard>,
    /// Firms that match.
    total: u64,
}

/// One firm in a list.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct FirmCard {
    /// Stable id in this brain.
    enterprise_id: String,
    /// Registered name.
    name: String,
    /// Short name of a listed firm.
    short_name: Option<String>,
    /// Unified social credit code.
    uscc: Option<String>,
    /// Province.
    province: Option<String>,
    /// City.
    city: Option<String>,
    /// Name of the GB/T 4754 class.
    industry_name: Option<String>,
    /// Registered capital in yuan; foreign currencies at a reference rate.
    capital_cny: Option<f64>,
    /// Products, at most ten.
    #[serde(default)]
    products: Vec<String>,
}

pub(crate) fn search() -> Arc<dyn Component> {
    native(
        Definition {
            id: "enterprise.search",
            version: "1.0.0",
            title: ("企业检索", "Firm search"),
            summary: (
                "按名称、代码、拼音、地区、行业、产品找企业。",
                "Find firms by name, code, pinyin, region, industry or product.",
            ),
            kind: Kind::Knowledge,
            side: Side::Government,
            effect: Effect::Read,
            audience: &[],
            reads: &["subject.enterprise", "subject.enterprise_product"],
            formula: None,
            table: Some("/items"),
            detached: always_attached,
        },
        run,
    )
}

#[derive(Deserialize)]
struct Count {
    total: u64,
}

#[derive(Deserialize)]
struct Made {
    enterprise_id: String,
    product_id: String,
}

async fn run(cx: Context, p: Parameters) -> Result<Firms, Failure> {
    let text = p.q.as_deref().map(str::trim).filter(|q| !q.is_empty()).map(str::to_owned);
    let mut filter = Filter::default()
        .with("starts_with(e.region_code, ?)", p.region.map(|r| r.prefix().to_owned()))
        .with("starts_with(e.industry_code, ?)", p.industry.map(|i| i.as_str().to_owned()))
        .with(
            "e.enterprise_id IN (SELECT enterprise_id FROM subject.enterprise_product WHERE product_id = ?)",
            p.product,
        );
    if let Some(text) = text {
        filter = by_text(filter, &text);
    }
    let clause = filter.clause();
    let counted: Vec<Count> = cx
        .records(&format!("SELECT count(*) AS total FROM subject.enterprise e {clause}"), filter.values())
        .await?;
    let offset = u64::from(p.page - 1) * u64::from(p.page_size);
    let sql = format!(
        "SELECT e.enterprise_id, e.name, e.short_name, e.uscc, e.province, e.city, e.industry_name, e.capital_cny
         FROM subject.enterprise e {clause}
         ORDER BY e.capital_cny DESC NULLS LAST, e.enterprise_id LIMIT {} OFFSET {offset}",
        p.page_size
    );
    let mut items: Vec<FirmCard> = cx.records(&sql, filter.values()).await?;
    add_products(&cx, &mut items).await?;
    Ok(Firms { items, total: counted.first().map_or(0, |c| c.total) })
}

fn by_text(filter: Filter, text: &str) -> Filter {
    if text.chars().all(|c| c.is_ascii_alphanumeric() || c == '.') {
        // A code or pinyin; both are stored in one case.
        let mut filter = filter;
        let (upper, lower) = (filter.bind(text.to_uppercase()), filter.bind(pinyin::initials(text)));
        let condition = format!(
            "(starts_with(e.uscc, {upper}) OR starts_with(e.stock_code, {upper}) OR strpos(upper(e.name), {upper}) > 0 \
             OR strpos(e.pinyin_initials, {lower}) > 0)"
        );
        return filter.with(&condition, Some(String::new()));
    }
    filter.with("(strpos(e.name, ?) > 0 OR strpos(e.short_name, ?) > 0)", Some(text))
}

/// The products of a page's firms in one query.
async fn add_products(cx: &Context, items: &mut [FirmCard]) -> Result<(), Failure> {
    if items.is_empty() {
        return Ok(());
    }
    let ids: Vec<String> = items.iter().map(|firm| firm.enterprise_id.clone()).collect();
    let (places, values) = list(&ids);
    let sql = format!(
        "SELECT enterprise_id, product_id FROM subject.enterprise_product
         WHERE enterprise_id IN ({places}) ORDER BY share DESC NULLS LAST, confidence DESC, product_id"
    );
    let made: Vec<Made> = cx.records(&sql, values).await?;
    let mut by_firm: FxHashMap<String, Vec<String>> = FxHashMap::default();
    for row in made {
        let products = by_firm.entry(row.enterprise_id).or_default();
        if products.len() < 10 && !products.contains(&row.product_id) {
            products.push(row.product_id);
        }
    }
    for firm in items {
        firm.products = by_firm.remove(&firm.enterprise_id).unwrap_or_default();
    }
    Ok(())
}
