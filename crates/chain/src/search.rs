//! Find products, firms and chains by name, other name or pinyin while the user types.
//!
//! Exact before prefix before substring. Exact and prefix come from sorted numbers (four bytes per entry, no second
//! copy of the text), substrings from one pass over the graph's own text buffers.

use crate::graph::{ChainGraph, FirmId, ProductId, Strings};
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use serde::Serialize;
use std::sync::Arc;

/// Matches looked at per column and kind of match; what a screen can show is far fewer.
const CANDIDATES_MAX: usize = 512;
/// Query length, in characters, beyond which the rest is ignored.
const QUERY_CHARS_MAX: usize = 64;
/// Pinyin substrings shorter than this match almost anything.
const PINYIN_SUBSTRING_MIN: usize = 4;

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Found {
    /// A chain, by its place in [`ChainGraph::chains`].
    Chain(u32),
    /// A product.
    Product(ProductId),
    /// A firm.
    Firm(FirmId),
}

/// How it matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Matched {
    /// Name.
    Name,
    /// Alias, short name, stock code or English name.
    Alias,
    /// Full pinyin.
    Pinyin,
    /// Pinyin initials.
    Initials,
}

/// One hit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    /// What.
    pub found: Found,
    /// 0 … 1; exact name = 1.
    pub score: f64,
    /// Which text matched.
    pub matched: Matched,
}

/// Texts of one kind, with the order of their numbers by text.
struct Column {
    texts: Texts,
    sorted: Vec<u32>,
    matched: Matched,
}

enum Texts {
    ProductNames,
    ProductPinyin,
    ProductInitials,
    FirmNames,
    FirmInitials,
    /// Aliases, split, each with its owner.
    Own {
        strings: Strings,
        owner: Vec<Found>,
    },
}

impl Texts {
    fn strings<'a>(&'a self, graph: &'a ChainGraph) -> &'a Strings {
        match self {
            Self::ProductNames => graph.products.names(),
            Self::ProductPinyin => graph.products.pinyin_texts(),
            Self::ProductInitials => graph.products.initials_texts(),
            Self::FirmNames => graph.firms.names(),
            Self::FirmInitials => graph.firms.initials_texts(),
            Self::Own { strings, .. } => strings,
        }
    }

    fn owner(&self, entry: u32) -> Option<Found> {
        match self {
            Self::ProductNames | Self::ProductPinyin | Self::ProductInitials => {
                Some(Found::Product(ProductId(entry)))
            }
            Self::FirmNames | Self::FirmInitials => Some(Found::Firm(FirmId(entry))),
            Self::Own { owner, .. } => owner.get(entry as usize).copied(),
        }
    }
}

/// The index of one graph.
pub struct SearchIndex {
    graph: Arc<ChainGraph>,
    columns: Vec<Column>,
}

impl SearchIndex {
    /// Sort the graph's texts; parallel, about a second per million firms.
    #[must_use]
    pub fn new(graph: Arc<ChainGraph>) -> Self {
        let (mut aliases, mut owner) = (Strings::default(), Vec::new());
        for product in graph.product_ids() {
            let english = graph.products().name_en(product).to_lowercase();
            for alias in graph.products().aliases(product).chain(std::iter::once(english.as_str())) {
                if !alias.is_empty() {
                    aliases.push(alias);
                    owner.push(Found::Product(product));
                }
            }
        }
        for firm in graph.firm_ids() {
            for alias in graph.firms().aliases(firm) {
                aliases.push(alias);
                owner.push(Found::Firm(firm));
            }
        }
        for (at, chain) in graph.chains().iter().enumerate() {
            for name in [chain.name.as_str(), &chain.name_en.to_lowercase(), &chain.id] {
                aliases.push(name);
                owner.push(Found::Chain(at as u32));
            }
        }
        let kinds = [
            (Texts::ProductNames, Matched::Name),
            (Texts::FirmNames, Matched::Name),
            (Texts::Own { strings: aliases, owner }, Matched::Alias),
            (Texts::ProductPinyin, Matched::Pinyin),
            (Texts::ProductInitials, Matched::Initials),
            (Texts::FirmInitials, Matched::Initials),
        ];
        let columns = kinds
            .into_iter()
            .map(|(texts, matched)| {
                let strings = texts.strings(&graph);
                let mut sorted: Vec<u32> =
                    (0..strings.len() as u32).filter(|&entry| !strings.get(entry).is_empty()).collect();
                sorted.par_sort_unstable_by(|&a, &b| strings.get(a).cmp(strings.get(b)).then(a.cmp(&b)));
                Column { texts, sorted, matched }
            })
            .collect();
        Self { graph, columns }
    }

