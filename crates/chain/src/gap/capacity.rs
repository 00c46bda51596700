//! Capacity, need, presence and weight of each product, and how sure they are.

#![expect(clippy::indexing_slicing, reason = "`assess` has checked every number")]

use super::input::{GapInput, GapRelation};
use rustc_hash::FxHashMap;

/// Capital that doubles nothing and adds log₁₀ 2 to a firm's size: 10 million CNY.
const CAPITAL_UNIT_CNY: f64 = 1e7;

/// Size of a firm, ≥ 1: 1 without capital or with little, 2 at 90 million CNY, 3 at 990 million CNY.
///
/// The logarithm because registered capital is subscribed, not paid in, and spans six orders of magnitude.
pub(super) fn size(capital_cny: Option<f64>) -> f64 {
    let capital = capital_cny.filter(|c| c.is_finite() && *c > 0.0).unwrap_or(0.0);
    1.0 + (1.0 + capital / CAPITAL_UNIT_CNY).log10()
}

/// One firm counted for one product: as its maker, or as the maker of one of its kinds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Supply {
    pub(super) firm: u32,
    pub(super) confidence: f64,
    /// Capacity if the firm is a maker for certain; the contribution is confidence × this.
    pub(super) amount: f64,
}

/// Supplies and neighbours of each product, independent of any resample.
pub(super) struct Layout {
    pub(super) supplies: Vec<Vec<Supply>>,
    pub(super) measured: Vec<bool>,
    /// Input links by upstream product: (downstream, weight).
    pub(super) downstream: Vec<Vec<(usize, f64)>>,
    pub(super) upstream: Vec<Vec<(usize, f64)>>,
}

impl Layout {
    pub(super) fn of(input: &GapInput<'_>) -> Self {
        let nodes = input.products.len();
        let mut downstream = vec![Vec::new(); nodes];
        let mut upstream = vec![Vec::new(); nodes];
        let mut kinds = vec![Vec::new(); nodes];
        for link in input.links.iter().filter(|l| l.from != l.to) {
            let (from, to) = (link.from as usize, link.to as usize);
            match link.relation {
                GapRelation::Input => {
                    downstream[from].push((to, link.weight));
                    upstream[to].push((from, link.weight));
                }
                GapRelation::KindOf => kinds[from].push((to, link.weight)),
            }
        }
        let mut own = vec![Vec::new(); nodes];
        for maker in input.makers {
            own[maker.product as usize].push(*maker);
        }
        let mut supplies = Vec::with_capacity(nodes);
        let mut measured = Vec::with_capacity(nodes);
        for node in 0..nodes {
            let mut by_firm: FxHashMap<u32, (f64, Option<f64>)> = FxHashMap::default();
            for product in reach(&kinds, node) {
                for maker in &own[product] {
                    // A capacity in the unit of a kind says nothing in the unit of the general product.
                    let capacity = maker.capacity.filter(|_| product == node);
                    let entry = by_firm.entry(maker.firm).or_insert((0.0, None));
                    entry.0 = entry.0.max(maker.confidence);
                    entry.1 = entry.1.max_with(capacity);
                }
            }
            let all_measured = !by_firm.is_empty() && by_firm.values().all(|(_, c)| c.is_some());
            let mut list: Vec<Supply> = by_firm
                .into_iter()
                .map(|(firm, (confidence, capacity))| {
                    let proxy = size(input.firms[firm as usize].capital_cny);
                    let amount = if all_measured { capacity.unwrap_or(proxy) } else { proxy };
                    Supply { firm, confidence, amount }
                })
                .collect();
            list.sort_unstable_by_key(|s| s.firm);
            supplies.push(list);
            measured.push(all_measured);
        }
        Self { supplies, measured, downstream, upstream }
    }
}

trait MaxWith {
    fn max_with(self, other: Self) -> Self;
}

impl MaxWith for Option<f64> {
    fn max_with(self, other: Self) -> Self {
        match (self, other) {
            (Some(a), Some(b)) => Some(a.max(b)),
            (a, b) => a.or(b),
        }
    }
}

