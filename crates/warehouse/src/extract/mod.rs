//! Business scope → products and a GB/T 4754 class: what a firm registered to do, read from one line of text.
//!
//! A scope is cut into clauses and items ([`segment`]), verbs are separated from nouns ([`verb`]), boilerplate and
//! exclusions are dropped, shared heads are restored ([`coordinate`]) and each noun phrase is looked up whole or by
//! its longest right-hand part ([`lexicon`]): in Chinese the head is last, so `石油机械配件` is a kind of `机械配件`.
//! Everything is table look-ups on one pass over the text; no regular expression runs per row.
//!
//! The lexicon is the union of the products handed to [`Extractor::new`] and our own `lexicon/registry_terms.csv`,
//! so extraction works before any chain graph is loaded.

mod coordinate;
mod industry;
mod lexicon;
mod roles;
mod segment;
mod verb;

use std::sync::Arc;

use industry::Classes;
pub use industry::IndustryHit;
use lexicon::Lexicon;
use segment::Markers;

/// Why an [`Extractor`] cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum ExtractError {
    /// The boilerplate automaton rejected its patterns (a duplicate or empty line in `lexicon/boilerplate.csv`).
    #[error("boilerplate patterns cannot be compiled: {0}")]
    Patterns(String),
}

/// One product the caller knows: usually a row of `subject.product`.
#[derive(Debug, Clone, Default)]
pub struct LexiconEntry {
    /// Identifier returned with every hit; `subject.product.product_id`.
    pub product_id: String,
    /// Canonical Chinese name, the first thing that matches.
    pub name: String,
    /// Other names that mean the same product.
    pub aliases: Vec<String>,
    /// GB/T 4754-2017 class (4 digits) when known.
    pub industry_code: Option<String>,
    /// Trust from 0 to 1: 1 for curated rows, about 0.9 for mined ones. Scales the confidence of hits.
    pub weight: f32,
    /// True for curated rows: they may match as a two-character tail, mined rows only with a known word before them.
    pub curated: bool,
}

/// What the firm does with the product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Activity {
    /// 制造、生产、加工.
    Make,
    /// 销售、批发、零售.
    Trade,
    /// 维修、运输、租赁 and every other service.
    Service,
}

impl Activity {
    /// The word stored in `subject.enterprise_product.role`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Make => "make",
            Self::Trade => "trade",
            Self::Service => "service",
        }
    }
}

/// One product found in a scope.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ProductHit {
    /// Index for [`Extractor::product`].
    pub product: u32,
    /// What the firm does with it.
    pub role: Activity,
    /// First byte of the evidence in the scope.
    pub start: u32,
    /// One past the last byte of the evidence; always on a character boundary.
    pub end: u32,
    /// 0 to 1: whole-phrase matches above 0.8, head matches below.
    pub confidence: f32,
}

impl ProductHit {
    /// The matched words as they stand in the scope; empty when `scope` is not the text that was searched.
    pub fn evidence<'a>(&self, scope: &'a str) -> &'a str {
        scope.get(self.start as usize..self.end as usize).unwrap_or("")
    }
}

/// A product of the extractor's lexicon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Product<'a> {
    /// Identifier given by the caller, or the name for our own terms.
    pub id: &'a str,
    /// Canonical Chinese name.
    pub name: &'a str,
    /// English name where our own terms have one.
    pub english: Option<&'a str>,
    /// GB/T 4754-2017 class of making it (or of the service), where one is known.
    pub industry_code: Option<u16>,
}

/// What building the extractor did, for the log and the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LexiconReport {
    /// Products that can be returned.
    pub products: usize,
    /// Names and aliases that match.
    pub names: usize,
    /// Entries refused by hygiene (one character, generic words, verb phrases, coordinated names, food phrases).
    pub refused: usize,
    /// Approximate heap bytes held.
    pub memory_bytes: usize,
}

/// Finds products and the industry class in business scopes. Cheap to clone, safe to share between threads.
#[derive(Clone)]
pub struct Extractor {
    inner: Arc<Inner>,
}

