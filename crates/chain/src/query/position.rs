//! Where a product stands between raw material and consumer.
//!
//! Upstreamness (Antràs, Chor, Fally & Hillberry, AER P&P 2012): U = (I − Δ)⁻¹ 1, where Δ_ij is the share of i's
//! output used to make j. A product nobody uses further has U = 1; raw materials have the largest. The map gives
//! no values, so a product's output is taken as spread over its uses by link weight, and a product that closes a
//! loop keeps a small share for final use so that the sum stays finite.

#![expect(clippy::indexing_slicing, reason = "rows are checked before they are solved")]

use crate::decay::Decay;
use crate::error::{ChainError, Result};
use crate::graph::{ChainGraph, ProductId, Stage};
use rustc_hash::FxHashMap;

/// The formula, as shown to users, Chinese.
pub const POSITION_FORMULA_ZH: &str = "上游度 U = (I − Δ)⁻¹·1（Antràs–Chor）：Δ 为产品产出用于各下游产品的份额；最终产品 U = 1，越靠近原材料越大。";
/// The formula, as shown to users, English.
pub const POSITION_FORMULA_EN: &str = "Upstreamness U = (I − Δ)⁻¹·1 (Antràs–Chor): Δ is the share of a product's \
                                       output used by each downstream product; final products have U = 1, raw \
                                       materials the most.";

/// Share of output that products inside a loop keep for final use.
const LOOP_FINAL_SHARE: f64 = 0.2;
/// The largest change of a value at which the solver stops.
const TOLERANCE: f64 = 1e-10;
const SWEEPS_MAX: u32 = 10_000;

/// Upstreamness of a set of products.
#[derive(Debug, Clone, Default)]
pub struct Positions {
    value: FxHashMap<ProductId, f64>,
    /// The largest value; 1 when empty.
    pub largest: f64,
    /// Products that lie on a loop of input links.
    pub in_loops: usize,
}

impl Positions {
    /// Upstreamness of a product, ≥ 1.
    #[must_use]
    pub fn get(&self, product: ProductId) -> Option<f64> {
        self.value.get(&product).copied()
    }

    /// Stage by thirds of the span from 1 to the largest value.
    #[must_use]
    pub fn stage(&self, product: ProductId) -> Option<Stage> {
        self.get(product).map(|value| stage_of(value, self.largest))
    }
}

/// Stage of an upstreamness value: the span 1 … `largest` in thirds.
#[must_use]
pub fn stage_of(value: f64, largest: f64) -> Stage {
    let span = largest - 1.0;
    if span <= 0.0 || value <= 1.0 + span / 3.0 {
        Stage::Downstream
    } else if value <= 1.0 + span * 2.0 / 3.0 {
        Stage::Midstream
    } else {
        Stage::Upstream
    }
}

/// U = (I − Δ)⁻¹ 1 for output shares given as rows `(user, share)`; each row sums to at most 1, the rest is final
/// use. Gauss–Seidel in topological order of the loop-free part: exact after one sweep without loops.
///
/// # Errors
/// A user out of range, a negative share, a row above 1, or a loop that keeps everything to itself.
pub fn upstreamness(rows: &[Vec<(u32, f64)>]) -> Result<Vec<f64>> {
    for row in rows {
        let sum: f64 = row.iter().map(|&(_, share)| share).sum();
        let bad =
            row.iter().any(|&(user, share)| user as usize >= rows.len() || share < 0.0 || share.is_nan());
        if bad || sum > 1.0 + 1e-9 {
            return Err(ChainError::Parameter {
                name: "output shares",
                value: sum.to_string(),
                must_be: "≥ 0, row sum ≤ 1",
            });
        }
    }
    let users: Vec<Vec<u32>> = rows.iter().map(|row| row.iter().map(|&(user, _)| user).collect()).collect();
    let order = users_first(&users).0;
    let mut value = vec![1.0; rows.len()];
    for _ in 0..SWEEPS_MAX {
        let mut change: f64 = 0.0;
        for &at in &order {
            let row = &rows[at as usize];
            let own: f64 = row.iter().filter(|&&(user, _)| user == at).map(|&(_, share)| share).sum();
            let others: f64 = row
                .iter()
                .filter(|&&(user, _)| user != at)
                .map(|&(user, share)| share * value[user as usize])
                .sum();
            let next = if own < 1.0 { (1.0 + others) / (1.0 - own) } else { f64::INFINITY };
            change = change.max((next - value[at as usize]).abs());
            value[at as usize] = next;
        }
        if change.is_nan() || change.is_infinite() {
            break;
        }
        if change <= TOLERANCE {
            return Ok(value);
        }
    }
    Err(ChainError::NotConverged { iterations: SWEEPS_MAX })
}

