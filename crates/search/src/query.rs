//! A question and its answer.
//!
//! Every needed term must match somewhere: as a word, by its pairs of characters, as the beginning of a Latin word, by
//! pinyin, or with one letter mistyped, in that order of worth. Where no entry has all terms, half of them are enough
//! and the answer says so. A name that is exactly what was typed comes first.

use crate::entry::{Entry, Kind};
use crate::facet::{Counter, Dimension, Facets};
use crate::highlight::{Piece, TYPO_LETTERS_MIN, excerpt, mark};
use crate::parse::{Filters, Parsed, Term, parse};
use crate::rank::Signals;
use crate::schema::{Fields, PRINT};
use crate::segment::pairs_within;
use crate::{Index, Result};
use brain_kernel::grade::Grade;
use brain_kernel::language::Text;
use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tantivy::collector::{Count, TopDocs};
use tantivy::query::{
    AllQuery, BooleanQuery, BoostQuery, ConstScoreQuery, DisjunctionMaxQuery, EmptyQuery, FuzzyTermQuery,
    Occur, Query, TermQuery,
};
use tantivy::schema::{Field, IndexRecordOption, Value as _};
use tantivy::{DocAddress, Score, Searcher, SegmentReader, TantivyDocument};

/// Hits of one answer, at most.
pub const LIMIT_MAX: usize = 200;
/// Hits that can be skipped, at most.
pub const OFFSET_MAX: usize = 10_000;
/// Letters from which one may be mistyped in pinyin; shorter syllables are a letter apart from many others.
const SOUND_TYPO_LETTERS_MIN: usize = 5;

/// What each way to match is worth, before the order's other signals. Words are weighed by rarity (BM25, Robertson &
/// Zaragoza 2009) times this; everything else counts as it stands here.
mod worth {
    pub(super) const EXACT: f32 = 12.0;
    pub(super) const EXACT_BEGINNING: f32 = 3.0;
    pub(super) const HEAD: f32 = 4.0;
    pub(super) const BODY: f32 = 1.0;
    pub(super) const HEAD_PAIRS: f32 = 2.0;
    pub(super) const BODY_PAIRS: f32 = 0.5;
    pub(super) const HEAD_BEGINNING: f32 = 1.5;
    pub(super) const BODY_BEGINNING: f32 = 0.4;
    pub(super) const SOUND: f32 = 1.5;
    pub(super) const INITIALS: f32 = 1.2;
    pub(super) const HEAD_TYPO: f32 = 0.7;
    pub(super) const BODY_TYPO: f32 = 0.2;
    pub(super) const SOUND_TYPO: f32 = 0.5;
    /// What a second way to match the same term adds.
    pub(super) const TIE: f32 = 0.1;
}

/// A question.
#[derive(Debug, Clone)]
pub struct Question {
    /// What was typed; without words, everything that passes the filters is a hit.
    pub text: String,
    /// Which entries count, besides the filters typed in the text.
    pub filters: Filters,
    /// Labels the caller carries.
    pub viewer: Vec<String>,
    /// The day, for freshness.
    pub today: NaiveDate,
    /// Hits to skip, at most [`OFFSET_MAX`].
    pub offset: usize,
    /// Hits to answer, at most [`LIMIT_MAX`].
    pub limit: usize,
}

