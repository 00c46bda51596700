//! Fields of the index.

use crate::entry::{Entry, NAME_CHARACTERS_MAX, NAMES_MAX, SUMMARY_CHARACTERS_MAX, hash_of, print_of};
use crate::facet::Dimension;
use crate::fold::fold;
use crate::rank;
use crate::segment::{Cut, pairs, words};
use crate::sound;
use std::collections::BTreeSet;
use tantivy::TantivyDocument;
use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, STORED, STRING, Schema, SchemaBuilder, TextFieldIndexing,
    TextOptions,
};

/// Handles of the fields. What is searched is cut into tokens here and joined by spaces, so that the engine needs no
/// tokenizer of ours and an index opens without one.
#[derive(Debug, Clone)]
pub(crate) struct Fields {
    /// Which entry.
    pub(crate) key: Field,
    /// Which source it came from.
    pub(crate) source: Field,
    /// Whether it changed.
    pub(crate) print: Field,
    /// The entry as JSON.
    pub(crate) card: Field,
    /// Names without spaces, whole pinyin and initials: exact matches and beginnings.
    pub(crate) exact: Field,
    /// Words of title and other names.
    pub(crate) head: Field,
    /// Pairs of characters of the same.
    pub(crate) head_pairs: Field,
    /// Words of summary and other words.
    pub(crate) body: Field,
    /// Pairs of characters of the same.
    pub(crate) body_pairs: Field,
    /// Pinyin from each word on.
    pub(crate) sound: Field,
    /// First letters from each word on.
    pub(crate) initials: Field,
    /// Labels of those who may know of it.
    pub(crate) viewer: Field,
    /// Filters and facets, by [`Dimension::ALL`].
    pub(crate) dimensions: [Field; Dimension::ALL.len()],
}

/// Names of the numeric fields the order reads.
pub(crate) const PRIOR: &str = "prior";
pub(crate) const POPULARITY: &str = "popularity";
pub(crate) const CHANGED: &str = "changed";
pub(crate) const LETTERS: &str = "letters";
pub(crate) const KEY: &str = "key";
pub(crate) const SOURCE: &str = "source";
pub(crate) const PRINT: &str = "print";

/// The schema and its fields.
pub(crate) fn schema() -> (Schema, Fields) {
    let mut builder = Schema::builder();
    let b = &mut builder;
    let fields = Fields {
        key: b.add_u64_field(KEY, INDEXED | FAST),
        source: b.add_u64_field(SOURCE, FAST),
        print: b.add_u64_field(PRINT, FAST),
        card: b.add_text_field("card", STORED),
        exact: tokens(b, "exact", IndexRecordOption::Basic),
        head: tokens(b, "head", IndexRecordOption::WithFreqs),
        head_pairs: tokens(b, "head_pairs", IndexRecordOption::Basic),
        body: tokens(b, "body", IndexRecordOption::WithFreqs),
        body_pairs: tokens(b, "body_pairs", IndexRecordOption::Basic),
        sound: tokens(b, "sound", IndexRecordOption::Basic),
        initials: tokens(b, "initials", IndexRecordOption::Basic),
        viewer: b.add_text_field("viewer", STRING),
        dimensions: Dimension::ALL.map(|dimension| b.add_text_field(dimension.as_str(), STRING | FAST)),
    };
    b.add_u64_field(PRIOR, FAST);
    b.add_u64_field(POPULARITY, FAST);
    b.add_u64_field(LETTERS, FAST);
    b.add_i64_field(CHANGED, FAST);
    (builder.build(), fields)
}

/// Tokens separated by spaces. Only where words are weighed does the length of the text matter.
fn tokens(builder: &mut SchemaBuilder, name: &str, option: IndexRecordOption) -> Field {
    let weighed = option.has_freq();
    let indexing = TextFieldIndexing::default()
        .set_tokenizer("whitespace")
        .set_index_option(option)
        .set_fieldnorms(weighed);
    builder.add_text_field(name, TextOptions::default().set_indexing_options(indexing))
}

