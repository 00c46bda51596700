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
const DISCOUNT: (f64, f64) = (0.3, 0.995);
/// Values of an imagined file that stand behind a small one, whose own counts say little.
const BACKGROUND: f64 = 1000.0;
/// Lengths that are told apart: a value of seven characters seen once is rarer than one of two.
const LENGTHS: usize = 8;

/// How values are counted.
pub(super) struct Counting<'a> {
    /// Whether one file is matched with itself.
    pub(super) same: bool,
    /// Whether each value goes by its own frequency or all by the mean.
    pub(super) by_value: bool,
    /// Chance of agreement where nothing is known: what the background has.
    pub(super) usual: f64,
    /// Characters of a value.
    pub(super) length: &'a dyn Fn(u32) -> usize,
}

impl Rarity {
    /// Count both sides.
    ///
    /// The frequency of a value is how often one entity has it, estimated from the others: a value seen once on each
    /// side of a pair was seen in one entity if the pair is true, so the greater of the two counts is taken, less
    /// the absolute discount of Ney, Essen and Kneser (1994) among values as long, which gives values seen once the
    /// small frequency that unseen values share.
    pub(super) fn new(sides: [impl Iterator<Item = u32>; 2], counting: &Counting<'_>) -> Self {
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
                if counting.same && a > 1 { a - 1 } else { a.max(b) }
            })
            .collect();
        Self::from_counts(&entities, counting)
    }

    fn from_counts(entities: &[u32], counting: &Counting<'_>) -> Self {
        let group = |id: usize| (counting.length)(id as u32).min(LENGTHS - 1);
        let (mut once, mut twice, mut total) = ([0.0; LENGTHS], [0.0; LENGTHS], 0.0);
        for (id, count) in entities.iter().enumerate().filter(|(_, count)| **count > 0) {
            total += f64::from(*count);
            match count {
                1 => once[group(id)] += 1.0,
                2 => twice[group(id)] += 1.0,
                _ => {}
            }
        }
        let discount: Vec<f64> = once
            .iter()
            .zip(twice)
            // Two imagined values seen twice: a short list says little about how often values return.
            .map(|(once, twice)| once / (once + 2.0 * twice + 2.0))
            .map(|discount: f64| discount.clamp(DISCOUNT.0, DISCOUNT.1))
            .collect();
        let frequency = |id: usize, count: u32| {
            (f64::from(count) - discount[group(id)] + BACKGROUND * counting.usual) / (total + BACKGROUND)
        };
        let seen = entities.iter().enumerate().filter(|(_, count)| **count > 0);
        let chance: f64 = seen.map(|(id, count)| frequency(id, *count) * f64::from(*count)).sum();
        let chance = if total > 0.0 { (chance / total).clamp(1e-12, 0.999) } else { counting.usual };
        let bits = entities
            .iter()
            .enumerate()
            .map(|(id, count)| match count {
                0 => 0.0,
                count if counting.by_value => -frequency(id, *count).log2() as f32,
                _ => -chance.log2() as f32,
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
        let counting = Counting { same: false, by_value, usual: 0.01, length: &|_| 2 };
        Rarity::new([left.iter().copied(), right.iter().copied()], &counting)
    }

    #[test]
    fn a_rare_value_has_more_bits_and_none_is_beyond_the_file() {
        let found = rarity(&[1, 1, 1, 2, 3, 0], &[1, 1, 2, 4], true);
        assert!(found.bits(2) > found.bits(1));
        assert!((found.bits(2) - found.bits(4)).abs() < 1e-6);
        assert!(found.bits(99).abs() < f32::EPSILON);
        assert!(found.chance() > 0.0 && found.chance() < 1.0);
        let flat = rarity(&[1, 1, 1, 2], &[1, 2], false);
        assert!((flat.bits(1) - flat.bits(2)).abs() < 1e-6);
        assert!(rarity(&[], &[], true).chance() > 0.0);
        // Four values seen once are not a quarter of the world each.
        assert!(rarity(&[1, 2], &[3, 4], true).bits(1) > 6.0);
    }
}