/// A text in both languages with what matched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Marked {
    /// 中文
    pub zh: Vec<Piece>,
    /// English
    pub en: Vec<Piece>,
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Hit {
    /// Kind.
    pub kind: Kind,
    /// Name that opens its page.
    pub id: String,
    /// What people call it.
    pub title: Text,
    /// The title with what matched.
    pub title_marked: Marked,
    /// The summary around its first match.
    pub excerpt: Marked,
    /// What it is part of.
    pub parent: Option<String>,
    /// Zone.
    pub zone: Option<String>,
    /// Side.
    pub side: Option<String>,
    /// Grade.
    pub grade: Option<Grade>,
    /// Owner.
    pub owner: Option<String>,
    /// Day it last changed.
    pub changed_on: Option<NaiveDate>,
    /// Its place in the order as a number; comparable within one index only.
    pub score: f32,
    /// [`Entry::print`] of the entry that was found.
    #[serde(skip)]
    pub print: u64,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Answer {
    /// Hits, best first.
    pub hits: Vec<Hit>,
    /// Hits in all.
    pub total: u64,
    /// Counts of all hits by kind, zone, side, grade and owner.
    pub facets: Facets,
    /// Whether no entry has all the words, so that those with half of them are shown.
    pub relaxed: bool,
    /// Whether the question was longer than what is read.
    pub shortened: bool,
}

impl Index {
    /// Answer a question. Whatever was typed has an answer; an error is the index's, not the caller's.
    pub fn search(&self, question: &Question) -> Result<Answer> {
        let parsed = parse(&question.text);
        let filters = question.filters.clone().joined(&parsed.filters);
        let asked =
            Asked { fields: self.fields(), parsed: &parsed, filters: &filters, viewer: &question.viewer };
        let searcher = self.searcher();
        let mut relaxed = false;
        let (mut found, mut total) = asked.best(&searcher, question, relaxed)?;
        if total == 0 && asked.needed().count() > 1 {
            relaxed = true;
            (found, total) = asked.best(&searcher, question, relaxed)?;
            relaxed = total > 0;
        }
        let facets = asked.facets(&searcher, relaxed)?;
        let hits = found.into_iter().map(|(score, at)| self.hit(&searcher, &parsed, score, at));
        let hits = hits.collect::<Result<_>>()?;
        Ok(Answer { hits, total, facets, relaxed, shortened: parsed.shortened })
    }

    fn hit(&self, searcher: &Searcher, parsed: &Parsed, score: Score, at: DocAddress) -> Result<Hit> {
        let document: TantivyDocument = searcher.doc(at)?;
        let card =
            document.get_first(self.fields().card).and_then(|value| value.as_str()).unwrap_or_default();
        let entry: Entry = serde_json::from_str(card)?;
        let prints = searcher.segment_reader(at.segment_ord).fast_fields().u64(PRINT)?;
        let print = prints.first(at.doc_id).unwrap_or_default();
        let joined = if parsed.terms.len() > 1 { parsed.letters.as_str() } else { "" };
        let marked = |text: &str| mark(text, &parsed.terms, joined);
        Ok(Hit {
            kind: entry.kind,
            title_marked: Marked { zh: marked(&entry.title.zh), en: marked(&entry.title.en) },
            excerpt: Marked {
                zh: excerpt(&entry.summary.zh, &parsed.terms),
                en: excerpt(&entry.summary.en, &parsed.terms),
            },
            id: entry.id,
            title: entry.title,
            parent: entry.parent,
            zone: entry.zone,
            side: entry.side,
            grade: entry.grade,
            owner: entry.owner,
            changed_on: entry.changed_on,
            score,
            print,
        })
    }
}

/// The kinds a question asks for, by filter or as typed; none where it asks for all.
#[must_use]
pub fn kinds_asked(text: &str, filters: &Filters) -> Vec<Kind> {
    filters.clone().joined(&parse(text).filters).kind
}

/// A question made ready for the engine.
struct Asked<'a> {
    fields: &'a Fields,
    parsed: &'a Parsed,
    filters: &'a Filters,
    viewer: &'a [String],
}