struct Inner {
    lexicon: Lexicon,
    classes: Classes,
    markers: Markers,
    verbs: verb::Verbs,
}

impl Extractor {
    /// Builds the tables from the caller's products and the GB/T 4754 classes `(code, name, note)`.
    ///
    /// Our own terms are always added. Later entries with a name already present become aliases of the first, so
    /// the caller's `product_id` wins over ours.
    pub fn new<L, I>(lexicon: L, industries: I) -> Result<Self, ExtractError>
    where
        L: IntoIterator<Item = LexiconEntry>,
        I: IntoIterator<Item = (String, String, String)>,
    {
        let verbs = verb::Verbs::new();
        let classes = Classes::new(industries);
        let lexicon = Lexicon::new(lexicon, &classes, &verbs);
        Ok(Self { inner: Arc::new(Inner { lexicon, classes, markers: Markers::new()?, verbs }) })
    }

    /// An extractor with our own terms only.
    pub fn built_in() -> Result<Self, ExtractError> {
        Self::new(std::iter::empty(), std::iter::empty())
    }

    /// Sizes and memory.
    pub fn report(&self) -> LexiconReport {
        self.inner.lexicon.report()
    }

    /// The product behind a hit; `None` for an index of another extractor.
    pub fn product(&self, index: u32) -> Option<Product<'_>> {
        self.inner.lexicon.product(index)
    }

    /// Index of the product with this name or alias.
    pub fn find(&self, name: &str) -> Option<u32> {
        let mut folded = String::new();
        lexicon::fold_into(name, &mut folded);
        self.inner.lexicon.exact(&folded)
    }

    /// Products named in `scope`, appended to a cleared `out`, each product once, in order of appearance.
    pub fn products(&self, scope: &str, out: &mut Vec<ProductHit>) {
        out.clear();
        let mut work = segment::Work::default();
        self.inner.read(scope, &mut work);
        self.inner.emit(&work, out);
    }

    /// The most likely 4-digit class of a firm with this scope and name; `None` when nothing speaks for one.
    pub fn industry(&self, scope: &str, name: &str) -> Option<IndustryHit> {
        let mut work = segment::Work::default();
        self.inner.read(scope, &mut work);
        self.inner.classes.decide(&work, name, &self.inner.verbs)
    }

    /// Both answers in one pass over the text: what an ingest of a million rows calls.
    pub fn read(&self, scope: &str, name: &str, out: &mut Vec<ProductHit>) -> Option<IndustryHit> {
        out.clear();
        let mut work = segment::Work::default();
        self.inner.read(scope, &mut work);
        self.inner.emit(&work, out);
        self.inner.classes.decide(&work, name, &self.inner.verbs)
    }
}

impl std::fmt::Debug for Extractor {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Extractor").field("report", &self.report()).finish()
    }
}

impl Inner {
    /// Segments the scope and gives every item its activity.
    fn read(&self, scope: &str, work: &mut segment::Work) {
        segment::segment(scope, &self.markers, work);
        roles::assign(work, &self.verbs, &self.lexicon);
    }

    fn emit(&self, work: &segment::Work, out: &mut Vec<ProductHit>) {
        coordinate::emit(work, &self.lexicon, &self.verbs, out);
        // One product once: the strongest activity, then the surest evidence. Lists are short, so quadratic is cheap.
        let mut kept = 0;
        for index in 0..out.len() {
            let Some(hit) = out.get(index).copied() else { break };
            if let Some(earlier) = out.iter_mut().take(kept).find(|other| other.product == hit.product) {
                earlier.confidence = earlier.confidence.max(hit.confidence);
                earlier.role = earlier.role.min(hit.role);
            } else {
                if let Some(slot) = out.get_mut(kept) {
                    *slot = hit;
                }
                kept += 1;
            }
        }
        out.truncate(kept);
    }
}

#[cfg(test)]
mod tests;
