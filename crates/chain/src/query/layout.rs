//! Where products stand on the screen: x by position (raw material left, consumer right), y so that lines cross little.

#![expect(clippy::indexing_slicing, reason = "indices are places in the caller's own list")]

use super::position::Positions;
use crate::graph::{Link, ProductId};
use rustc_hash::FxHashMap;

/// Layers across the picture.
const LAYERS: usize = 24;
/// Barycentre passes; order settles quickly and every pass is linear.
const PASSES: usize = 8;

/// A placed product; x and y lie in 0 … 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Placed {
    /// The product.
    pub product: ProductId,
    /// 0 = most upstream, 1 = final.
    pub x: f64,
    /// 0 = top.
    pub y: f64,
}

/// Layered layout (Sugiyama's barycentre heuristic): x from upstreamness, y from the mean place of neighbours,
/// swept back and forth. Deterministic; linear in links per pass. In the order of `products`.
#[must_use]
pub fn layered_layout(products: &[ProductId], links: &[Link<'_>], positions: &Positions) -> Vec<Placed> {
    let index: FxHashMap<ProductId, u32> =
        products.iter().enumerate().map(|(at, &product)| (product, at as u32)).collect();
    let span = (positions.largest - 1.0).max(f64::MIN_POSITIVE);
    let x: Vec<f64> = products
        .iter()
        .map(|&product| positions.get(product).map_or(1.0, |value| 1.0 - (value - 1.0) / span))
        .map(|x| x.clamp(0.0, 1.0))
        .collect();
    let mut neighbours: Vec<Vec<u32>> = vec![Vec::new(); products.len()];
    for link in links {
        if let (Some(&from), Some(&to)) = (index.get(&link.from), index.get(&link.to)) {
            neighbours[from as usize].push(to);
            neighbours[to as usize].push(from);
        }
    }
    let mut layers: Vec<Vec<u32>> = vec![Vec::new(); LAYERS];
    for at in 0..products.len() as u32 {
        let layer = (x[at as usize] * (LAYERS - 1) as f64).round() as usize;
        layers[layer.min(LAYERS - 1)].push(at);
    }
    let mut y = vec![0.5; products.len()];
    for layer in &mut layers {
        layer.sort_by_key(|&at| (products[at as usize], at));
        spread(layer, &mut y);
    }
    for pass in 0..PASSES {
        let rightward = pass % 2 == 0;
        for step in 0..LAYERS {
            let layer = &mut layers[if rightward { step } else { LAYERS - 1 - step }];
            let mut keyed: Vec<(f64, u32)> = layer
                .iter()
                .map(|&at| {
                    let around = &neighbours[at as usize];
                    let sum: f64 = around.iter().map(|&other| y[other as usize]).sum();
                    let mean = if around.is_empty() { y[at as usize] } else { sum / around.len() as f64 };
                    (mean, at)
                })
                .collect();
            keyed.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            *layer = keyed.into_iter().map(|(_, at)| at).collect();
            spread(layer, &mut y);
        }
    }
    products.iter().zip(x.iter().zip(&y)).map(|(&product, (&x, &y))| Placed { product, x, y }).collect()
}

/// Even distances within a layer.
fn spread(layer: &[u32], y: &mut [f64]) {
    let count = layer.len() as f64;
    for (rank, &at) in layer.iter().enumerate() {
        y[at as usize] = (rank as f64 + 0.5) / count;
    }
}
