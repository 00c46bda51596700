//! How values are distributed: counts of neighbouring values, in at most 2048 buckets.
//!
//! A value becomes a whole number in the same order: a day or moment itself, a number the bits of its floating point
//! form. The low bits are dropped, as few as leave room; so buckets are equally wide for days, and equally wide in
//! proportion for numbers. Dropping a bit joins neighbours whatever came before, so the result is the same however the
//! rows were split.

use rustc_hash::FxHashMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Most buckets.
const BUCKETS_MAX: usize = 2048;
/// Bits dropped at first from a number: 11 of its mantissa's 52 stay, a width of 0.05 %.
const SHIFT_OF_NUMBERS: u8 = 41;

/// How values become whole numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "QualityScale")]
#[serde(rename_all = "snake_case")]
pub(crate) enum Scale {
    /// Days or moments.
    Linear,
    /// Numbers.
    Proportional,
}

/// Buckets while counting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Histogram {
    scale: Scale,
    shift: u8,
    counts: FxHashMap<i64, u64>,
}

/// Buckets in order, as kept in a profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "QualityBuckets")]
pub struct Buckets {
    scale: Scale,
    /// Low bits dropped.
    shift: u8,
    /// Bucket and count, ascending.
    counts: Vec<(i64, u64)>,
}

/// A whole number in the order of the numbers; not-a-number must not come here.
fn rank(value: f64) -> i64 {
    // Both zeros are one value.
    let bits = (value + 0.0).to_bits() as i64;
    bits ^ (((bits >> 63) as u64) >> 1) as i64
}

fn unrank(rank: i64) -> f64 {
    f64::from_bits((rank ^ (((rank >> 63) as u64) >> 1) as i64) as u64)
}

impl Histogram {
    pub(crate) fn new(scale: Scale) -> Self {
        let shift = match scale {
            Scale::Linear => 0,
            Scale::Proportional => SHIFT_OF_NUMBERS,
        };
        Self { scale, shift, counts: FxHashMap::default() }
    }

    /// Take a whole value: a day or moment of a linear histogram, a number of a proportional one.
    pub(crate) fn push_whole(&mut self, value: i64) {
        match self.scale {
            Scale::Linear => self.count(value),
            Scale::Proportional => self.count(rank(value as f64)),
        }
    }

    /// Take a number that is one.
    pub(crate) fn push_real(&mut self, value: f64) {
        self.count(rank(value));
    }

    fn count(&mut self, rank: i64) {
        *self.counts.entry(rank >> self.shift).or_default() += 1;
        self.fit();
    }

    fn fit(&mut self) {
        while self.counts.len() > BUCKETS_MAX {
            self.coarsen(1);
        }
    }

    #[expect(clippy::iter_over_hash_type, reason = "sums do not depend on the order")]
    fn coarsen(&mut self, bits: u8) {
        let mut joined = FxHashMap::default();
        for (bucket, count) in self.counts.drain() {
            *joined.entry(bucket >> bits).or_default() += count;
        }
        self.shift += bits;
        self.counts = joined;
    }

    /// Add another part.
    #[expect(clippy::iter_over_hash_type, reason = "sums do not depend on the order")]
    pub(crate) fn merge(&mut self, other: &Self) {
        if self.shift < other.shift {
            self.coarsen(other.shift - self.shift);
        }
        let finer = self.shift - other.shift;
        for (bucket, count) in &other.counts {
            *self.counts.entry(bucket >> finer).or_default() += count;
        }
        self.fit();
    }

    pub(crate) fn finish(&self) -> Buckets {
        let mut counts: Vec<(i64, u64)> =
            self.counts.iter().map(|(bucket, count)| (*bucket, *count)).collect();
        counts.sort_unstable();
        Buckets { scale: self.scale, shift: self.shift, counts }
    }
}

