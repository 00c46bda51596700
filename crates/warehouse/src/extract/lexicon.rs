//! The words that can be found: hygiene on the way in, whole-phrase and right-hand look-up on the way out.

use rustc_hash::{FxHashMap, FxHashSet};

use super::industry::Classes;
use super::verb::Verbs;
use super::{LexiconEntry, LexiconReport, Product, segment};

const REGISTRY_TERMS: &str = include_str!("../../lexicon/registry_terms.csv");
const STOP_TERMS: &str = include_str!("../../lexicon/stop_terms.txt");
const MODIFIERS: &str = include_str!("../../lexicon/modifiers.txt");

/// Words in front of a noun that say nothing about the product.
const LEAD_INS: &[&str] = &[
    "其他",
    "其它",
    "各类",
    "各种",
    "各式",
    "自有",
    "自产",
    "国产",
    "一般",
    "以及",
    "国内",
    "相关",
    "上述",
    "主要",
    "所属",
    "新型",
    "高级",
    "中高档",
    "高档",
    "小型",
    "大型",
    "中小型",
    "成套",
    "系列",
    "本企业",
    "本公司",
    "普通",
];
/// Words after a noun that say nothing about the product.
const TAILS: &[&str] =
    &["系列产品", "系列", "产品", "成品", "半成品", "业务", "服务", "项目", "工程", "类", "等", "件"];

struct Entry {
    id: Box<str>,
    name: Box<str>,
    english: Option<Box<str>>,
    code: Option<u16>,
    curated: bool,
    weight: f32,
}

/// How a phrase was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Found {
    pub(super) product: u32,
    /// 1 for the whole phrase, less for its head.
    pub(super) confidence: f32,
    pub(super) exact: bool,
}

/// Names → products.
pub(super) struct Lexicon {
    entries: Vec<Entry>,
    names: FxHashMap<Box<str>, u32>,
    stop: FxHashSet<&'static str>,
    modifiers: FxHashSet<&'static str>,
    refused: usize,
    bytes: usize,
}

