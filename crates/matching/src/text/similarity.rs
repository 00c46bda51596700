//! How alike two texts are. Symmetric, 1 for equal texts, 0 for nothing in common.
#![expect(clippy::indexing_slicing, reason = "places are below the lengths the loops run to")]

use rapidfuzz::distance::osa;

/// Longest text the bit sets of [`jaro_winkler`] hold; what is longer is compared by its beginning.
const WORD: usize = 64;
/// Winkler's weight of each common leading character, and how many count.
const PREFIX_WEIGHT: f64 = 0.1;
const PREFIX_MAX: usize = 4;
/// Below this the prefix does not count (Winkler 1990).
const BOOST_FROM: f64 = 0.7;

/// Jaro–Winkler similarity (Jaro 1989, Winkler 1990), 0 … 1.
///
/// Our own, because names are short: rapidfuzz 0.5 builds a table for each call and is three to seven times slower
/// unless one text is compared with dozens (decision 0100); strsim 0.11 is the oracle in the tests.
#[must_use]
pub fn jaro_winkler(a: &[char], b: &[char]) -> f64 {
    let (a, b) = (&a[..a.len().min(WORD)], &b[..b.len().min(WORD)]);
    if a.is_empty() || b.is_empty() {
        return if a.len() == b.len() { 1.0 } else { 0.0 };
    }
    let reach = (a.len().max(b.len()) / 2).saturating_sub(1);
    let (mut in_a, mut in_b) = (0_u64, 0_u64);
    for (place, c) in a.iter().enumerate() {
        let end = (place + reach + 1).min(b.len());
        let start = place.saturating_sub(reach);
        for (at, other) in b.iter().enumerate().take(end).skip(start) {
            if other == c && in_b >> at & 1 == 0 {
                in_b |= 1 << at;
                in_a |= 1 << place;
                break;
            }
        }
    }
    let common = in_a.count_ones();
    if common == 0 {
        return 0.0;
    }
    let (mut rest_a, mut rest_b, mut moved) = (in_a, in_b, 0_u32);
    while rest_a != 0 {
        moved += u32::from(a[rest_a.trailing_zeros() as usize] != b[rest_b.trailing_zeros() as usize]);
        rest_a &= rest_a - 1;
        rest_b &= rest_b - 1;
    }
    let m = f64::from(common);
    let jaro = (m / a.len() as f64 + m / b.len() as f64 + (m - f64::from(moved / 2)) / m) / 3.0;
    if jaro <= BOOST_FROM {
        return jaro;
    }
    let prefix = a.iter().zip(b).take(PREFIX_MAX).take_while(|(x, y)| x == y).count();
    jaro + PREFIX_WEIGHT * prefix as f64 * (1.0 - jaro)
}

/// Insertions, deletions, substitutions and swaps of neighbours between two texts (optimal string alignment,
/// bit-parallel after Hyyrö 2003).
#[must_use]
pub fn edits(a: &[char], b: &[char]) -> usize {
    osa::distance(a.iter().copied(), b.iter().copied())
}

/// Sørensen–Dice coefficient of the bigrams of two texts, as multisets; of the characters where one has a single one.
#[must_use]
pub fn dice(a: &[char], b: &[char]) -> f64 {
    if a == b {
        return 1.0;
    }
    let size = if a.len() < 2 || b.len() < 2 { 1 } else { 2 };
    if a.len() < size || b.len() < size {
        return 0.0;
    }
    let mut grams: Vec<&[char]> = b.windows(size).collect();
    let total = a.len() + 2 - 2 * size + b.len();
    let mut common = 0;
    for gram in a.windows(size) {
        if let Some(at) = grams.iter().position(|other| *other == gram) {
            grams.swap_remove(at);
            common += 1;
        }
    }
    2.0 * f64::from(common) / total as f64
}

/// Whether the characters of `short` stand in `long` in their order, other characters between them or not: how
/// Chinese names are abbreviated (`青松建化` of `青松建材化工`).
#[must_use]
pub fn is_subsequence(short: &[char], long: &[char]) -> bool {
    let mut rest = long.iter();
    short.iter().all(|c| rest.any(|other| other == c))
}

/// Whether `short` stands in `long` in one piece.
#[must_use]
pub fn contains(long: &[char], short: &[char]) -> bool {
    !short.is_empty() && long.windows(short.len()).any(|part| part == short)
}

