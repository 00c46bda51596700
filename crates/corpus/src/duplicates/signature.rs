//! From a text to its signature.

use crate::language::Tongue;
use crate::normal::folded;
use crate::options::NearDuplicates;
use xxhash_rust::xxh3::xxh3_64;

/// Makes signatures; one for all threads.
#[derive(Debug)]
pub struct Signer {
    /// Multiplier and addend of each hash function (multiply-shift, Dietzfelbinger et al. 1997).
    functions: Vec<(u64, u64)>,
    characters: usize,
    words: usize,
}

impl Signer {
    /// The hash functions of these parameters.
    #[must_use]
    pub fn new(options: &NearDuplicates) -> Self {
        let mut state = options.seed;
        let mut next = || {
            // SplitMix64 (Steele et al. 2014).
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        };
        let count = options.bands as usize * options.rows as usize;
        let functions = (0..count).map(|_| (next() | 1, next())).collect();
        Self { functions, characters: options.characters as usize, words: options.words as usize }
    }

    /// The signature of a text. Chinese is cut into runs of characters, other languages into runs of words; a text
    /// shorter than one run is one shingle.
    #[must_use]
    pub fn sign(&self, text: &str, tongue: Tongue) -> Vec<u32> {
        self.sign_folded(&folded(text), tongue)
    }

    /// [`Signer::sign`] of a text that was folded already.
    pub(crate) fn sign_folded(&self, text: &str, tongue: Tongue) -> Vec<u32> {
        let mut least = vec![u32::MAX; self.functions.len()];
        shingles(text, tongue, self.characters, self.words, |shingle| {
            let hash = xxh3_64(shingle.as_bytes());
            for (least, (multiplier, addend)) in least.iter_mut().zip(&self.functions) {
                let value = (hash.wrapping_mul(*multiplier).wrapping_add(*addend) >> 32) as u32;
                *least = (*least).min(value);
            }
        });
        least
    }
}

/// Every shingle of a folded text, in order; a shingle that comes twice is given twice.
pub(crate) fn shingles<'a>(
    text: &'a str,
    tongue: Tongue,
    characters: usize,
    words: usize,
    mut each: impl FnMut(&'a str),
) {
    let (run, starts): (usize, Vec<usize>) = match tongue {
        Tongue::Zh => (characters, text.char_indices().map(|(at, _)| at).collect()),
        Tongue::En | Tongue::Other => {
            let starts = text.char_indices().zip(std::iter::once(' ').chain(text.chars()));
            (
                words,
                starts
                    .filter(|((_, c), before)| *c != ' ' && *before == ' ')
                    .map(|((at, _), _)| at)
                    .collect(),
            )
        }
    };
    if text.is_empty() {
        return;
    }
    if starts.len() <= run {
        each(text);
        return;
    }
    for (at, start) in starts.iter().enumerate().take(starts.len() - run + 1) {
        let end = starts.get(at + run).copied().unwrap_or(text.len());
        each(text.get(*start..end).unwrap_or_default().trim_end());
    }
}

/// Signatures of all documents in one piece of memory.
#[derive(Debug)]
pub struct Signatures {
    width: usize,
    values: Vec<u32>,
}

impl Signatures {
    /// None yet, each of this many values.
    #[must_use]
    pub fn new(options: &NearDuplicates) -> Self {
        Self { width: options.bands as usize * options.rows as usize, values: Vec::new() }
    }

    /// Add the next document's.
    pub fn push(&mut self, signature: &[u32]) {
        debug_assert_eq!(signature.len(), self.width, "one signer makes them all");
        self.values.extend_from_slice(signature);
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len() / self.width.max(1)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    pub(super) fn get(&self, document: u32) -> &[u32] {
        let at = document as usize * self.width;
        self.values.get(at..at + self.width).unwrap_or_default()
    }

    /// Estimated Jaccard similarity of two documents: the share of equal places.
    #[must_use]
    pub fn similarity(&self, one: u32, other: u32) -> f64 {
        let equal = self.get(one).iter().zip(self.get(other)).filter(|(a, b)| a == b).count();
        equal as f64 / self.width.max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str, tongue: Tongue) -> Vec<&str> {
        let mut all = Vec::new();
        shingles(text, tongue, 3, 2, |shingle| all.push(shingle));
        all
    }

    #[test]
    fn chinese_is_cut_into_characters_and_english_into_words() {
        assert_eq!(cut("产业大脑", Tongue::Zh), ["产业大", "业大脑"]);
        assert_eq!(cut("产业", Tongue::Zh), ["产业"]);
        assert_eq!(cut("one two three", Tongue::En), ["one two", "two three"]);
        assert_eq!(cut("one", Tongue::En), ["one"]);
        assert!(cut("", Tongue::En).is_empty());
    }

    #[test]
    fn equal_texts_have_equal_signatures_and_other_texts_others() {
        let options = NearDuplicates::default();
        let signer = Signer::new(&options);
        let mut all = Signatures::new(&options);
        for text in [
            "产业大脑汇集产业链上下游企业的数据",
            "产业大脑，汇集产业链上下游企业的数据！",
            "完全不同的一段文字在这里出现",
        ] {
            all.push(&signer.sign(text, Tongue::Zh));
        }
        assert_eq!(all.len(), 3);
        assert!((all.similarity(0, 1) - 1.0).abs() < f64::EPSILON && all.similarity(0, 2) < 0.05);
    }
}