impl Lexicon {
    pub(super) fn new<L>(given: L, classes: &Classes, verbs: &Verbs) -> Self
    where
        L: IntoIterator<Item = LexiconEntry>,
    {
        let words = |text: &'static str| {
            text.lines()
                .filter(|line| !line.starts_with('#'))
                .flat_map(str::split_whitespace)
                .collect::<FxHashSet<_>>()
        };
        let mut lexicon = Self {
            entries: Vec::new(),
            names: FxHashMap::default(),
            stop: words(STOP_TERMS),
            modifiers: words(MODIFIERS),
            refused: 0,
            bytes: 0,
        };
        let ours: FxHashSet<String> = registry_terms()
            .map(|(term, _, _)| {
                let mut folded = String::new();
                fold_into(term, &mut folded);
                folded
            })
            .collect();
        for entry in given {
            lexicon.add(entry, None, classes, verbs, &ours);
        }
        for (term, english, code) in registry_terms() {
            let entry = LexiconEntry {
                product_id: term.to_owned(),
                name: term.to_owned(),
                industry_code: (!code.is_empty()).then(|| code.to_owned()),
                weight: 1.0,
                curated: true,
                ..LexiconEntry::default()
            };
            lexicon.add(entry, Some(english), classes, verbs, &ours);
        }
        lexicon.bytes = lexicon.measure();
        lexicon
    }

    fn add(
        &mut self,
        given: LexiconEntry,
        english: Option<&str>,
        classes: &Classes,
        verbs: &Verbs,
        ours: &FxHashSet<String>,
    ) {
        let mut folded = String::new();
        fold_into(&given.name, &mut folded);
        let curated = given.curated || ours.contains(&folded);
        if self.refuses(&folded, curated, verbs) {
            self.refused += 1;
            return;
        }
        let code = given.industry_code.as_deref().and_then(|code| code.parse().ok());
        if let Some(&known) = self.names.get(folded.as_str()) {
            // The graph spoke first; our own row adds the English name and the class.
            if let Some(entry) = self.entries.get_mut(known as usize) {
                entry.english =
                    entry.english.take().or_else(|| english.filter(|text| !text.is_empty()).map(Into::into));
                entry.code = code.or(entry.code);
            }
            return;
        }
        let index = self.entries.len() as u32;
        let code = code.or_else(|| classes.of_phrase(&folded));
        let mut aliases = Vec::new();
        for alias in &given.aliases {
            let mut text = String::new();
            fold_into(alias, &mut text);
            if !self.refuses(&text, curated, verbs) && !self.names.contains_key(text.as_str()) {
                aliases.push(text);
            }
        }
        self.entries.push(Entry {
            id: given.product_id.into(),
            name: given.name.into(),
            english: english.filter(|text| !text.is_empty()).map(Into::into),
            code,
            curated,
            weight: if given.weight > 0.0 { given.weight.min(1.0) } else { 0.9 },
        });
        self.names.insert(folded.into(), index);
        for alias in aliases {
            self.names.insert(alias.into(), index);
        }
    }

    /// Hygiene. Mined lexicons hold characters, verbs, quantities of food and half sentences.
    fn refuses(&self, name: &str, curated: bool, verbs: &Verbs) -> bool {
        let length = name.chars().count();
        if curated || name.is_empty() {
            return name.is_empty();
        }
        if self.stop.contains(name) {
            return true;
        }
        if !(2..=20).contains(&length)
            || name.contains(['、', '及', '，', ',', '；', '：', '。', '或', '(', '《', '等', '各', '其'])
        {
            return true;
        }
        if name.chars().all(|character| character.is_ascii_digit() || character == '.' || character == '%') {
            return true;
        }
        let joined = |word: char| {
            name.split_once(word)
                .is_some_and(|(left, right)| left.chars().count() >= 2 && right.chars().count() >= 2)
        };
        if joined('和') || joined('与') || name.contains("的") {
            return true;
        }
        if name.ends_with("少许")
            || name.ends_with("适量")
            || name.ends_with('克')
            || name.ends_with('两')
            || name.ends_with("业务")
        {
            return true;
        }
        verbs.at_end(name).is_some_and(|verb| {
            (!verb.compounding
                && verb.word.len() > 3
                && verb.acts & (super::verb::MAKE | super::verb::TRADE) != 0)
                || verb.word == name
        }) || verbs.at_start(name).is_some_and(|verb| {
            verb.word.len() > 3
                && matches!(
                    verb.word,
                    "销售"
                        | "批发"
                        | "零售"
                        | "经销"
                        | "办理"
                        | "吸收"
                        | "发放"
                        | "承销"
                        | "代理发行"
                        | "代理兑付"
                        | "代理买卖"
                        | "代理承销"
                        | "从事"
                        | "提供"
                        | "承接"
                        | "承办"
                )
        })
    }

    /// The product with exactly this folded name.
    pub(super) fn exact(&self, name: &str) -> Option<u32> {
        self.names.get(name).copied()
    }

    /// Whether the name is one of the curated ones.
    pub(super) fn is_curated(&self, name: &str) -> bool {
        self.exact(name).and_then(|index| self.entries.get(index as usize)).is_some_and(|entry| entry.curated)
    }

    /// Finds a noun phrase: whole, without empty words around it, else by its longest trusted right-hand part.
    pub(super) fn look_up(&self, phrase: &str) -> Option<Found> {
        if let Some(found) = self.whole(phrase, 1.0) {
            return Some(found);
        }
        let mut core = phrase;
        while let Some(rest) = LEAD_INS.iter().find_map(|word| core.strip_prefix(word)) {
            core = rest;
            if let Some(found) = self.whole(core, 0.97) {
                return Some(found);
            }
        }
        for tail in TAILS {
            if let Some(found) = core.strip_suffix(tail).and_then(|rest| self.whole(rest, 0.92)) {
                return Some(found);
            }
        }
        self.head(core)
    }

    fn whole(&self, phrase: &str, factor: f32) -> Option<Found> {
        let product = self.exact(phrase)?;
        let entry = self.entries.get(product as usize)?;
        Some(Found { product, confidence: entry.weight * factor, exact: true })
    }

    /// The longest right-hand part that is a trusted name: the words before it must make sense as a modifier.
    fn head(&self, phrase: &str) -> Option<Found> {
        let total = phrase.chars().count();
        if total > 40 {
            return None;
        }
        for (rank, (offset, _)) in phrase.char_indices().enumerate().skip(1) {
            let length = total - rank;
            if length < 2 {
                return None;
            }
            let (Some(before), Some(head)) = (phrase.get(..offset), phrase.get(offset..)) else { continue };
            let Some(product) = self.exact(head).filter(|_| !self.stop.contains(head)) else { continue };
            let Some(entry) = self.entries.get(product as usize) else { continue };
            let free = if entry.curated { 3 } else { 4 };
            if length >= free || self.modifies(before) {
                let share = length as f32 / total as f32;
                return Some(Found {
                    product,
                    confidence: entry.weight * (0.45 + 0.35 * share),
                    exact: false,
                });
            }
        }
        None
    }

    fn modifies(&self, word: &str) -> bool {
        self.modifiers.contains(word)
            || self.names.contains_key(word)
            || self.stop.contains(word)
            || LEAD_INS.contains(&word)
            || word.is_ascii()
            || word
                .chars()
                .next_back()
                .is_some_and(|last| matches!(last, '用' | '型' | '式' | '性' | '的' | '类' | '质' | '制'))
    }

    pub(super) fn product(&self, index: u32) -> Option<Product<'_>> {
        self.entries.get(index as usize).map(|entry| Product {
            id: &entry.id,
            name: &entry.name,
            english: entry.english.as_deref(),
            industry_code: entry.code,
        })
    }

    pub(super) fn report(&self) -> LexiconReport {
        LexiconReport {
            products: self.entries.len(),
            names: self.names.len(),
            refused: self.refused,
            memory_bytes: self.bytes,
        }
    }

    fn measure(&self) -> usize {
        let text: usize = self
            .entries
            .iter()
            .map(|e| e.id.len() + e.name.len() + e.english.as_ref().map_or(0, |t| t.len()))
            .sum();
        let keys: usize = self.names.keys().map(|key| key.len()).sum();
        text + keys
            + self.entries.capacity() * size_of::<Entry>()
            + self.names.capacity() * (size_of::<(Box<str>, u32)>() + 1)
    }
}

/// Appends the folded form: half width, upper case, no spaces.
pub(super) fn fold_into(text: &str, out: &mut String) {
    out.extend(text.chars().filter(|character| !character.is_whitespace()).map(segment::fold));
}

/// Our own rows: `(term, english, class)`.
pub(super) fn registry_terms() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    REGISTRY_TERMS.lines().skip(1).filter(|line| !line.starts_with('#')).filter_map(|line| {
        let mut fields = line.split(',').map(str::trim);
        Some((fields.next().filter(|term| !term.is_empty())?, fields.next()?, fields.next().unwrap_or("")))
    })
}