impl Asked<'_> {
    fn best(
        &self,
        searcher: &Searcher,
        question: &Question,
        relaxed: bool,
    ) -> Result<(Vec<(Score, DocAddress)>, u64)> {
        let query = self.query(relaxed, None);
        let total = searcher.search(&query, &Count)? as u64;
        let limit = question.limit.min(LIMIT_MAX);
        if limit == 0 || total == 0 {
            return Ok((Vec::new(), total));
        }
        let today = question.today;
        let top = TopDocs::with_limit(limit).and_offset(question.offset.min(OFFSET_MAX));
        let top = top.tweak_score(move |segment: &SegmentReader| {
            // A segment whose numbers cannot be read keeps the order of its words.
            let signals = Signals::open(segment, today).ok();
            move |document, text: Score| {
                signals.as_ref().map_or((text, 0), |signals| signals.score(document, text))
            }
        });
        let found = searcher.search(&query, &top)?;
        Ok((found.into_iter().map(|((score, _), at)| (score, at)).collect(), total))
    }

    /// Counts: all dimensions that are not filtered by in one pass, each other one as if it were not.
    fn facets(&self, searcher: &Searcher, relaxed: bool) -> Result<Facets> {
        let (filtered, free): (Vec<_>, Vec<_>) =
            Dimension::ALL.into_iter().partition(|dimension| !self.values(*dimension).is_empty());
        let mut facets = Facets::default();
        let passes =
            std::iter::once((None, free)).chain(filtered.into_iter().map(|one| (Some(one), vec![one])));
        for (without, dimensions) in passes {
            let counter = Counter { dimensions };
            let counts = searcher.search(&self.query(relaxed, without), &counter)?;
            for (dimension, counts) in counter.dimensions.into_iter().zip(counts) {
                facets.set(dimension, counts);
            }
        }
        Ok(facets)
    }

    fn needed(&self) -> impl Iterator<Item = &Term> {
        self.parsed.terms.iter().filter(|term| !term.joining)
    }

    /// The whole query; `without` leaves out the filter of one dimension.
    fn query(&self, relaxed: bool, without: Option<Dimension>) -> BooleanQuery {
        let mut clauses: Vec<(Occur, Box<dyn Query>)> = vec![(Occur::Must, self.words(relaxed))];
        let viewer = self.viewer.iter().map(|label| term(self.fields.viewer, label)).collect();
        clauses.push((Occur::Must, uncounted(any(viewer))));
        for (field, dimension) in self.fields.dimensions.iter().zip(Dimension::ALL) {
            let values = self.values(dimension);
            if !values.is_empty() && without != Some(dimension) {
                let values = values.iter().map(|value| term(*field, value)).collect();
                clauses.push((Occur::Must, uncounted(any(values))));
            }
        }
        for excluded in &self.parsed.without {
            clauses.push((Occur::MustNot, self.occurs(excluded)));
        }
        let letters = self.parsed.letters.as_str();
        if !letters.is_empty() {
            clauses.push((Occur::Should, constant(term(self.fields.exact, letters), worth::EXACT)));
            clauses.push((
                Occur::Should,
                constant(beginning(self.fields.exact, letters), worth::EXACT_BEGINNING),
            ));
        }
        BooleanQuery::new(clauses)
    }

    /// The terms; everything where there are none.
    fn words(&self, relaxed: bool) -> Box<dyn Query> {
        if self.parsed.terms.is_empty() {
            return Box::new(AllQuery);
        }
        let mut needed: Vec<Box<dyn Query>> = self.needed().map(|term| self.matches(term)).collect();
        if relaxed {
            let half = needed.len().div_ceil(2);
            needed = vec![Box::new(BooleanQuery::union_with_minimum_required_clauses(needed, half))];
        }
        let mut clauses: Vec<_> = needed.into_iter().map(|query| (Occur::Must, query)).collect();
        let joining = self.parsed.terms.iter().filter(|term| term.joining);
        clauses.extend(joining.map(|term| (Occur::Should, self.matches(term))));
        let words: Box<dyn Query> = Box::new(BooleanQuery::new(clauses));
        // Several Latin words may be the syllables of one name.
        let letters = self.parsed.letters.as_str();
        if self.parsed.terms.len() > 1 && letters.chars().all(|c| c.is_ascii_alphanumeric()) {
            let sound = constant(beginning(self.fields.sound, letters), worth::SOUND);
            return best_of(vec![words, sound]);
        }
        words
    }

    /// Every way to match a term.
    fn matches(&self, wanted: &Term) -> Box<dyn Query> {
        let (fields, text) = (self.fields, wanted.text.as_str());
        let mut ways = vec![weighed(fields.head, text, worth::HEAD), weighed(fields.body, text, worth::BODY)];
        if wanted.han {
            ways.push(constant(contains(fields.head_pairs, text), worth::HEAD_PAIRS));
            ways.push(constant(contains(fields.body_pairs, text), worth::BODY_PAIRS));
            return best_of(ways);
        }
        let letters = text.chars().count();
        if letters >= 2 {
            ways.push(constant(beginning(fields.head, text), worth::HEAD_BEGINNING));
            ways.push(constant(beginning(fields.body, text), worth::BODY_BEGINNING));
            ways.push(constant(beginning(fields.sound, text), worth::SOUND));
            ways.push(constant(beginning(fields.initials, text), worth::INITIALS));
        }
        if letters >= TYPO_LETTERS_MIN {
            ways.push(constant(mistyped(fields.head, text, false), worth::HEAD_TYPO));
            ways.push(constant(mistyped(fields.body, text, false), worth::BODY_TYPO));
        }
        if letters >= SOUND_TYPO_LETTERS_MIN {
            ways.push(constant(mistyped(fields.sound, text, true), worth::SOUND_TYPO));
        }
        best_of(ways)
    }

    /// Whether a term stands in an entry as it was typed; for exclusions.
    fn occurs(&self, term_: &Term) -> Box<dyn Query> {
        let (fields, text) = (self.fields, term_.text.as_str());
        let mut ways = vec![term(fields.head, text), term(fields.body, text)];
        if term_.han {
            ways.push(contains(fields.head_pairs, text));
            ways.push(contains(fields.body_pairs, text));
        }
        any(ways)
    }

    fn values(&self, dimension: Dimension) -> Vec<String> {
        match dimension {
            Dimension::Kind => self.filters.kind.iter().map(|kind| kind.as_str().to_owned()).collect(),
            Dimension::Zone => self.filters.zone.clone(),
            Dimension::Side => self.filters.side.clone(),
            Dimension::Grade => self.filters.grade.clone(),
            Dimension::Owner => self.filters.owner.clone(),
        }
    }
}