impl Fields {
    /// What the index keeps of an entry.
    pub(crate) fn document(
        &self,
        schema: &Schema,
        source: &str,
        entry: &Entry,
        card: &str,
    ) -> TantivyDocument {
        let mut document = TantivyDocument::new();
        document.add_u64(self.key, entry.key(source));
        document.add_u64(self.source, hash_of(&source));
        document.add_u64(self.print, print_of(entry, card));
        document.add_text(self.card, card);
        for viewer in &entry.viewers {
            document.add_text(self.viewer, viewer);
        }
        for (field, dimension) in self.dimensions.iter().zip(Dimension::ALL) {
            if let Some(value) = dimension.value(entry) {
                document.add_text(*field, value);
            }
        }
        let letters = self.add_names(&mut document, entry);
        self.add_body(&mut document, entry);
        for (name, value) in
            [(PRIOR, rank::prior(entry.kind)), (POPULARITY, entry.popularity()), (LETTERS, letters)]
        {
            if let Ok(field) = schema.get_field(name) {
                document.add_u64(field, value);
            }
        }
        if let (Ok(field), Some(day)) = (schema.get_field(CHANGED), entry.changed_on) {
            document.add_i64(field, rank::day_number(day));
        }
        document
    }

    /// Adds what the entry is called; answers with the letters of the shortest of its names.
    fn add_names(&self, document: &mut TantivyDocument, entry: &Entry) -> u64 {
        let titles = [entry.title.zh.as_str(), entry.title.en.as_str(), entry.id.as_str()];
        let mut exact = BTreeSet::new();
        let mut shortest = u64::MAX;
        let (mut sounds, mut initials) = (BTreeSet::new(), BTreeSet::new());
        let (mut head, mut head_pairs) = (Vec::new(), Vec::new());
        let mut seen = BTreeSet::new();
        for name in titles.into_iter().chain(entry.other_names.iter().take(NAMES_MAX).map(String::as_str)) {
            if name.is_empty() || !seen.insert(name) {
                continue;
            }
            let folded = fold(name, NAME_CHARACTERS_MAX);
            let cut = words(&folded, Cut::Fine);
            let keys = sound::keys(&folded, &cut);
            let core = fold(core(name), NAME_CHARACTERS_MAX).letters();
            shortest = shortest.min(core.chars().count() as u64);
            exact.extend([folded.letters(), core]);
            exact.extend(keys.exact);
            sounds.extend(keys.whole);
            initials.extend(keys.initials);
            head.extend(cut.into_iter().map(|word| word.text));
            head_pairs.extend(pairs(&folded));
        }
        document.add_text(self.exact, exact.into_iter().collect::<Vec<_>>().join(" "));
        document.add_text(self.sound, sounds.into_iter().collect::<Vec<_>>().join(" "));
        document.add_text(self.initials, initials.into_iter().collect::<Vec<_>>().join(" "));
        document.add_text(self.head, head.join(" "));
        document.add_text(self.head_pairs, head_pairs.join(" "));
        shortest
    }

    fn add_body(&self, document: &mut TantivyDocument, entry: &Entry) {
        let (mut body, mut body_pairs) = (Vec::new(), Vec::new());
        let summaries = [entry.summary.zh.as_str(), entry.summary.en.as_str()];
        for text in summaries.into_iter().chain(entry.words.iter().take(NAMES_MAX).map(String::as_str)) {
            let folded = fold(text, SUMMARY_CHARACTERS_MAX);
            body.extend(words(&folded, Cut::Fine).into_iter().map(|word| word.text));
            body_pairs.extend(pairs(&folded));
        }
        document.add_text(self.body, body.join(" "));
        document.add_text(self.body_pairs, body_pairs.join(" "));
    }
}

/// A name without what only places or explains it: `enterprise` of `subject.enterprise`, `注册资本` of
/// `注册资本（元）`.
fn core(name: &str) -> &str {
    let name = name.split(['（', '(']).next().unwrap_or(name);
    name.rsplit(['.', '#']).next().unwrap_or(name)
}
