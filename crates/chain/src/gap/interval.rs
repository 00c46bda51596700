//! How sure a completeness is.
//!
//! Resampled completeness lies below the estimate as a rule: presence is cut at 1, so noise can only take away
//! (Jensen). Its quantiles would give an interval with the estimate at or beyond its upper end. Therefore resamples
//! give the spread only, and the interval is built around the estimate C:
//!
//! s² = variance of C over the resamples; n = C(1 − C) ÷ s², the number of yes-or-no observations that would be as
//! uncertain, at least 1 and at most the evidence E = Σ over firms of their best confidence; then Wilson's score
//! interval (Wilson, JASA 22:209, 1927) with z = 1.645:
//! (C + z²/2n ± z·√(C(1 − C)/n + z²/4n²)) ÷ (1 + z²/n).
//!
//! It holds C for every C and n, stays within 0..1, and does not shrink to a point at C = 0 or 1.

#![expect(clippy::indexing_slicing, reason = "`assess` has checked every number")]

use super::capacity::{Layout, Levels, completeness};
use super::draw::Draw;
use super::input::{GapInput, GapParameters};
use crate::error::{ChainError, Result};
use brain_kernel::progress::{Cancel, Progress};

/// 95 % quantile of the normal distribution: 5 % of the risk on each side.
const Z: f64 = 1.644_853_626_951_472_7;

/// 90 % interval around the completeness `point`; `None` without resamples.
///
/// Each resample draws firms with replacement (Poisson bootstrap, one count per firm) and keeps each "makes"
/// statement with the probability of its confidence; weights stay as they are.
pub(super) fn interval(
    input: &GapInput<'_>,
    layout: &Layout,
    weights: &[f64],
    point: f64,
    parameters: &GapParameters,
    progress: &Progress,
    cancel: &Cancel,
) -> Result<Option<(f64, f64)>> {
    if parameters.resamples == 0 {
        return Ok(None);
    }
    // Work before this may have counted its own units.
    progress.set_total(progress.read().0 + u64::from(parameters.resamples));
    let mut draw = Draw::seeded(parameters.seed);
    let mut found = Vec::with_capacity(parameters.resamples as usize);
    for _ in 0..parameters.resamples {
        if cancel.is_cancelled() {
            return Err(ChainError::Cancelled);
        }
        let firms: Vec<u32> = input.firms.iter().map(|_| draw.poisson_one()).collect();
        let levels = Levels::of(input, layout, |_, supply| {
            if draw.unit() < supply.confidence { f64::from(firms[supply.firm as usize]) } else { 0.0 }
        });
        found.extend(completeness(&levels, weights));
        progress.add(1);
    }
    Ok(Some(wilson(point, observations(point, variance(&found), evidence(input, layout)))))
}

fn variance(values: &[f64]) -> f64 {
    let count = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / count;
    values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count
}

/// Σ over firms that count of the best confidence with which they make anything of the chain.
fn evidence(input: &GapInput<'_>, layout: &Layout) -> f64 {
    let mut best = vec![0.0_f64; input.firms.len()];
    for supply in layout.supplies.iter().flatten() {
        let firm = &input.firms[supply.firm as usize];
        if firm.local || firm.compared {
            let held = &mut best[supply.firm as usize];
            *held = held.max(supply.confidence);
        }
    }
    best.iter().sum()
}

fn observations(point: f64, variance: f64, evidence: f64) -> f64 {
    let most = evidence.max(1.0);
    if variance > 0.0 { (point * (1.0 - point) / variance).clamp(1.0, most) } else { most }
}

fn wilson(point: f64, n: f64) -> (f64, f64) {
    let z2 = Z * Z;
    let middle = point + z2 / (2.0 * n);
    let half = Z * (point * (1.0 - point) / n + z2 / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z2 / n;
    // At the ends rounding could leave the point a last digit outside.
    (((middle - half) / scale).clamp(0.0, point), ((middle + half) / scale).clamp(point, 1.0))
}

#[cfg(test)]
mod tests {
    use super::{observations, wilson};
    use proptest::prelude::*;

    fn close(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-4, "{a} is not {b}");
    }

    #[test]
    fn the_interval_is_wilsons() {
        // 8 of 10 at 90 %: solve |p − 0.8| = z·√(p(1 − p)/10) by hand.
        let (low, high) = wilson(0.8, 10.0);
        for p in [low, high] {
            close((p - 0.8).abs(), super::Z * (p * (1.0 - p) / 10.0).sqrt());
        }
        assert!(low < 0.8 && high > 0.8);
        // All of 20: the upper end is 1, the lower n/(n + z²).
        let (low, high) = wilson(1.0, 20.0);
        close(low, 20.0 / (20.0 + super::Z * super::Z));
        close(high, 1.0);
    }

    #[test]
    fn no_spread_is_no_certainty() {
        close(observations(0.5, 0.0, 12.0), 12.0);
        close(observations(0.5, 0.05, 12.0), 5.0);
        close(observations(1.0, 0.0, 0.3), 1.0);
    }

    proptest! {
        #[test]
        fn it_holds_the_estimate_and_has_two_sides(point in 0.0_f64..=1.0, n in 1.0_f64..1e6) {
            let (low, high) = wilson(point, n);
            prop_assert!((0.0..=1.0).contains(&low) && (0.0..=1.0).contains(&high));
            prop_assert!(low <= point && point <= high);
            prop_assert!(low < point || point < 1e-12);
            prop_assert!(high > point || point > 1.0 - 1e-12);
        }
    }
}
