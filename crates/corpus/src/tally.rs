//! What was counted on the way.

use crate::extract::Refused;
use crate::process::Document;
use crate::quality::Rule;
use crate::split::Split;
use crate::tokens::Tokens;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Counts of every step; in the manifest and in the report.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Tally {
    /// Files found.
    pub files: u64,
    /// Bytes of the files that were read.
    pub bytes: u64,
    /// Documents: files, and lines of JSON Lines.
    pub documents: u64,
    /// Documents that gave no text, by reason.
    pub refused: BTreeMap<String, u64>,
    /// Documents that broke a rule, by the first they broke.
    pub rejected: BTreeMap<String, u64>,
    /// Documents equal to an earlier one.
    pub exact_duplicates: u64,
    /// Documents nearly equal to an earlier one.
    pub near_duplicates: u64,
    /// Pairs whose signatures were compared.
    pub compared: u64,
    /// Documents that stay but are similar to an earlier one, and so in its split.
    pub relatives: u64,
    /// Personal identifiers replaced, by kind, in the documents before duplicates were removed.
    pub personal: BTreeMap<String, u64>,
    /// Pages read by character recognition.
    pub recognised_pages: u64,
    /// Documents that stay, by language.
    pub languages: BTreeMap<String, u64>,
    /// Documents that stay, by format.
    pub formats: BTreeMap<String, u64>,
    /// What each split holds.
    pub splits: BTreeMap<Split, Size>,
    /// Characters of documents that stay: least, a tenth, half, nine tenths, greatest.
    pub lengths: [u64; 5],
    /// Tokens of documents that stay.
    #[serde(default)]
    pub tokens: Tokens,
}

/// What a split holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Size {
    /// Documents.
    pub documents: u64,
    /// Passages.
    pub passages: u64,
    /// Characters of the documents.
    pub characters: u64,
    /// Words of the documents.
    pub words: u64,
}

impl Tally {
    pub(crate) fn refuse(&mut self, refused: &Refused) {
        *self.refused.entry(refused.code().to_owned()).or_default() += 1;
    }

    pub(crate) fn reject(&mut self, rule: Rule) {
        *self.rejected.entry(rule.name().to_owned()).or_default() += 1;
    }

    pub(crate) fn keep(&mut self, document: &Document, split: Split, passages: u64) {
        *self.languages.entry(document.language.code().to_owned()).or_default() += 1;
        *self.formats.entry(document.format.name().to_owned()).or_default() += 1;
        let size = self.splits.entry(split).or_default();
        size.documents += 1;
        size.passages += passages;
        size.characters += document.characters;
        size.words += document.words;
    }

    /// Quantiles of lengths that are all there is.
    pub(crate) fn measure(&mut self, lengths: Vec<u64>) {
        self.lengths = quantiles(lengths);
    }

    /// All splits together.
    #[must_use]
    pub fn whole(&self) -> Size {
        self.splits.values().fold(Size::default(), |all, size| Size {
            documents: all.documents + size.documents,
            passages: all.passages + size.passages,
            characters: all.characters + size.characters,
            words: all.words + size.words,
        })
    }

    /// Whether every document is accounted for.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        let refused: u64 = self.refused.values().sum();
        let rejected: u64 = self.rejected.values().sum();
        let gone = refused + rejected + self.exact_duplicates + self.near_duplicates;
        self.documents == gone + self.whole().documents
    }

    /// The most frequent reasons for which documents did not stay.
    pub(crate) fn reasons(&self) -> String {
        let mut all: Vec<(&String, &u64)> = self.refused.iter().chain(&self.rejected).collect();
        all.sort_by_key(|(name, count)| (std::cmp::Reverse(**count), name.as_str()));
        all.iter().take(5).map(|(name, count)| format!("{name} {count}")).collect::<Vec<_>>().join(", ")
    }
}

/// Least, a tenth, half, nine tenths, greatest; zeros of nothing.
pub(crate) fn quantiles(mut values: Vec<u64>) -> [u64; 5] {
    values.sort_unstable();
    let last = values.len().saturating_sub(1);
    let at = |tenths: usize| values.get(last * tenths / 10).copied().unwrap_or_default();
    [at(0), at(1), at(5), at(9), at(10)]
}
