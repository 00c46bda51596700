//! Near duplicates found by bands, held against similarity computed in full.

use crate::files::{Dice, chinese};
use brain_corpus::duplicates::{Signatures, Signer, cluster};
use brain_corpus::{NearDuplicates, Tongue};
use brain_kernel::progress::{Cancel, Progress};
use proptest::prelude::*;
use std::collections::HashSet;

/// Runs of five letters and digits, as the definition has it; a character has 21 bits, so a run is one number.
fn shingles(text: &str) -> HashSet<u128> {
    let letters: Vec<char> = text.chars().filter(|c| c.is_alphanumeric()).collect();
    letters.windows(5).map(|run| run.iter().fold(0, |all, c| all << 21 | u128::from(u32::from(*c)))).collect()
}

fn jaccard(one: &HashSet<u128>, other: &HashSet<u128>) -> f64 {
    let shared = one.intersection(other).count();
    shared as f64 / (one.len() + other.len() - shared) as f64
}

/// Texts, each with copies in which more and more sentences are other ones.
fn texts(seed: u64, families: usize) -> Vec<String> {
    let mut dice = Dice(seed);
    let mut all = Vec::new();
    for _ in 0..families {
        let text = chinese(&mut dice, 40);
        let sentences: Vec<&str> = text.split_inclusive('。').collect();
        all.push(text.clone());
        for changes in [1, 2, 4, 12] {
            let other = chinese(&mut dice, changes);
            let mut revised = sentences.clone();
            for (at, sentence) in other.split_inclusive('。').take(changes).enumerate() {
                revised[(at * 7) % 40] = sentence;
            }
            all.push(revised.concat());
        }
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    /// Pairs clearly above the threshold are found, but for one in a hundred; pairs clearly below are never joined
    /// directly. The margin is three standard deviations of an estimate from 120 places.
    #[test]
    fn bands_find_what_brute_force_finds(seed in any::<u64>()) {
        let texts = texts(seed, 12);
        let options = NearDuplicates::default();
        let signer = Signer::new(&options);
        let mut signatures = Signatures::new(&options);
        for text in &texts {
            signatures.push(&signer.sign(text, Tongue::Zh));
        }
        let found = cluster(&signatures, &options, &Progress::new(), &Cancel::new()).unwrap();
        let sets: Vec<HashSet<u128>> = texts.iter().map(|text| shingles(text)).collect();
        let (mut above, mut joined) = (0, 0);
        for one in 0..texts.len() {
            for other in one + 1..texts.len() {
                let true_similarity = jaccard(&sets[one], &sets[other]);
                let estimate = signatures.similarity(one as u32, other as u32);
                prop_assert!((true_similarity - estimate).abs() < 0.25, "{true_similarity} {estimate}");
                let together = found.duplicate_of[one] == found.duplicate_of[other];
                if true_similarity >= 0.91 {
                    above += 1;
                    joined += usize::from(together);
                }
                if true_similarity < 0.3 {
                    prop_assert!(!together, "{} and {} are {}", one, other, true_similarity);
                }
            }
        }
        prop_assert!(above >= 12, "{above} pairs above");
        prop_assert!(joined * 100 >= above * 99, "{joined} of {above}");
        // Families hold clusters.
        for (document, root) in found.duplicate_of.iter().enumerate() {
            prop_assert_eq!(found.family_of[document], found.family_of[*root as usize]);
        }
    }
}