/// Which characters a text has, each hashed to one of 64 bits: two texts share at most as many characters as the
/// first has minus those whose bit the second lacks.
#[must_use]
pub fn signature(text: &[char]) -> u64 {
    text.iter().fold(0, |bits, c| bits | 1 << (u32::from(*c).wrapping_mul(0x9E37_79B1) >> 26))
}

/// An upper bound of Jaro–Winkler from lengths and signatures, to leave hopeless pairs before comparing them.
#[must_use]
pub fn jaro_winkler_bound(a: (usize, u64), b: (usize, u64)) -> f64 {
    let (short, long) = (a.0.min(b.0).min(WORD), a.0.max(b.0).min(WORD));
    if short == 0 {
        return if long == 0 { 1.0 } else { 0.0 };
    }
    let only = |x: u64, y: u64| (x & !y).count_ones() as usize;
    // Texts beyond 64 characters are cut before comparing, their signatures are not: no bound but the trivial one.
    if a.0.max(b.0) > WORD {
        return 1.0;
    }
    let common = a.0.saturating_sub(only(a.1, b.1)).min(b.0.saturating_sub(only(b.1, a.1))) as f64;
    if common == 0.0 {
        return 0.0;
    }
    let jaro = (common / short as f64 + common / long as f64 + 1.0) / 3.0;
    if jaro <= BOOST_FROM { jaro } else { jaro + PREFIX_WEIGHT * PREFIX_MAX as f64 * (1.0 - jaro) }
}

/// A lower bound of [`edits`] from lengths and signatures.
#[must_use]
pub fn edits_bound(a: (usize, u64), b: (usize, u64)) -> usize {
    let only = |x: u64, y: u64| (x & !y).count_ones() as usize;
    only(a.1, b.1).max(only(b.1, a.1)).max(a.0.abs_diff(b.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn chars(text: &str) -> Vec<char> {
        text.chars().collect()
    }

    #[test]
    fn abbreviations_keep_the_order_of_characters() {
        assert!(is_subsequence(&chars("青松建化"), &chars("青松建材化工")));
        assert!(!is_subsequence(&chars("化建"), &chars("建材化工")));
        assert!(contains(&chars("青岛海尔智家"), &chars("海尔")));
        assert!(!contains(&chars("海尔"), &chars("青岛海尔")) && !contains(&chars("海尔"), &[]));
        assert!((dice(&chars("night"), &chars("nacht")) - 0.25).abs() < 1e-12);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn jaro_winkler_equals_the_library(a in "[ab恒达c]{0,9}", b in "[ab恒达c]{0,9}") {
            let ours = jaro_winkler(&chars(&a), &chars(&b));
            prop_assert!((ours - strsim::jaro_winkler(&a, &b)).abs() < 1e-12, "{} {}", ours, strsim::jaro_winkler(&a, &b));
        }

        #[test]
        fn every_measure_is_symmetric_and_one_for_equals(a in "[a-c恒达]{0,70}", b in "[a-c恒达]{0,70}") {
            let (x, y) = (chars(&a), chars(&b));
            prop_assert!((dice(&x, &y) - dice(&y, &x)).abs() < 1e-12);
            prop_assert_eq!(edits(&x, &y), edits(&y, &x));
            prop_assert_eq!(edits(&x, &y), strsim::osa_distance(&a, &b));
            prop_assert!((dice(&x, &x) - 1.0).abs() < f64::EPSILON);
            prop_assert!((jaro_winkler(&x, &x) - 1.0).abs() < 1e-12);
            prop_assert!((0.0..=1.0).contains(&dice(&x, &y)));
        }

        #[test]
        fn jaro_winkler_is_nearly_symmetric(a in "[a-c恒达]{0,9}", b in "[a-c恒达]{0,9}") {
            // Greedy assignment may differ by direction in the count of transpositions; that is Jaro's definition.
            let (x, y) = (chars(&a), chars(&b));
            prop_assert!((jaro_winkler(&x, &y) - jaro_winkler(&y, &x)).abs() < 0.2);
        }

        #[test]
        fn bounds_are_bounds(a in "[a-h恒达]{0,70}", b in "[a-h恒达]{0,70}") {
            let (x, y) = (chars(&a), chars(&b));
            let (p, q) = ((x.len(), signature(&x)), (y.len(), signature(&y)));
            prop_assert!(jaro_winkler_bound(p, q) + 1e-12 >= jaro_winkler(&x, &y));
            prop_assert!(edits_bound(p, q) <= edits(&x, &y));
        }
    }
}
