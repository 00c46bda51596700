//! The whole chain at a glance (`chain.panorama`): nodes, links, who stands where, how fresh it is.

mod view;

use brain_chain::decay::Decay;
use brain_chain::graph::{ChainGraph, ProductId};
use brain_chain::query::{Direction, cone};
use brain_component::{Component, Context, Definition, Effect, GRAPH_READS, Kind, always_attached, native};
use brain_kernel::error::Failure;
use brain_kernel::region::RegionCode;
use brain_kernel::side::Side;
use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::Arc;
use view::Panorama;
pub(crate) use view::{LinkView, NodeView, Placement, product_named, stage_name};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Parameters {
    /// 产业链 · chain id, see chain.list
    #[schemars(length(max = 64))]
    chain: Option<String>,
    /// 根产品 · product whose upstream and downstream is shown when no chain is given
    #[schemars(length(max = 100))]
    product: Option<String>,
    /// 地区 · firms inside this region count as here, others as elsewhere
    region: Option<RegionCode>,
    /// 截至日期 · day from which ages are counted; default today
    as_of: Option<NaiveDate>,
    /// 半衰期（天） · days after which a fact counts half
    #[serde(default = "half_life")]
    #[schemars(range(min = 1.0, max = 100_000.0))]
    half_life_days: f64,
    /// 最多节点数 · most nodes
    #[serde(default = "limit")]
    #[schemars(range(min = 1, max = 20_000))]
    limit: u32,
}

/// 13 months: half of all supply links are gone by then (arXiv 2503.20594).
const fn half_life() -> f64 {
    395.0
}

const fn limit() -> u32 {
    20_000
}

/// Links from the root that a panorama without a chain follows, in each direction.
const DEPTH: u32 = 6;

pub(crate) fn panorama() -> Arc<dyn Component> {
    native(
        Definition {
            id: "chain.panorama",
            version: "1.0.0",
            title: ("产业链全景", "Chain panorama"),
            summary: (
                "一条产业链从上游到下游的全部环节与关系：每个环节在本地区和外地有多少企业、规模多大、数据多新。",
                "Every step and link of a chain from upstream to downstream: firms here and elsewhere, size and freshness of each.",
            ),
            kind: Kind::Tool,
            side: Side::Government,
            effect: Effect::Read,
            audience: &[],
            reads: &GRAPH_READS,
            formula: Some((
                "位置 = 上游度 (I−Δ)⁻¹·1（Antràs–Chor）；新鲜度 = 2^(−天数/半衰期)；产能代理 = Σ 置信度×新鲜度×max(1, log₁₀(1+注册资本/万元))。代理不是产能，只供比较。",
                "Position = upstreamness (I−Δ)⁻¹·1 (Antràs–Chor); freshness = 2^(−days/half-life); capacity proxy = Σ confidence×freshness×max(1, log₁₀(1+capital/10,000 yuan)). A proxy is no capacity; it serves comparison only.",
            )),
            table: Some("/nodes"),
            detached: always_attached,
        },
        run,
    )
}

async fn run(cx: Context, p: Parameters) -> Result<Panorama, Failure> {
    let graph = cx.graph().await?;
    let day = p.as_of.unwrap_or_else(|| cx.now().date_naive());
    let decay = Decay { half_life_days: p.half_life_days, ..Decay::as_of(day) };
    cx.compute(move |progress, cancel| {
        let (title, products, truncated) = choose(&graph, &p)?;
        let chain = p.chain.as_deref().map(|id| graph.chain(id)).transpose()?;
        let placement = Placement::new(&graph, chain, &products, p.region, &decay, progress, cancel)?;
        Ok(view::make(title, placement, day, truncated))
    })
    .await
}

/// Title and products of the picture, and whether the limit cut some off.
fn choose(graph: &ChainGraph, p: &Parameters) -> Result<(String, Vec<ProductId>, bool), Failure> {
    let limit = p.limit as usize;
    match (&p.chain, &p.product) {
        (Some(id), _) => {
            let chain = graph.chain(id)?;
            let mut products: Vec<ProductId> = chain.members.iter().map(|member| member.product).collect();
            let truncated = products.len() > limit;
            products.truncate(limit);
            Ok((chain.name.clone(), products, truncated))
        }
        (None, Some(id)) => {
            let root = product_named(graph, id)?;
            let up = cone(graph, root, Direction::Upstream, DEPTH, limit);
            let down = cone(graph, root, Direction::Downstream, DEPTH, limit);
            let mut products: Vec<ProductId> =
                up.nodes.iter().chain(&down.nodes).map(|node| node.product).collect();
            products.sort_unstable();
            products.dedup();
            let truncated = up.truncated || down.truncated || products.len() > limit;
            products.truncate(limit);
            Ok((graph.products().name(root).to_owned(), products, truncated))
        }
        (None, None) => Ok(everything(graph, limit)),
    }
}

/// No chain and no root: every product that stands in some link and is no food, most connected first.
fn everything(graph: &ChainGraph, limit: usize) -> (String, Vec<ProductId>, bool) {
    let mut products: Vec<(usize, ProductId)> = graph
        .product_ids()
        .filter(|&product| !graph.products().is_food(product))
        .map(|product| (graph.links_from(product).count() + graph.links_into(product).count(), product))
        .filter(|(degree, _)| *degree > 0)
        .collect();
    products.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    let truncated = products.len() > limit;
    products.truncate(limit);
    (
        "全部产品 · all products".to_owned(),
        products.into_iter().map(|(_, product)| product).collect(),
        truncated,
    )
}
