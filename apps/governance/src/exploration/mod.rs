//! Finding one's way in the graph: search, neighbourhood, paths, cones.

use crate::panorama::{LinkView, NodeView, Placement, product_named};
use brain_chain::decay::Decay;
use brain_chain::graph::{ChainGraph, ProductId};
use brain_chain::query::{self, PathLimits};
use brain_chain::search::{Found, Hit};
use brain_component::{Component, Context, Definition, Effect, GRAPH_READS, Kind, always_attached, native};
use brain_kernel::error::Failure;
use brain_kernel::progress::{Cancel, Progress};
use brain_kernel::region::RegionCode;
use brain_kernel::side::Side;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

fn definition(
    id: &'static str,
    title: (&'static str, &'static str),
    summary: (&'static str, &'static str),
    table: &'static str,
) -> Definition {
    Definition {
        id,
        version: "1.0.0",
        title,
        summary,
        kind: Kind::Tool,
        side: Side::Government,
        effect: Effect::Read,
        audience: &[],
        reads: &GRAPH_READS,
        formula: None,
        table: Some(table),
        detached: always_attached,
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SearchParameters {
    /// 关键词：名称、别名、全拼或首字母 · name, alias, pinyin or initials
    #[schemars(length(min = 1, max = 64))]
    q: String,
    /// 最多条数 · most hits
    #[serde(default = "twenty")]
    #[schemars(range(min = 1, max = 100))]
    limit: u32,
}

const fn twenty() -> u32 {
    20
}

/// What was found, best first.
#[derive(Debug, Serialize, JsonSchema)]
struct Hits {
    /// Hits.
    hits: Vec<HitView>,
}

/// One hit.
#[derive(Debug, Serialize, JsonSchema)]
struct HitView {
    /// `chain`, `product` or `enterprise`.
    #[schemars(extend("enum" = ["chain", "product", "enterprise"]))]
    kind: String,
    /// Id to use elsewhere.
    id: String,
    /// Name.
    name: String,
    /// What else helps to tell hits apart.
    subtitle: String,
    /// 0 to 1; an equal name is 1.
    score: f64,
}

pub(crate) fn search() -> Arc<dyn Component> {
    native(
        definition(
            "chain.search",
            ("产业检索", "Search the chain"),
            (
                "按中文名、别名或拼音查找产业链、产品和企业。",
                "Find chains, products and firms by Chinese name, alias or pinyin.",
            ),
            "/hits",
        ),
        |cx: Context, p: SearchParameters| async move {
            let (graph, hits) = cx.search(p.q.trim(), p.limit as usize).await?;
            Ok(Hits { hits: hits.iter().filter_map(|hit| hit_view(&graph, hit)).collect() })
        },
    )
}

fn hit_view(graph: &ChainGraph, hit: &Hit) -> Option<HitView> {
    let (kind, id, name, subtitle) = match hit.found {
        Found::Chain(at) => {
            let chain = graph.chains().get(at as usize)?;
            ("chain", chain.id.clone(), chain.name.clone(), chain.name_en.clone())
        }
        Found::Product(product) => {
            let products = graph.products();
            let makers = graph.makers_of(product).count();
            let (id, name) = (products.id(product).to_owned(), products.name(product).to_owned());
            ("product", id, name, format!("{makers} 家企业 · firms"))
        }
        Found::Firm(firm) => {
            let firms = graph.firms();
            let aliases: Vec<&str> = firms.aliases(firm).collect();
            ("enterprise", firms.id(firm).to_owned(), firms.name(firm).to_owned(), aliases.join(" · "))
        }
    };
    Some(HitView { kind: kind.to_owned(), id, name, subtitle, score: hit.score })
}

/// A piece of the graph.
#[derive(Debug, Serialize, JsonSchema)]
struct Piece {
    /// Products, with their distance from the start in links.
    nodes: Vec<DistantNode>,
    /// Links between them.
    links: Vec<LinkView>,
    /// Whether the limit cut something off.
    truncated: bool,
}

/// A product and how far it is.
#[derive(Debug, Serialize, JsonSchema)]
struct DistantNode {
    /// Links from the start.
    distance: u32,
    /// The product.
    #[serde(flatten)]
    node: NodeView,
}

fn piece(
    graph: &ChainGraph,
    reached: &[(ProductId, u32)],
    truncated: bool,
    region: Option<RegionCode>,
    decay: &Decay,
    progress: &Progress,
    cancel: &Cancel,
) -> Result<Piece, Failure> {
    let products: Vec<ProductId> = reached.iter().map(|(product, _)| *product).collect();
    let placed = Placement::new(graph, None, &products, region, decay, progress, cancel)?;
    let nodes = reached
        .iter()
        .zip(placed.nodes)
        .map(|(&(_, distance), node)| DistantNode { distance, node })
        .collect();
    Ok(Piece { nodes, links: placed.links, truncated })
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NeighbourhoodParameters {
    /// 产品 · product id
    #[schemars(length(min = 1, max = 100))]
    product: String,
    /// 步数 · links away
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 5))]
    depth: u32,
    /// 地区 · region whose firms count as here
    region: Option<RegionCode>,
    /// 最多节点数 · most products
    #[serde(default = "two_hundred")]
    #[schemars(range(min = 1, max = 5000))]
    limit: u32,
}

