//! How far a distribution moved from a stored profile (分布漂移).
//!
//! PSI = Σ (q − p)·ln(q/p) over ten parts that hold a tenth of the profile each, or over its categories; a share below
//! 0.0001 counts as that. Common reading: below 0.1 none, above 0.25 a lot.
//! KS is the largest distance of the cumulative shares over the buckets, so it may be too small by what lies within
//! one bucket; its p-value is the asymptotic one with Stephens' correction (1970).
//! Chi-square is the test of homogeneity of the two samples over categories, with Cramér's V = √(χ²/n) as distance:
//! with millions of rows every p-value is small, V says whether it matters.

use crate::profile::{ColumnProfile, ValueKind};
use crate::rule::DriftMeasure;

/// Parts of a PSI of numbers.
const PARTS: u64 = 10;
/// Terms of a series that has not settled before.
const STEPS: u32 = 10_000;
/// Least share that counts.
const SHARE_MIN: f64 = 1e-4;

/// A distance of two distributions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Distance {
    /// PSI, D or V.
    pub value: f64,
    /// Chance of one so large without any drift, where the test has one.
    pub p_value: Option<f64>,
}

/// Distance of two profiles of a column; none where they cannot be compared or one has no value.
#[must_use]
pub fn distance(measure: DriftMeasure, before: &ColumnProfile, now: &ColumnProfile) -> Option<Distance> {
    if before.present == 0 || now.present == 0 {
        return None;
    }
    // A profile kept without values, as the column is sensitive, has nothing to compare categories with.
    let named = || !before.top.is_empty();
    let by_category = matches!(now.kind, ValueKind::Text | ValueKind::Truth);
    match measure {
        DriftMeasure::ChiSquare if named() => chi_square(&categories(before, now)),
        DriftMeasure::Psi if by_category && named() => psi(&categories(before, now)),
        DriftMeasure::Psi if !by_category => {
            psi(&parts(&before.buckets.as_ref()?.beside(now.buckets.as_ref()?)?))
        }
        DriftMeasure::Ks => ks(&before.buckets.as_ref()?.beside(now.buckets.as_ref()?)?),
        DriftMeasure::ChiSquare | DriftMeasure::Psi => None,
    }
}

/// Counts of both by category: the most frequent of the profile, and everything else.
fn categories(before: &ColumnProfile, now: &ColumnProfile) -> Vec<(u64, u64)> {
    let mut pairs: Vec<(u64, u64)> = before
        .top
        .iter()
        .map(|one| {
            let found = now.top.iter().find(|other| other.value == one.value);
            (one.count, found.map_or(0, |other| other.count))
        })
        .collect();
    let rest = |all: u64, named: u64| all.saturating_sub(named);
    let (old, new) = pairs.iter().fold((0, 0), |(old, new), (a, b)| (old + a, new + b));
    pairs.push((rest(before.present, old), rest(now.present, new)));
    pairs.retain(|(a, b)| a + b > 0);
    pairs
}

/// Neighbouring buckets joined until each part holds a tenth of the first sample.
fn parts(buckets: &[(u64, u64)]) -> Vec<(u64, u64)> {
    let total: u64 = buckets.iter().map(|(a, _)| a).sum();
    let mut joined = Vec::new();
    let (mut part, mut seen) = ((0, 0), 0);
    for (a, b) in buckets {
        part = (part.0 + a, part.1 + b);
        seen += a;
        if *a > 0 && seen * PARTS >= total * (joined.len() as u64 + 1) && joined.len() as u64 + 1 < PARTS {
            joined.push(std::mem::take(&mut part));
        }
    }
    if part != (0, 0) {
        joined.push(part);
    }
    joined
}

fn totals(pairs: &[(u64, u64)]) -> Option<(f64, f64)> {
    let (a, b) = pairs.iter().fold((0, 0), |(old, new), (a, b)| (old + a, new + b));
    (a > 0 && b > 0).then_some((a as f64, b as f64))
}

fn psi(pairs: &[(u64, u64)]) -> Option<Distance> {
    let (old, new) = totals(pairs)?;
    let term = |(a, b): &(u64, u64)| {
        let (p, q) = ((*a as f64 / old).max(SHARE_MIN), (*b as f64 / new).max(SHARE_MIN));
        (q - p) * (q / p).ln()
    };
    Some(Distance { value: pairs.iter().map(term).sum(), p_value: None })
}

fn ks(pairs: &[(u64, u64)]) -> Option<Distance> {
    let (old, new) = totals(pairs)?;
    let (mut a, mut b, mut largest) = (0, 0, 0.0f64);
    for (more_a, more_b) in pairs {
        (a, b) = (a + more_a, b + more_b);
        largest = largest.max((a as f64 / old - b as f64 / new).abs());
    }
    let n = (old * new / (old + new)).sqrt();
    Some(Distance { value: largest, p_value: Some(kolmogorov((n + 0.12 + 0.11 / n) * largest)) })
}