/// The node and everything reached from it, each once.
fn reach(next: &[Vec<(usize, f64)>], start: usize) -> Vec<usize> {
    let mut seen = vec![false; next.len()];
    seen[start] = true;
    let mut order = vec![start];
    let mut at = 0;
    while let Some(&node) = order.get(at) {
        for &(child, _) in &next[node] {
            if !seen[child] {
                seen[child] = true;
                order.push(child);
            }
        }
        at += 1;
    }
    order
}

/// Downstream products that need each product, directly or not.
pub(super) fn dependents(layout: &Layout) -> Vec<u32> {
    (0..layout.downstream.len()).map(|node| reach(&layout.downstream, node).len() as u32 - 1).collect()
}

/// Capacities and needs of all products.
#[derive(Debug, Clone, Default)]
pub(super) struct Levels {
    pub(super) local: Vec<f64>,
    pub(super) compared: Vec<f64>,
    pub(super) need: Vec<f64>,
}

impl Levels {
    /// From how often each supply counts (its confidence, or a resampled count).
    pub(super) fn of(
        input: &GapInput<'_>,
        layout: &Layout,
        mut counts: impl FnMut(usize, &Supply) -> f64,
    ) -> Self {
        let nodes = input.products.len();
        let mut levels = Self { local: vec![0.0; nodes], compared: vec![0.0; nodes], need: vec![0.0; nodes] };
        for (node, supplies) in layout.supplies.iter().enumerate() {
            for supply in supplies {
                let firm = &input.firms[supply.firm as usize];
                let amount = counts(node, supply) * supply.amount;
                if firm.local {
                    levels.local[node] += amount;
                }
                if firm.local || firm.compared {
                    levels.compared[node] += amount;
                }
            }
        }
        // Units differ between products with measured capacity, so shares are averaged, not capacities summed.
        let share = |node: usize| {
            let all = levels.compared[node];
            (all > 0.0).then(|| levels.local[node] / all)
        };
        let chain_share = mean((0..nodes).filter_map(|v| share(v).map(|s| (s, levels.compared[v].ln_1p()))));
        levels.need = (0..nodes)
            .map(|v| {
                let below = layout.downstream[v].iter();
                let demand =
                    mean(below.filter_map(|&(d, w)| share(d).map(|s| (s, w * levels.compared[d].ln_1p()))));
                let wanted = demand.filter(|d| *d > 0.0).or(chain_share).unwrap_or(0.0);
                levels.compared[v] * wanted
            })
            .collect();
        levels
    }

    /// min(1, capacity ÷ need); `None` when nobody is known to make it. A product nobody local needs and nobody
    /// local makes is absent, not satisfied.
    pub(super) fn presence(&self, node: usize) -> Option<f64> {
        let (local, need) = (self.local[node], self.need[node]);
        (self.compared[node] > 0.0).then(|| {
            if local <= 0.0 {
                0.0
            } else if need <= 0.0 {
                1.0
            } else {
                (local / need).min(1.0)
            }
        })
    }
}

fn mean(weighted: impl Iterator<Item = (f64, f64)>) -> Option<f64> {
    let (sum, weight) = weighted.fold((0.0, 0.0), |(s, w), (value, by)| (s + value * by, w + by));
    (weight > 0.0).then(|| sum / weight)
}

/// Weight of each product, summing to 1 over products with a known maker (0 elsewhere).
pub(super) fn weights(input: &GapInput<'_>, levels: &Levels, dependents: &[u32]) -> Vec<f64> {
    let valued = input.products.iter().all(|p| p.value.is_some());
    let mut weights: Vec<f64> = input
        .products
        .iter()
        .enumerate()
        .map(|(node, product)| {
            if levels.compared[node] <= 0.0 {
                return 0.0;
            }
            let proxy = levels.compared[node].ln_1p();
            let value = product.value.filter(|_| valued).unwrap_or(proxy);
            let criticality =
                if product.essential { 2.0 } else { 1.0 } * (1.0 + f64::from(dependents[node]).ln_1p());
            value * criticality
        })
        .collect();
    let sum: f64 = weights.iter().sum();
    if sum > 0.0 {
        for weight in &mut weights {
            *weight /= sum;
        }
    }
    weights
}

/// C over products with a known presence.
pub(super) fn completeness(levels: &Levels, weights: &[f64]) -> Option<f64> {
    mean(weights.iter().enumerate().filter_map(|(v, &w)| levels.presence(v).map(|p| (p, w))))
        .map(|c| c.clamp(0.0, 1.0))
}