impl Buckets {
    /// Values counted.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.iter().map(|(_, count)| count).sum()
    }

    /// Width of the buckets in proportion to the value; none where they are equally wide.
    #[must_use]
    pub fn relative_width(&self) -> Option<f64> {
        match self.scale {
            Scale::Linear => None,
            Scale::Proportional => Some(2f64.powi(i32::from(self.shift) - 52)),
        }
    }

    /// Width of the buckets in days or microseconds; none where it grows with the value.
    #[must_use]
    pub fn width(&self) -> Option<u64> {
        match self.scale {
            Scale::Linear => 1u64.checked_shl(u32::from(self.shift)),
            Scale::Proportional => None,
        }
    }

    /// The value below which `share` of the values lie, as the middle of its bucket.
    #[must_use]
    pub fn quantile(&self, share: f64) -> Option<f64> {
        let total = self.total();
        let wanted = ((share.clamp(0.0, 1.0) * total as f64).ceil() as u64).max(1);
        let mut seen = 0;
        let (bucket, _) = self.counts.iter().find(|(_, count)| {
            seen += count;
            seen >= wanted
        })?;
        let low = bucket << self.shift;
        let high = low + ((1i64 << self.shift) - 1);
        Some(match self.scale {
            Scale::Linear => low as f64 / 2.0 + high as f64 / 2.0,
            Scale::Proportional => unrank(low) / 2.0 + unrank(high) / 2.0,
        })
    }

    /// The same with neighbours joined until there are at most `most` buckets, so that none tells of a single value.
    #[must_use]
    pub fn coarsened(&self, most: usize) -> Self {
        let mut coarse = self.clone();
        while coarse.counts.len() > most.max(1) && coarse.shift < 63 {
            let mut joined: Vec<(i64, u64)> = Vec::new();
            for (bucket, count) in coarse.counts {
                match joined.last_mut() {
                    Some((last, sum)) if *last == bucket >> 1 => *sum += count,
                    _ => joined.push((bucket >> 1, count)),
                }
            }
            coarse = Self { scale: self.scale, shift: coarse.shift + 1, counts: joined };
        }
        coarse
    }

    /// Counts of both over the buckets of the coarser one, in order; none where they are of different scales.
    pub(crate) fn beside(&self, other: &Self) -> Option<Vec<(u64, u64)>> {
        if self.scale != other.scale {
            return None;
        }
        let shift = self.shift.max(other.shift);
        let mut joined: std::collections::BTreeMap<i64, (u64, u64)> = std::collections::BTreeMap::new();
        for (bucket, count) in &self.counts {
            joined.entry(bucket >> (shift - self.shift)).or_default().0 += count;
        }
        for (bucket, count) in &other.counts {
            joined.entry(bucket >> (shift - other.shift)).or_default().1 += count;
        }
        Some(joined.into_values().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(values: &[f64]) -> Histogram {
        let mut histogram = Histogram::new(Scale::Proportional);
        values.iter().for_each(|value| histogram.push_real(*value));
        histogram
    }

    #[test]
    fn numbers_keep_their_order_and_come_back() {
        let values = [f64::MIN, -1e10, -2.5, -1e-300, 0.0, 1e-300, 2.5, 1e10, f64::MAX];
        assert!(values.windows(2).all(|pair| rank(pair[0]) < rank(pair[1])));
        for value in values {
            assert_eq!(unrank(rank(value)).to_bits(), value.to_bits());
        }
        assert_eq!(rank(-0.0), rank(0.0));
    }

    #[test]
    fn coarse_buckets_hold_the_same_values_and_are_few() {
        let values: Vec<f64> = (-500..500).map(f64::from).collect();
        let fine = of(&values).finish();
        let coarse = fine.coarsened(32);
        assert!(coarse.counts.len() <= 32 && coarse.counts.len() > 4, "{}", coarse.counts.len());
        assert_eq!(coarse.total(), 1000);
        // Side by side with the fine ones nothing moved.
        assert!(fine.beside(&coarse).unwrap().iter().all(|(a, b)| a == b));
    }

    #[test]
    fn quantiles_of_one_to_a_thousand_are_within_a_bucket() {
        let values: Vec<f64> = (1..=1000).map(f64::from).collect();
        let buckets = of(&values).finish();
        for share in [0.01, 0.25, 0.5, 0.75, 0.99] {
            let found = buckets.quantile(share).unwrap();
            let expected = 1000.0 * share;
            let width = buckets.relative_width().unwrap();
            assert!((found - expected).abs() <= expected * width + 1e-9, "{share}: {found}");
        }
        let mut days = Histogram::new(Scale::Linear);
        (0..22_000).for_each(|day| days.push_whole(day));
        assert_eq!(days.finish().width(), Some(16));
        assert!((days.finish().quantile(0.5).unwrap() - 10_999.0).abs() <= 16.0);
        assert_eq!(Histogram::new(Scale::Linear).finish().quantile(0.5), None);
    }

    proptest! {
        #[test]
        fn the_order_of_merging_does_not_matter(
            values in proptest::collection::vec(-1e9f64..1e9, 0..6000),
            cut in 0.0f64..1.0,
        ) {
            let whole = of(&values);
            let (left, right) = values.split_at((values.len() as f64 * cut) as usize);
            let (mut one, mut other) = (of(left), of(right));
            one.merge(&of(right));
            other.merge(&of(left));
            prop_assert_eq!(one.finish(), whole.finish());
            prop_assert_eq!(other.finish(), whole.finish());
            prop_assert!(whole.counts.len() <= BUCKETS_MAX);
        }
    }
}