const fn one() -> u32 {
    1
}

const fn two_hundred() -> u32 {
    200
}

pub(crate) fn neighbourhood() -> Arc<dyn Component> {
    native(
        definition(
            "chain.neighbourhood",
            ("产品邻域", "Neighbourhood of a product"),
            ("一个产品周围几步之内的产品与关系。", "Products and links within a few steps of a product."),
            "/nodes",
        ),
        |cx: Context, p: NeighbourhoodParameters| async move {
            let graph = cx.graph().await?;
            let decay = Decay::as_of(cx.now().date_naive());
            cx.compute(move |progress, cancel| {
                let start = product_named(&graph, &p.product)?;
                let found = query::neighbourhood(&graph, start, p.depth, p.limit as usize, &decay);
                piece(&graph, &found.products, found.truncated, p.region, &decay, progress, cancel)
            })
            .await
        },
    )
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Direction {
    /// 上游
    Upstream,
    /// 下游
    Downstream,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ConeParameters {
    /// 产品 · product id
    #[schemars(length(min = 1, max = 100))]
    product: String,
    /// 方向 · upstream towards raw materials, downstream towards final products
    direction: Direction,
    /// 最多步数 · most links away
    #[serde(default = "ten")]
    #[schemars(range(min = 1, max = 30))]
    depth: u32,
    /// 地区 · region whose firms count as here
    region: Option<RegionCode>,
    /// 最多节点数 · most products
    #[serde(default = "thousand")]
    #[schemars(range(min = 1, max = 5000))]
    limit: u32,
}

const fn ten() -> u32 {
    10
}

const fn thousand() -> u32 {
    1000
}

pub(crate) fn cone() -> Arc<dyn Component> {
    native(
        definition(
            "chain.cone",
            ("上下游锥", "Upstream and downstream cone"),
            (
                "一个产品的全部上游或全部下游，带步数。",
                "Everything upstream or downstream of a product, with distances.",
            ),
            "/nodes",
        ),
        |cx: Context, p: ConeParameters| async move {
            let graph = cx.graph().await?;
            let decay = Decay::as_of(cx.now().date_naive());
            cx.compute(move |progress, cancel| {
                let start = product_named(&graph, &p.product)?;
                let direction = match p.direction {
                    Direction::Upstream => query::Direction::Upstream,
                    Direction::Downstream => query::Direction::Downstream,
                };
                let found = query::cone(&graph, start, direction, p.depth, p.limit as usize);
                let reached: Vec<(ProductId, u32)> =
                    found.nodes.iter().map(|n| (n.product, n.distance)).collect();
                piece(&graph, &reached, found.truncated, p.region, &decay, progress, cancel)
            })
            .await
        },
    )
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PathParameters {
    /// 起点产品 · product to start from
    #[schemars(length(min = 1, max = 100))]
    from: String,
    /// 终点产品 · product to reach
    #[schemars(length(min = 1, max = 100))]
    to: String,
    /// 最长步数 · most links in a path
    #[serde(default = "eight")]
    #[schemars(range(min = 1, max = 20))]
    max_length: u32,
    /// 最多路径数 · most paths
    #[serde(default = "twenty")]
    #[schemars(range(min = 1, max = 200))]
    limit: u32,
}

const fn eight() -> u32 {
    8
}

/// Paths, most certain first.
#[derive(Debug, Serialize, JsonSchema)]
struct Paths {
    /// Paths.
    paths: Vec<PathView>,
}

/// One path.
#[derive(Debug, Serialize, JsonSchema)]
struct PathView {
    /// Products from start to end.
    products: Vec<String>,
    /// Product of confidence × freshness of its links.
    confidence: f64,
}

pub(crate) fn paths() -> Arc<dyn Component> {
    native(
        definition(
            "chain.paths",
            ("产业链路径", "Paths between products"),
            (
                "从一个产品到另一个产品有哪些路径，哪条最可信。",
                "Which paths lead from one product to another, most certain first.",
            ),
            "/paths",
        ),
        |cx: Context, p: PathParameters| async move {
            let graph = cx.graph().await?;
            let decay = Decay::as_of(cx.now().date_naive());
            // Bounded by its limits to a fraction of a second, so it only leaves the threads that serve.
            cx.compute(move |_, _| {
                let (from, to) = (product_named(&graph, &p.from)?, product_named(&graph, &p.to)?);
                let (length_max, paths_max) = (p.max_length, p.limit as usize);
                let limits = PathLimits { length_max, paths_max, ..PathLimits::default() };
                let name = |product: ProductId| graph.products().name(product).to_owned();
                let found = query::paths(&graph, from, to, &limits, &decay);
                let paths = found.into_iter().map(|path| PathView {
                    products: path.products.into_iter().map(name).collect(),
                    confidence: path.confidence,
                });
                Ok(Paths { paths: paths.collect() })
            })
            .await
        },
    )
}