fn term(field: Field, text: &str) -> Box<dyn Query> {
    Box::new(TermQuery::new(tantivy::Term::from_field_text(field, text), IndexRecordOption::Basic))
}

fn weighed(field: Field, text: &str, boost: f32) -> Box<dyn Query> {
    let term = tantivy::Term::from_field_text(field, text);
    Box::new(BoostQuery::new(Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs)), boost))
}

/// All pairs of a word; of a single character, every pair that begins with it.
fn contains(field: Field, word: &str) -> Box<dyn Query> {
    let pairs = pairs_within(word);
    if pairs.is_empty() {
        return beginning(field, word);
    }
    Box::new(BooleanQuery::intersection(pairs.iter().map(|pair| term(field, pair)).collect()))
}

fn beginning(field: Field, text: &str) -> Box<dyn Query> {
    Box::new(FuzzyTermQuery::new_prefix(tantivy::Term::from_field_text(field, text), 0, true))
}

fn mistyped(field: Field, text: &str, prefix: bool) -> Box<dyn Query> {
    let term = tantivy::Term::from_field_text(field, text);
    Box::new(if prefix {
        FuzzyTermQuery::new_prefix(term, 1, true)
    } else {
        FuzzyTermQuery::new(term, 1, true)
    })
}

fn constant(query: Box<dyn Query>, score: f32) -> Box<dyn Query> {
    Box::new(ConstScoreQuery::new(query, score))
}

fn uncounted(query: Box<dyn Query>) -> Box<dyn Query> {
    constant(query, 0.0)
}

fn best_of(ways: Vec<Box<dyn Query>>) -> Box<dyn Query> {
    Box::new(DisjunctionMaxQuery::with_tie_breaker(ways, worth::TIE))
}

/// Any of the queries; none of them matches nothing.
fn any(queries: Vec<Box<dyn Query>>) -> Box<dyn Query> {
    if queries.is_empty() { Box::new(EmptyQuery) } else { Box::new(BooleanQuery::union(queries)) }
}
