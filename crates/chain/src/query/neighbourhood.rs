//! What surrounds a product.

use crate::decay::Decay;
use crate::graph::{ChainGraph, Link, ProductId};
use rustc_hash::FxHashMap;

/// Links looked at per product; a head such as 机械 has thousands, no screen shows them.
const LINKS_PER_PRODUCT_MAX: usize = 2_000;

/// Products around a start, with the links among the walk.
#[derive(Debug, Clone)]
pub struct Neighbourhood<'g> {
    /// Products with their distance in links, nearest first; the start has distance 0.
    pub products: Vec<(ProductId, u32)>,
    /// Links between the products above, by (from, to).
    pub links: Vec<Link<'g>>,
    /// Whether the limit cut something off.
    pub truncated: bool,
}

/// Products within `depth` links of `start` in any direction and relation, at most `limit`; within one distance the
/// heavier link (confidence × freshness) comes first, then the lower product number.
#[must_use]
pub fn neighbourhood<'g>(
    graph: &'g ChainGraph,
    start: ProductId,
    depth: u32,
    limit: usize,
    decay: &Decay,
) -> Neighbourhood<'g> {
    let mut distance: FxHashMap<ProductId, u32> = FxHashMap::default();
    distance.insert(start, 0);
    let mut products = vec![(start, 0)];
    let mut ring = vec![start];
    let mut truncated = false;
    for step in 1..=depth {
        let mut found: FxHashMap<ProductId, f64> = FxHashMap::default();
        for &product in &ring {
            let around = graph
                .links_from(product)
                .map(|link| (link.to, link))
                .chain(graph.links_into(product).map(|link| (link.from, link)));
            for (seen, (other, link)) in around.enumerate() {
                if seen == LINKS_PER_PRODUCT_MAX {
                    truncated = true;
                    break;
                }
                if !distance.contains_key(&other) {
                    let best = found.entry(other).or_default();
                    *best = best.max(link.weight(decay));
                }
            }
        }
        let mut found: Vec<(ProductId, f64)> = found.into_iter().collect();
        found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let room = limit.saturating_sub(products.len());
        truncated |= found.len() > room;
        found.truncate(room);
        ring = found.into_iter().map(|(product, _)| product).collect();
        for &product in &ring {
            distance.insert(product, step);
            products.push((product, step));
        }
        if ring.is_empty() {
            break;
        }
    }
    Neighbourhood { links: links_among(graph, &products, &distance), products, truncated }
}

/// Links with both ends in the set, by edge number.
pub(super) fn links_among<'g>(
    graph: &'g ChainGraph,
    products: &[(ProductId, u32)],
    set: &FxHashMap<ProductId, u32>,
) -> Vec<Link<'g>> {
    let mut links: Vec<Link<'g>> = products
        .iter()
        .flat_map(|&(product, _)| graph.links_from(product).filter(|link| set.contains_key(&link.to)))
        .collect();
    links.sort_unstable_by_key(|link| link.edge);
    links
}