fn chi_square(pairs: &[(u64, u64)]) -> Option<Distance> {
    let (old, new) = totals(pairs)?;
    let all = old + new;
    let term = |(a, b): &(u64, u64)| {
        let row = (*a + *b) as f64;
        let (e, f) = (row * old / all, row * new / all);
        (*a as f64 - e).powi(2) / e + (*b as f64 - f).powi(2) / f
    };
    let statistic: f64 = pairs.iter().map(term).sum();
    let freedom = pairs.len().saturating_sub(1);
    let p_value = if freedom == 0 { 1.0 } else { upper_gamma(freedom as f64 / 2.0, statistic / 2.0) };
    Some(Distance { value: (statistic / all).sqrt(), p_value: Some(p_value) })
}

/// P(K > x) of Kolmogorov's distribution: 2 Σ (−1)^(k−1) e^(−2k²x²).
fn kolmogorov(x: f64) -> f64 {
    if x < 0.2 {
        return 1.0;
    }
    let term = |k: i32| f64::from(if k % 2 == 0 { -1 } else { 1 }) * (-2.0 * f64::from(k * k) * x * x).exp();
    (2.0 * (1..=100).map(term).sum::<f64>()).clamp(0.0, 1.0)
}

/// Q(a, x), the upper regularised incomplete gamma function: series below a + 1, Lentz's continued fraction above.
fn upper_gamma(a: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    let front = (a * x.ln() - x - libm::lgamma(a)).exp();
    if x < a + 1.0 {
        let (mut term, mut sum, mut n) = (1.0 / a, 1.0 / a, a);
        for _ in 0..STEPS {
            n += 1.0;
            term *= x / n;
            sum += term;
            if term < sum * f64::EPSILON {
                break;
            }
        }
        return (1.0 - front * sum).clamp(0.0, 1.0);
    }
    (front * continued_fraction(a, x)).clamp(0.0, 1.0)
}

/// The continued fraction of Q(a, x), by Lentz's method.
fn continued_fraction(a: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let non_zero = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut denominator = x + 1.0 - a;
    let (mut above, mut below) = (1.0 / TINY, 1.0 / denominator);
    let mut fraction = below;
    for step in 1..STEPS {
        let step = f64::from(step);
        let factor = -step * (step - a);
        denominator += 2.0;
        below = 1.0 / non_zero(factor * below + denominator);
        above = non_zero(denominator + factor / above);
        let change = below * above;
        fraction *= change;
        if (change - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: f64, expected: f64, within: f64) {
        assert!((found - expected).abs() < within, "{found}, not {expected}");
    }

    #[test]
    fn p_values_are_those_of_the_tables() {
        // Chi-square, 5 % points: 3.841 at 1, 5.991 at 2, 18.307 at 10, 124.342 at 100 degrees of freedom.
        for (freedom, point) in [(1.0, 3.841_459), (2.0, 5.991_465), (10.0, 18.307_038), (100.0, 124.342_113)]
        {
            near(upper_gamma(freedom / 2.0, point / 2.0), 0.05, 1e-7);
        }
        // Kolmogorov: 1.3581 at 5 %, 1.6276 at 1 %.
        near(kolmogorov(1.358_1), 0.05, 1e-5);
        near(kolmogorov(1.627_6), 0.01, 1e-5);
    }

    #[test]
    fn distances_are_those_worked_out_by_hand() {
        // (0.5, 0.5) → (0.6, 0.4): 0.1·ln 1.2 + (−0.1)·ln 0.8 = 0.0182322 + 0.0223144.
        near(psi(&[(50, 60), (50, 40)]).unwrap().value, 0.040_546_5, 1e-6);
        // χ² = (5²/55 + 5²/55) + (5²/45 + 5²/45) = 2.020202; V = √(2.020202/200).
        let chi = chi_square(&[(50, 60), (50, 40)]).unwrap();
        near(chi.value, (2.020_202f64 / 200.0).sqrt(), 1e-6);
        near(chi.p_value.unwrap(), 0.155_2, 1e-4);
        // Shares 0.2 0.5 1 and 0.4 0.9 1: the largest distance is 0.4.
        near(ks(&[(2, 4), (3, 5), (5, 1)]).unwrap().value, 0.4, 1e-12);
        assert_eq!(psi(&[(5, 0), (0, 0)]), None);
    }

    #[test]
    fn a_value_that_was_never_there_counts_as_a_ten_thousandth() {
        // (1, 0) → (0.9, 0.1): −0.1·ln 0.9 + (0.1 − 0.0001)·ln 1000.
        near(psi(&[(100, 90), (0, 10)]).unwrap().value, 0.010_536_05 + 0.099_9 * 6.907_755_3, 1e-6);
    }

    #[test]
    fn parts_hold_a_tenth_each_where_the_values_allow_it() {
        let even: Vec<(u64, u64)> = (0..100).map(|_| (1, 2)).collect();
        assert_eq!(parts(&even), vec![(10, 20); 10]);
        assert_eq!(parts(&[(100, 3), (0, 7)]), [(100, 3), (0, 7)]);
    }
}
