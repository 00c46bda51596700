//! How one product leads to another.

use crate::decay::Decay;
use crate::graph::{ChainGraph, ProductId};
use rustc_hash::{FxHashMap, FxHashSet};
use std::cmp::Ordering;
use std::collections::{BinaryHeap, VecDeque};

/// Bounds of a search for paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PathLimits {
    /// Links in a path.
    pub length_max: u32,
    /// Paths returned.
    pub paths_max: usize,
    /// Partial paths looked at before the search gives up.
    pub steps_max: usize,
}

impl Default for PathLimits {
    fn default() -> Self {
        Self { length_max: 8, paths_max: 20, steps_max: 200_000 }
    }
}

/// A path without repeated products, in the direction of the links.
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    /// From first to last.
    pub products: Vec<ProductId>,
    /// Product of the links' weights (confidence × freshness).
    pub confidence: f64,
}

struct Partial(Path);

impl PartialEq for Partial {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl Eq for Partial {}
impl PartialOrd for Partial {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Partial {
    fn cmp(&self, other: &Self) -> Ordering {
        let (a, b) = (&self.0, &other.0);
        a.confidence
            .total_cmp(&b.confidence)
            .then_with(|| b.products.len().cmp(&a.products.len()))
            .then_with(|| b.products.cmp(&a.products))
    }
}

/// The most confident simple paths `from` → `to` over links of both relations, best first; equal confidence puts the
/// shorter path first. Best-first search: a weight is at most 1, so a finished path is never worse than one found
/// later. Products that cannot reach `to` in the links left are never entered.
#[must_use]
pub fn paths(
    graph: &ChainGraph,
    from: ProductId,
    to: ProductId,
    limits: &PathLimits,
    decay: &Decay,
) -> Vec<Path> {
    let remaining = distances_to(graph, to, limits.length_max);
    let mut found = Vec::new();
    if from == to || !remaining.contains_key(&from) {
        return found;
    }
    let mut open = BinaryHeap::new();
    open.push(Partial(Path { products: vec![from], confidence: 1.0 }));
    let mut steps = 0;
    while let Some(Partial(path)) = open.pop() {
        let Some(&last) = path.products.last() else { continue };
        if last == to {
            found.push(path);
            if found.len() == limits.paths_max {
                break;
            }
            continue;
        }
        steps += 1;
        if steps > limits.steps_max {
            break;
        }
        let used = path.products.len() as u32;
        let mut taken: FxHashSet<ProductId> = FxHashSet::default();
        for link in graph.links_from(last) {
            let fits = remaining.get(&link.to).is_some_and(|left| used + left <= limits.length_max);
            if !fits || path.products.contains(&link.to) || !taken.insert(link.to) {
                continue;
            }
            let mut products = path.products.clone();
            products.push(link.to);
            open.push(Partial(Path { products, confidence: path.confidence * link.weight(decay) }));
        }
    }
    found
}

/// Fewest links from each product to `to`, up to `length_max`.
fn distances_to(graph: &ChainGraph, to: ProductId, length_max: u32) -> FxHashMap<ProductId, u32> {
    let mut distance: FxHashMap<ProductId, u32> = FxHashMap::default();
    distance.insert(to, 0);
    let mut queue = VecDeque::from([(to, 0)]);
    while let Some((product, steps)) = queue.pop_front() {
        if steps == length_max {
            continue;
        }
        for link in graph.links_into(product) {
            distance.entry(link.from).or_insert_with(|| {
                queue.push_back((link.from, steps + 1));
                steps + 1
            });
        }
    }
    distance
}
