//! Products and links as screens show them; shared by every component that answers with a piece of the graph.

use brain_chain::ChainError;
use brain_chain::decay::{Day, Decay};
use brain_chain::graph::{Chain, ChainGraph, Link, ProductId, Relation, Stage};
use brain_chain::query::{LIFT_DEPTH, Positions, layered_layout, lifted_makers, positions};
use brain_kernel::error::Failure;
use brain_kernel::progress::{Cancel, Progress};
use brain_kernel::region::RegionCode;
use chrono::NaiveDate;
use rustc_hash::FxHashSet;
use schemars::JsonSchema;
use serde::Serialize;

/// A chain laid out from upstream (left) to downstream (right).
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Panorama {
    /// Name of the chain or of the root product.
    title: String,
    /// Products.
    nodes: Vec<NodeView>,
    /// Links between them.
    links: Vec<LinkView>,
    /// Counts.
    summary: Summary,
}

/// Counts of a panorama.
#[derive(Debug, Serialize, JsonSchema)]
struct Summary {
    /// Products shown.
    products: u64,
    /// Links shown.
    links: u64,
    /// Different firms at the products shown, here and elsewhere.
    firms: u64,
    /// Different firms here.
    firms_here: u64,
    /// Oldest observation.
    observed_from: Option<NaiveDate>,
    /// Newest observation.
    observed_to: Option<NaiveDate>,
    /// Share of firm–product facts older than one half-life, 0 to 1.
    stale_share: f64,
    /// Whether the limit cut products off.
    truncated: bool,
    /// Day from which ages are counted.
    as_of: NaiveDate,
}

/// One product.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct NodeView {
    /// Product id.
    pub(crate) id: String,
    /// Name.
    pub(crate) name: String,
    /// English name.
    pub(crate) name_en: Option<String>,
    /// `upstream`, `midstream` or `downstream`.
    #[schemars(extend("enum" = ["upstream", "midstream", "downstream", null]))]
    pub(crate) stage: Option<String>,
    /// Upstreamness, 1 is final.
    pub(crate) position: f64,
    /// Place on the picture, 0 left and most upstream, 1 right and final.
    pub(crate) x: f64,
    /// Place on the picture, 0 top.
    pub(crate) y: f64,
    /// Firms in the region asked for, or all when none was.
    pub(crate) firms: u32,
    /// Firms outside it.
    pub(crate) firms_elsewhere: u32,
    /// Registered capital of the firms here, yuan; absent where none is known.
    pub(crate) capital_cny: Option<f64>,
    /// Σ confidence × freshness × max(1, log₁₀(1 + capital/10,000 yuan)) of the firms here.
    pub(crate) capacity_proxy: f64,
    /// Whether the final product cannot be made without it.
    pub(crate) essential: bool,
    /// Mean freshness of what is known of it, 0 to 1.
    pub(crate) freshness: f64,
    /// Day the product entry was observed.
    pub(crate) observed_on: Option<NaiveDate>,
    /// Where the product entry comes from.
    pub(crate) source: String,
}

/// One link.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct LinkView {
    /// Upstream or general product.
    pub(crate) from: String,
    /// Downstream or specific product.
    pub(crate) to: String,
    /// `input` or `kind_of`.
    #[schemars(extend("enum" = ["input", "kind_of"]))]
    pub(crate) relation: String,
    /// Whether `to` cannot be made without `from`.
    pub(crate) essential: bool,
    /// Confidence of the source, 0 to 1.
    pub(crate) confidence: f64,
    /// Confidence × freshness.
    pub(crate) weight: f64,
    /// Day of observation.
    pub(crate) observed_on: Option<NaiveDate>,
    /// Where it comes from.
    pub(crate) source: String,
}

/// A set of products with everything needed to show them.
pub(crate) struct Placement<'g> {
    pub(crate) nodes: Vec<NodeView>,
    pub(crate) links: Vec<LinkView>,
    graph: &'g ChainGraph,
    firms: FxHashSet<u32>,
    firms_here: FxHashSet<u32>,
    observed: Vec<Day>,
    stale: (u64, u64),
}

impl<'g> Placement<'g> {
    /// Place `products`: stages as the chain's author gave them, else by position.
    pub(crate) fn new(
        graph: &'g ChainGraph,
        chain: Option<&Chain>,
        products: &[ProductId],
        region: Option<RegionCode>,
        decay: &Decay,
        progress: &Progress,
        cancel: &Cancel,
    ) -> Result<Self, Failure> {
        progress.set_total(products.len() as u64);
        let inside: FxHashSet<ProductId> = products.iter().copied().collect();
        let links: Vec<Link<'g>> = products
            .iter()
            .flat_map(|&product| graph.links_from(product))
            .filter(|link| inside.contains(&link.to))
            .collect();
        let positions = positions(graph, products, decay)?;
        let layout = layered_layout(products, &links, &positions);
        let mut placed = Self {
            nodes: Vec::with_capacity(products.len()),
            links: links.iter().map(|link| link_view(graph, link, decay)).collect(),
            graph,
            firms: FxHashSet::default(),
            firms_here: FxHashSet::default(),
            observed: links.iter().map(|link| link.observed).collect(),
            stale: (0, 0),
        };
        for place in layout {
            if cancel.is_cancelled() {
                return Err(ChainError::Cancelled.into());
            }
            let node = placed.node(place.product, chain, region, &positions, decay);
            placed.nodes.push(NodeView { x: place.x, y: place.y, ..node });
            progress.add(1);
        }
        Ok(placed)
    }