/// Upstreamness of `products` on the input links among them; uses outside the set count as final use. A kind that
/// nothing uses under its own name goes where its general product goes, so it stands one step before it: a
/// cylindrical cell is no final product because the links speak of cells.
///
/// # Errors
/// [`ChainError::NotConverged`]; cannot happen with the share loops keep for final use.
pub fn positions(graph: &ChainGraph, products: &[ProductId], decay: &Decay) -> Result<Positions> {
    let index: FxHashMap<ProductId, u32> =
        products.iter().enumerate().map(|(at, &product)| (product, at as u32)).collect();
    let mut rows: Vec<Vec<(u32, f64)>> = products
        .iter()
        .map(|&product| {
            let uses =
                graph.uses_of(product).filter_map(|link| Some((*index.get(&link.to)?, link.weight(decay))));
            let uses: Vec<(u32, f64)> = uses.collect();
            if uses.is_empty() {
                let generals = graph.generals_of(product);
                return generals
                    .filter_map(|link| Some((*index.get(&link.from)?, link.weight(decay))))
                    .collect();
            }
            uses
        })
        .collect();
    let users: Vec<Vec<u32>> = rows.iter().map(|row| row.iter().map(|&(user, _)| user).collect()).collect();
    let (_, component, sizes) = users_first(&users);
    let mut in_loops = 0;
    for (at, row) in rows.iter_mut().enumerate() {
        let total: f64 = row.iter().map(|&(_, weight)| weight).sum();
        let looped = sizes[component[at] as usize] > 1;
        in_loops += usize::from(looped);
        let used = if looped { 1.0 - LOOP_FINAL_SHARE } else { 1.0 };
        let count = row.len() as f64;
        for (_, weight) in row.iter_mut() {
            // All links wholly faded: spread evenly rather than lose the order of the chain.
            *weight = used * if total > 0.0 { *weight / total } else { 1.0 / count };
        }
    }
    let solved = upstreamness(&rows)?;
    let largest = solved.iter().copied().fold(1.0, f64::max);
    let value = products.iter().copied().zip(solved).collect();
    Ok(Positions { value, largest, in_loops })
}

/// Strongly connected components (Tarjan 1972, iterative), users before what they use: `(order, component of each
/// node, size of each component)`.
fn users_first(users: &[Vec<u32>]) -> (Vec<u32>, Vec<u32>, Vec<u32>) {
    const NEW: u32 = u32::MAX;
    let count = users.len();
    let (mut index, mut low) = (vec![NEW; count], vec![0u32; count]);
    let (mut component, mut sizes) = (vec![NEW; count], Vec::new());
    let (mut stack, mut order) = (Vec::new(), Vec::with_capacity(count));
    let mut next = 0;
    let mut calls: Vec<(u32, usize)> = Vec::new();
    for root in 0..count as u32 {
        if index[root as usize] != NEW {
            continue;
        }
        calls.push((root, 0));
        while let Some((node, child)) = calls.pop() {
            let at = node as usize;
            if child == 0 {
                index[at] = next;
                low[at] = next;
                next += 1;
                stack.push(node);
            }
            if let Some(&user) = users[at].get(child) {
                calls.push((node, child + 1));
                if index[user as usize] == NEW {
                    calls.push((user, 0));
                } else if component[user as usize] == NEW {
                    low[at] = low[at].min(index[user as usize]);
                }
                continue;
            }
            if let Some(&(parent, _)) = calls.last() {
                low[parent as usize] = low[parent as usize].min(low[at]);
            }
            if low[at] == index[at] {
                let mut size = 0;
                while let Some(member) = stack.pop() {
                    component[member as usize] = sizes.len() as u32;
                    order.push(member);
                    size += 1;
                    if member == node {
                        break;
                    }
                }
                sizes.push(size);
            }
        }
    }
    (order, component, sizes)
}
