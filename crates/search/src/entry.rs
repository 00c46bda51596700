//! What can be found, and what is known of it.

use brain_kernel::grade::Grade;
use brain_kernel::language::Text;
use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::hash::{DefaultHasher, Hash, Hasher};

/// Longest title or other name that is searched, characters; the rest is kept but not searched.
pub(crate) const NAME_CHARACTERS_MAX: usize = 400;
/// Longest summary that is searched, characters.
pub(crate) const SUMMARY_CHARACTERS_MAX: usize = 4_000;
/// Other names, or other words, of one entry that are searched.
pub(crate) const NAMES_MAX: usize = 64;

/// Kinds of things (对象类型).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// 数据集.
    Dataset,
    /// 字段, a column of a dataset.
    Column,
    /// 标准, a code list or data standard as a whole.
    Standard,
    /// 代码, one code of a list.
    Code,
    /// 能力组件.
    Component,
    /// 业务术语.
    Term,
    /// 企业.
    Firm,
}

impl Kind {
    /// Every kind, in the order a page lists them.
    pub const ALL: [Self; 7] =
        [Self::Dataset, Self::Column, Self::Standard, Self::Code, Self::Component, Self::Term, Self::Firm];

    /// The word used in filters and in the index.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Dataset => "dataset",
            Self::Column => "column",
            Self::Standard => "standard",
            Self::Code => "code",
            Self::Component => "component",
            Self::Term => "term",
            Self::Firm => "firm",
        }
    }
}

/// One thing that can be found. What is skipped below is indexed but not read back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Kind.
    pub kind: Kind,
    /// Name of it that is unique within its kind and opens its page: `subject.enterprise`, a component's id …
    pub id: String,
    /// What people call it.
    pub title: Text,
    /// Short names, technical names, codes; searched like the title.
    pub other_names: Vec<String>,
    /// What it is, in a sentence or more.
    pub summary: Text,
    /// Words that lead to it but are not shown: the dataset of a column, the trade of a firm.
    #[serde(skip)]
    pub words: Vec<String>,
    /// What it is part of: the dataset of a column, the list of a code.
    pub parent: Option<String>,
    /// Zone of a dataset or of a column's dataset.
    pub zone: Option<String>,
    /// Side it comes from or serves.
    pub side: Option<String>,
    /// Grade.
    pub grade: Option<Grade>,
    /// Owner.
    pub owner: Option<String>,
    /// Labels of those who may know of it; with none, nobody finds it.
    #[serde(skip)]
    pub viewers: Vec<String>,
    /// How often it was used lately; counts for the order only.
    #[serde(skip)]
    pub uses: u64,
    /// Day it last changed; counts for the order only.
    pub changed_on: Option<NaiveDate>,
}

impl Entry {
    /// An entry with nothing but what it is called; the caller fills in the rest.
    #[must_use]
    pub fn new(kind: Kind, id: impl Into<String>, title: Text) -> Self {
        Self {
            kind,
            id: id.into(),
            title,
            other_names: Vec::new(),
            summary: Text::new("", ""),
            words: Vec::new(),
            parent: None,
            zone: None,
            side: None,
            grade: None,
            owner: None,
            viewers: Vec::new(),
            uses: 0,
            changed_on: None,
        }
    }

    /// The number that stands for this entry of `source`. Two of a million entries share one with a probability of
    /// 3·10⁻⁸; the later would then take the earlier one's place.
    pub(crate) fn key(&self, source: &str) -> u64 {
        hash_of(&(source, self.kind.as_str(), &self.id))
    }

    /// A number that changes when anything the index keeps of the entry does. Whoever compares it with [`Hit::print`]
    /// knows whether the entry he may see is the one that was found.
    ///
    /// [`Hit::print`]: crate::Hit::print
    #[must_use]
    pub fn print(&self) -> u64 {
        // Strings, numbers and dates: nothing here can fail to become JSON.
        print_of(self, &serde_json::to_string(self).unwrap_or_default())
    }

    /// How popular it is, in steps that each double the uses, so that one more use does not rewrite the entry.
    pub(crate) fn popularity(&self) -> u64 {
        u64::from(self.uses.saturating_add(1).ilog2())
    }
}

/// [`Entry::print`] of an entry whose JSON is at hand.
pub(crate) fn print_of(entry: &Entry, card: &str) -> u64 {
    hash_of(&(card, &entry.viewers, &entry.words, entry.popularity()))
}

/// One number for many entries in their order; equal where all of them are.
#[must_use]
pub fn stamp_of(entries: &[Entry]) -> String {
    let prints: Vec<u64> = entries.iter().map(Entry::print).collect();
    format!("{:016x}", hash_of(&prints))
}

/// A hash that is equal between runs of one build. A build that hashes otherwise finds every entry changed.
pub(crate) fn hash_of(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
