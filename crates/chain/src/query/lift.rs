//! A general product inherits from its kinds: who makes 六轴机器人 makes 工业机器人.

use crate::decay::Decay;
use crate::graph::{ChainGraph, FirmId, Link, Make, MakeRole, ProductId};
use rustc_hash::{FxHashMap, FxHashSet};

/// A firm reached through the kinds of a product.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Inherited<'g> {
    /// The edge that counts: the heaviest of the firm.
    pub make: Make<'g>,
    /// Weight of the edge times the weights of the kind-of links between.
    pub weight: f64,
    /// Kind-of links between the product asked for and the one made; 0 = made directly.
    pub distance: u32,
}

/// The product itself and its kinds down to `depth`, each with the product of kind-of weights on the way, by
/// distance and number. Stops at `limit` products.
#[must_use]
pub fn kinds_within(
    graph: &ChainGraph,
    product: ProductId,
    depth: u32,
    limit: usize,
    decay: &Decay,
) -> Vec<(ProductId, u32, f64)> {
    let mut seen: FxHashSet<ProductId> = FxHashSet::default();
    seen.insert(product);
    let mut all = vec![(product, 0, 1.0)];
    let mut at = 0;
    while let Some(&(general, distance, weight)) = all.get(at) {
        at += 1;
        if distance == depth {
            continue;
        }
        for link in graph.kinds_of(general) {
            if all.len() >= limit {
                return all;
            }
            if seen.insert(link.to) {
                all.push((link.to, distance + 1, weight * link.weight(decay)));
            }
        }
    }
    all
}

/// Kind-of levels through which a product inherits firms wherever firms of a product or a chain are counted.
pub const LIFT_DEPTH: u32 = 2;

/// The firms of a set of products, each once: the one definition behind every count of a chain's firms. A firm counts
/// when it makes one of the products, or a kind of one, or provides it as a service; who only trades it does not.
#[must_use]
pub fn firms_of(graph: &ChainGraph, products: impl IntoIterator<Item = ProductId>) -> FxHashSet<FirmId> {
    let no_ageing = Decay::none();
    products
        .into_iter()
        .flat_map(|product| lifted_makers(graph, product, LIFT_DEPTH, &no_ageing))
        .map(|inherited| inherited.make.firm)
        .collect()
}

/// Firms of a product and of its kinds, traders left out, one entry per firm, by firm number.
#[must_use]
pub fn lifted_makers<'g>(
    graph: &'g ChainGraph,
    product: ProductId,
    depth: u32,
    decay: &Decay,
) -> Vec<Inherited<'g>> {
    let mut best: FxHashMap<FirmId, Inherited<'g>> = FxHashMap::default();
    for (kind, distance, through) in kinds_within(graph, product, depth, KINDS_MAX, decay) {
        for make in graph.makers_of(kind).filter(|make| make.role != MakeRole::Trade) {
            let weight = through * make.weight(decay);
            let entry = Inherited { make, weight, distance };
            best.entry(make.firm)
                .and_modify(|held| {
                    if weight > held.weight {
                        *held = entry;
                    }
                })
                .or_insert(entry);
        }
    }
    let mut firms: Vec<Inherited<'g>> = best.into_values().collect();
    firms.sort_unstable_by_key(|inherited| inherited.make.firm);
    firms
}

/// Inputs of a product and, where it has none of its own, those of its direct kinds, one link per input product.
#[must_use]
pub fn lifted_inputs(graph: &ChainGraph, product: ProductId) -> Vec<Link<'_>> {
    let mut links: Vec<Link<'_>> = graph.inputs_of(product).collect();
    if links.is_empty() {
        let mut seen: FxHashSet<ProductId> = FxHashSet::default();
        for kind in graph.kinds_of(product).take(KINDS_MAX) {
            links.extend(graph.inputs_of(kind.to).filter(|link| seen.insert(link.from)));
        }
    }
    links.sort_unstable_by_key(|link| link.edge);
    links
}

/// Kinds of one product looked at; the mined vocabulary has heads such as 机械 with thousands.
const KINDS_MAX: usize = 10_000;