    fn node(
        &mut self,
        product: ProductId,
        chain: Option<&Chain>,
        region: Option<RegionCode>,
        positions: &Positions,
        decay: &Decay,
    ) -> NodeView {
        let graph = self.graph;
        let member = chain.and_then(|chain| chain.member(product));
        let (mut here, mut elsewhere, mut capital, mut proxy, mut fresh, mut facts) =
            (0, 0, 0.0, 0.0, 0.0, 0u32);
        for inherited in lifted_makers(graph, product, LIFT_DEPTH, decay) {
            let make = inherited.make;
            let freshness = decay.freshness(make.observed);
            fresh += freshness;
            facts += 1;
            self.stale.0 += u64::from(freshness < 0.5);
            self.stale.1 += 1;
            self.observed.push(make.observed);
            self.firms.insert(make.firm.0);
            if !is_here(graph, make.firm, region) {
                elsewhere += 1;
                continue;
            }
            here += 1;
            self.firms_here.insert(make.firm.0);
            let size = graph.firms().capital_cny(make.firm).unwrap_or(0.0);
            capital += size;
            proxy += inherited.weight * (1.0 + size / 1e4).log10().max(1.0);
        }
        let products = graph.products();
        let stage = member.and_then(|m| m.stage).or_else(|| positions.stage(product));
        NodeView {
            id: products.id(product).to_owned(),
            name: products.name(product).to_owned(),
            name_en: Some(products.name_en(product)).filter(|name| !name.is_empty()).map(str::to_owned),
            stage: stage.map(|stage| stage_name(stage).to_owned()),
            position: positions.get(product).unwrap_or(1.0),
            x: 0.0,
            y: 0.0,
            firms: here,
            firms_elsewhere: elsewhere,
            capital_cny: (capital > 0.0).then_some(capital),
            capacity_proxy: proxy,
            essential: member.is_some_and(|m| m.essential),
            freshness: if facts > 0 {
                fresh / f64::from(facts)
            } else {
                decay.freshness(products.observed(product))
            },
            observed_on: products.observed(product).date(),
            source: graph.product_source(product).to_owned(),
        }
    }
}

fn is_here(graph: &ChainGraph, firm: brain_chain::graph::FirmId, region: Option<RegionCode>) -> bool {
    region.is_none_or(|region| {
        let code = graph.firms().region(firm);
        code > 0 && format!("{code:06}").starts_with(region.prefix())
    })
}

pub(crate) const fn stage_name(stage: Stage) -> &'static str {
    match stage {
        Stage::Upstream => "upstream",
        Stage::Midstream => "midstream",
        Stage::Downstream => "downstream",
    }
}

/// The product a caller means: by id, else by name or alias exactly as written.
pub(crate) fn product_named(graph: &ChainGraph, text: &str) -> Result<ProductId, Failure> {
    let products = graph.products();
    let also = |product: &ProductId| {
        products.name(*product) == text || products.aliases(*product).any(|alias| alias == text)
    };
    graph
        .product(text)
        .or_else(|unknown| graph.product_ids().find(also).ok_or(unknown))
        .map_err(Failure::from)
}

/// One link as screens show it.
pub(crate) fn link_view(graph: &ChainGraph, link: &Link<'_>, decay: &Decay) -> LinkView {
    let products = graph.products();
    let relation = match link.relation {
        Relation::Input => "input",
        Relation::KindOf => "kind_of",
    };
    LinkView {
        from: products.id(link.from).to_owned(),
        to: products.id(link.to).to_owned(),
        relation: relation.to_owned(),
        essential: link.essential,
        confidence: f64::from(link.confidence),
        weight: link.weight(decay),
        observed_on: link.observed.date(),
        source: link.source.to_owned(),
    }
}

pub(super) fn make(title: String, placed: Placement<'_>, as_of: NaiveDate, truncated: bool) -> Panorama {
    let dates = || placed.observed.iter().filter_map(|day| day.date());
    let (stale, facts) = placed.stale;
    let summary = Summary {
        products: placed.nodes.len() as u64,
        links: placed.links.len() as u64,
        firms: placed.firms.len() as u64,
        firms_here: placed.firms_here.len() as u64,
        observed_from: dates().min(),
        observed_to: dates().max(),
        stale_share: if facts > 0 { stale as f64 / facts as f64 } else { 0.0 },
        truncated,
        as_of,
    };
    Panorama { title, nodes: placed.nodes, links: placed.links, summary }
}