    /// The graph this index belongs to.
    #[must_use]
    pub fn graph(&self) -> &Arc<ChainGraph> {
        &self.graph
    }

    /// Bytes the index holds besides the graph.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.columns
            .iter()
            .map(|column| {
                let own = match &column.texts {
                    Texts::Own { strings, owner } => {
                        strings.memory_bytes() + owner.capacity() * size_of::<Found>()
                    }
                    _ => 0,
                };
                own + column.sorted.capacity() * 4
            })
            .sum()
    }

    /// The best `limit` hits for what the user typed: Chinese, an alias, English, full pinyin or initials. An empty
    /// query finds nothing.
    #[must_use]
    pub fn search(&self, query: &str, limit: usize) -> Vec<Hit> {
        let typed: String = query.trim().chars().take(QUERY_CHARS_MAX).collect();
        if typed.is_empty() {
            return Vec::new();
        }
        let mut spellings = vec![typed.clone(), typed.to_lowercase(), typed.to_uppercase()];
        let joined: String =
            typed.to_lowercase().chars().filter(|c| !c.is_whitespace() && *c != '\'').collect();
        spellings.push(joined);
        spellings.sort();
        spellings.dedup();
        let mut found: Vec<Hit> =
            self.columns.iter().flat_map(|column| self.begins_with(column, &spellings)).collect();
        // A substring never ranks before a prefix, so the long pass is for queries that need it.
        if found.len() < limit {
            found.extend(self.columns.iter().flat_map(|column| self.contains(column, &spellings)));
        }
        let mut best: FxHashMap<Found, Hit> = FxHashMap::default();
        for hit in found {
            best.entry(hit.found)
                .and_modify(|held| {
                    if hit.score > held.score {
                        *held = hit;
                    }
                })
                .or_insert(hit);
        }
        let mut hits: Vec<Hit> = best.into_values().collect();
        hits.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.found.cmp(&b.found)));
        hits.truncate(limit);
        hits
    }

    fn begins_with(&self, column: &Column, spellings: &[String]) -> Vec<Hit> {
        let strings = column.texts.strings(&self.graph);
        let mut hits = Vec::new();
        for spelling in spellings.iter().filter(|spelling| column.may_hold(spelling)) {
            let start = column.sorted.partition_point(|&entry| strings.get(entry) < spelling.as_str());
            let tail = column.sorted.get(start..).unwrap_or(&[]);
            let entries = tail.iter().take_while(|&&entry| strings.get(entry).starts_with(spelling.as_str()));
            hits.extend(entries.take(CANDIDATES_MAX).filter_map(|&entry| self.hit(column, entry, spelling)));
        }
        hits
    }

    fn contains(&self, column: &Column, spellings: &[String]) -> Vec<Hit> {
        let strings = column.texts.strings(&self.graph);
        let mut hits = Vec::new();
        for spelling in spellings.iter().filter(|spelling| column.may_hold(spelling)) {
            let worth = match column.matched {
                Matched::Name | Matched::Alias => true,
                Matched::Pinyin => spelling.len() >= PINYIN_SUBSTRING_MIN,
                Matched::Initials => false,
            };
            if worth {
                let entries = strings.containing(spelling, CANDIDATES_MAX);
                hits.extend(entries.into_iter().filter_map(|entry| self.hit(column, entry, spelling)));
            }
        }
        hits
    }

    fn hit(&self, column: &Column, entry: u32, spelling: &str) -> Option<Hit> {
        let score = score(column.texts.strings(&self.graph).get(entry), spelling, column.matched);
        Some(Hit { found: column.texts.owner(entry)?, score, matched: column.matched })
    }
}

impl Column {
    /// Pinyin columns hold letters only.
    fn may_hold(&self, spelling: &str) -> bool {
        !matches!(self.matched, Matched::Pinyin | Matched::Initials) || spelling.is_ascii()
    }
}

/// Exact 1, prefix from 0.7, substring from 0.4, each plus up to 0.2 for how much of the text was typed; less for
/// other texts than the name.
fn score(text: &str, typed: &str, matched: Matched) -> f64 {
    let covered = typed.len() as f64 / text.len().max(1) as f64;
    let base = if text == typed {
        1.0
    } else if text.starts_with(typed) {
        0.7 + 0.2 * covered
    } else {
        0.4 + 0.2 * covered
    };
    let discount = match matched {
        Matched::Name => 0.0,
        Matched::Alias => 0.02,
        Matched::Pinyin => 0.05,
        Matched::Initials => 0.08,
    };
    base - discount
}
