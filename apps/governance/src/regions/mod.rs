//! Firms by region (`region.summary`): the numbers behind the map.

use crate::filter::Filter;
use brain_component::{Component, Context, Definition, Effect, Kind, always_attached, native};
use brain_kernel::{error::Failure, region::RegionCode, side::Side};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// How deep the regions lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Level {
    /// 省级
    #[default]
    Province,
    /// 地市级
    City,
    /// 县级
    County,
}

impl Level {
    const fn digits(self) -> usize {
        match self {
            Self::Province => 2,
            Self::City => 4,
            Self::County => 6,
        }
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Parameters {
    /// 层级 · level of the regions
    #[serde(default)]
    level: Level,
    /// 上级地区 · only regions inside this one
    parent: Option<RegionCode>,
    /// 产业链 · only firms that make a product of this chain
    #[schemars(length(max = 64))]
    chain: Option<String>,
    /// 产品 · only firms that make this product
    #[schemars(length(max = 100))]
    product: Option<String>,
}

/// One entry per region that has firms.
#[derive(Debug, Serialize, JsonSchema)]
struct Summary {
    /// Regions by code.
    regions: Vec<Region>,
    /// Matching firms whose region is not known to this depth.
    unplaced: u64,
}

/// What is known of one region.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Region {
    /// Six digits.
    region_code: String,
    /// Name, where the region table has it.
    name: Option<String>,
    /// Firms.
    firms: u64,
    /// Sum of registered capital, yuan; a size, not an output.
    capital_cny: Option<f64>,
    /// Different products its firms make.
    products: u64,
}

pub(crate) fn summary() -> Arc<dyn Component> {
    native(
        Definition {
            id: "region.summary",
            version: "1.0.0",
            title: ("地区概览", "Firms by region"),
            summary: (
                "各省、市、县有多少企业、多少注册资本、多少种产品。",
                "How many firms, how much capital and how many products each region has.",
            ),
            kind: Kind::Tool,
            side: Side::Government,
            effect: Effect::Read,
            audience: &[],
            reads: &[
                "subject.enterprise",
                "subject.enterprise_product",
                "subject.chain_product",
                "subject.region",
            ],
            formula: None,
            table: Some("/regions"),
            detached: always_attached,
        },
        run,
    )
}

#[derive(Deserialize)]
struct Count {
    total: u64,
}

async fn run(cx: Context, p: Parameters) -> Result<Summary, Failure> {
    let digits = p.level.digits();
    let filter = Filter::default()
        .with("starts_with(e.region_code, ?)", p.parent.map(|r| r.prefix().to_owned()))
        .with("e.enterprise_id IN (SELECT enterprise_id FROM subject.enterprise_product WHERE product_id = ?)", p.product)
        .with(
            "e.enterprise_id IN (SELECT m.enterprise_id FROM subject.enterprise_product m
               JOIN subject.chain_product c ON c.product_id = m.product_id WHERE c.chain_id = ? AND m.role = 'make')",
            p.chain,
        );
    // A province code such as 330000 says nothing of the city; such firms are counted apart, not as a city.
    let known = match p.level {
        Level::Province => "e.region_code IS NOT NULL".to_owned(),
        Level::City => "substr(e.region_code, 3, 4) <> '0000'".to_owned(),
        Level::County => "substr(e.region_code, 5, 2) <> '00'".to_owned(),
    };
    let clause = filter.clause();
    let and = if clause.is_empty() { "WHERE" } else { "AND" };
    let sql = format!(
        "WITH firm AS (
           SELECT rpad(substr(e.region_code, 1, {digits}), 6, '0') AS code, e.enterprise_id, e.capital_cny
           FROM subject.enterprise e {clause} {and} {known}),
         size AS (SELECT code, count(*) AS firms, sum(capital_cny) AS capital_cny FROM firm GROUP BY code),
         kinds AS (
           SELECT f.code, count(DISTINCT m.product_id) AS products
           FROM firm f JOIN subject.enterprise_product m ON m.enterprise_id = f.enterprise_id GROUP BY f.code)
         SELECT s.code AS region_code, r.name, s.firms, s.capital_cny, coalesce(k.products, 0) AS products
         FROM size s LEFT JOIN kinds k ON k.code = s.code LEFT JOIN subject.region r ON r.region_code = s.code
         ORDER BY s.code"
    );
    let regions = cx.records(&sql, filter.values()).await?;
    let sql = format!(
        "SELECT count(*) AS total FROM subject.enterprise e {clause} {and} NOT coalesce({known}, false)"
    );
    let unplaced: Vec<Count> = cx.records(&sql, filter.values()).await?;
    Ok(Summary { regions, unplaced: unplaced.first().map_or(0, |c| c.total) })
}
