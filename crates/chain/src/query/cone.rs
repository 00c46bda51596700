//! Everything a product is made from, or everything made from it.

use super::neighbourhood::links_among;
use crate::graph::{ChainGraph, Link, ProductId};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

/// Which way along the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Towards raw materials.
    Upstream,
    /// Towards final products.
    Downstream,
}

/// A product of a cone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConeNode {
    /// The product.
    pub product: ProductId,
    /// Fewest input links from the start.
    pub distance: u32,
}

/// A cone with its links.
#[derive(Debug, Clone)]
pub struct Cone<'g> {
    /// The start first, then by distance and product number.
    pub nodes: Vec<ConeNode>,
    /// Links between nodes of the cone, kind-of included.
    pub links: Vec<Link<'g>>,
    /// Whether the limit cut something off.
    pub truncated: bool,
}

/// Products reachable from `start` over input links in one direction, within `depth` links, at most `limit`.
#[must_use]
pub fn cone(
    graph: &ChainGraph,
    start: ProductId,
    direction: Direction,
    depth: u32,
    limit: usize,
) -> Cone<'_> {
    let mut distance: FxHashMap<ProductId, u32> = FxHashMap::default();
    distance.insert(start, 0);
    let mut products = vec![(start, 0)];
    let mut ring = vec![start];
    let mut truncated = false;
    for step in 1..=depth {
        let mut next: Vec<ProductId> = Vec::new();
        for &product in &ring {
            match direction {
                Direction::Upstream => next.extend(graph.inputs_of(product).map(|link| link.from)),
                Direction::Downstream => next.extend(graph.uses_of(product).map(|link| link.to)),
            }
        }
        next.sort_unstable();
        next.dedup();
        next.retain(|product| !distance.contains_key(product));
        let room = limit.saturating_sub(products.len());
        truncated |= next.len() > room;
        next.truncate(room);
        for &product in &next {
            distance.insert(product, step);
            products.push((product, step));
        }
        if next.is_empty() {
            break;
        }
        ring = next;
    }
    let links = links_among(graph, &products, &distance);
    let nodes = products.into_iter().map(|(product, distance)| ConeNode { product, distance }).collect();
    Cone { nodes, links, truncated }
}
