//! Statistics of tokens (词元统计): what the dictionary cuts Chinese into, and runs of letters and digits elsewhere.

use crate::words::words;
use rustc_hash::FxHashMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

/// Different tokens that are told apart at most; each takes about 20 bytes.
const DISTINCT_MAX: usize = 20_000_000;

/// What the documents of a version are made of.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "CorpusTokens")]
pub struct Tokens {
    /// What cut them.
    pub tokenizer: String,
    /// Tokens of all documents.
    pub tokens: u64,
    /// Different tokens.
    pub distinct: u64,
    /// Tokens that occur once.
    pub once: u64,
    /// Whether there were more different tokens than are told apart, so that `distinct` and `once` are bounds from below.
    pub bounded: bool,
    /// Bytes of all documents, UTF-8.
    pub bytes: u64,
    /// Tokens of a document: least, a tenth, half, nine tenths, greatest.
    pub lengths: [u64; 5],
}

/// The tokens of one text, each as a number.
pub(crate) fn tokens(text: &str) -> Vec<u64> {
    words(text).into_iter().map(|word| xxh3_64(word.as_bytes())).collect()
}

/// Counts tokens over documents.
#[derive(Default)]
pub(crate) struct Vocabulary {
    /// By token whether it occurred again.
    seen: FxHashMap<u64, bool>,
    bounded: bool,
    tokens: u64,
    bytes: u64,
    lengths: Vec<u64>,
}

impl Vocabulary {
    pub(crate) fn add(&mut self, text: &str, tokens: &[u64]) {
        self.tokens += tokens.len() as u64;
        self.bytes += text.len() as u64;
        self.lengths.push(tokens.len() as u64);
        for token in tokens {
            if let Some(again) = self.seen.get_mut(token) {
                *again = true;
            } else if self.seen.len() < DISTINCT_MAX {
                self.seen.insert(*token, false);
            } else {
                self.bounded = true;
            }
        }
    }

    pub(crate) fn told(self) -> Tokens {
        Tokens {
            tokenizer: "jieba dictionary, letters and digits".to_owned(),
            tokens: self.tokens,
            distinct: self.seen.len() as u64,
            once: self.seen.values().filter(|again| !**again).count() as u64,
            bounded: self.bounded,
            bytes: self.bytes,
            lengths: crate::tally::quantiles(self.lengths),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_counted_with_how_many_are_different_and_how_many_occur_once() {
        let mut vocabulary = Vocabulary::default();
        for text in ["企业登记，企业登记。", "the brain"] {
            vocabulary.add(text, &tokens(text));
        }
        let told = vocabulary.told();
        assert_eq!((told.tokens, told.distinct, told.once, told.bounded), (6, 4, 2, false));
        assert_eq!((told.bytes, told.lengths), (30 + 9, [2, 2, 2, 2, 4]));
    }
}
