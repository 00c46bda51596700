//! Term frequencies (词频): agreeing on 恒达 says less than agreeing on 蛟龙.
#![expect(clippy::indexing_slicing, reason = "the table reaches to the greatest number counted")]

use crate::text::vocabulary::MISSING;

/// Rarity of each value of a field.
#[derive(Debug)]
pub(crate) struct Rarity {
    bits: Vec<f32>,
    chance: f64,
}

/// Least and most mass taken from each seen value for the unseen ones.
const DISCOUNT: (f64, f64) = (0.3, 0.95);

impl Rarity {
    /// Count both sides. With `by_value` false every value is as rare as the mean.
    ///
    /// The frequency of a value is how often one entity has it, estimated from the others: a value seen once on each
    /// side of a pair was seen in one entity if the pair is true, so the greater of the two counts is taken, less
    /// the absolute discount of Ney, Essen and Kneser (1994), which gives values seen once the small frequency
    /// that unseen values share.
    pub(crate) fn new(
        sides: [impl Iterator<Item = u32>; 2],
        same: bool,
        by_value: bool,
    ) -> Self {
        let mut counts: [Vec<u32>; 2] = [Vec::new(), Vec::new()];
        for (counts, ids) in counts.iter_mut().zip(sides) {
            for id in ids.filter(|id| *id != MISSING) {
                if counts.len() <= id as usize {
                    counts.resize(id as usize + 1, 0);
                }
                counts[id as usize] += 1;
            }
        }
        let [first, second] = counts;
        let length = first.len().max(second.len());
        let at = |counts: &[u32], id: usize| counts.get(id).copied().unwrap_or(0);
        let entities: Vec<u32> = (0..length)
            .map(|id| {
                let (a, b) = (at(&first, id), at(&second, id));
                // In one file a shared value has two records of what may be one entity.
                if same && a > 1 { a - 1 } else { a.max(b) }
            })
            .collect();
        Self::from_counts(&entities, by_value)
    }

    fn from_counts(entities: &[u32], by_value: bool) -> Self {
        let total: f64 = entities.iter().map(|count| f64::from(*count)).sum();
        let seen = |times: u32| entities.iter().filter(|count| **count == times).count() as f64;
        let (once, twice) = (seen(1), seen(2));
        let discount = if once > 0.0 { once / (once + 2.0 * twice) } else { 0.0 }.clamp(DISCOUNT.0, DISCOUNT.1);
        let frequency = |count: u32| (f64::from(count) - discount) / total;
        let chance: f64 =
            entities.iter().filter(|count| **count > 0).map(|count| frequency(*count) * f64::from(*count) / total).sum();
        let chance = if total > 0.0 { chance.clamp(1e-12, 0.999) } else { 0.5 };
        let bits = entities
            .iter()
            .map(|count| match count {
                0 => 0.0,
                count => -(if by_value { frequency(*count) } else { chance }).log2() as f32,
            })
            .collect();
        Self { bits, chance }
    }

    /// Bits of a value's rarity.
    pub(crate) fn bits(&self, id: u32) -> f32 {
        self.bits.get(id as usize).copied().unwrap_or(0.0)
    }

    /// How often two random records share a value.
    pub(crate) fn chance(&self) -> f64 {
        self.chance
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rarity(left: &[u32], right: &[u32], by_value: bool) -> Rarity {
        Rarity::new([left.iter().copied(), right.iter().copied()], false, by_value)
    }

    #[test]
    fn a_rare_value_has_more_bits_and_none_is_beyond_the_file() {
        let found = rarity(&[1, 1, 1, 2, 3, 0], &[1, 1, 2, 4], true);
        assert!(found.bits(2) > found.bits(1));
        assert!((found.bits(2) - found.bits(4)).abs() < 1e-6);
        assert_eq!(found.bits(99), 0.0);
        assert!(found.chance() > 0.0 && found.chance() < 1.0);
        let flat = rarity(&[1, 1, 1, 2], &[1, 2], false);
        assert!((flat.bits(1) - flat.bits(2)).abs() < 1e-6);
        assert!(rarity(&[], &[], true).chance() > 0.0);
    }
}
