//! What is gathered about one column while its rows pass.

use crate::checkdigit;
use crate::column::{Column, Values, is_blank};
use crate::literal::{day_text, instant_text};
use crate::mask::Mask;
use crate::profile::{ColumnProfile, Counted, Estimate, Lengths, Quantile, SHAPES_MAX, TOP_MAX, ValueKind};
use crate::rule::Scheme;
use crate::sketch::distinct::{Distinct, STANDARD_ERROR};
use crate::sketch::frequent::Frequent;
use crate::sketch::histogram::{Histogram, Scale};
use crate::sketch::moments::Moments;
use crate::sketch::shape;
use crate::test::is_day;

/// Shares of the quantiles of a profile.
const QUANTILES: [f64; 7] = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99];

/// What is wanted of a column.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Wish {
    /// Count, sum, extremes.
    pub(crate) moments: bool,
    /// Distribution and quantiles of numbers.
    pub(crate) histogram: bool,
    /// Different values.
    pub(crate) distinct: bool,
    /// Frequent values.
    pub(crate) frequent: bool,
    /// Lengths, shapes and meaning of texts.
    pub(crate) texts: bool,
}

impl Wish {
    /// Everything a profile shows.
    pub(crate) const PROFILE: Self =
        Self { moments: true, histogram: true, distinct: true, frequent: true, texts: true };
}

/// One column so far.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Gathered {
    pub(crate) present: u64,
    pub(crate) missing: u64,
    pub(crate) moments: Option<Moments>,
    pub(crate) histogram: Option<Histogram>,
    pub(crate) distinct: Option<Distinct>,
    pub(crate) frequent: Option<Frequent>,
    pub(crate) texts: Option<Texts>,
}

/// Texts of a column so far.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Texts {
    blank: u64,
    characters: u64,
    shortest: Option<u64>,
    longest: u64,
    shapes: Frequent,
    credit_codes: u64,
    days: u64,
}

impl Gathered {
    pub(crate) fn new(wish: Wish, kind: ValueKind) -> Self {
        let scale = match kind {
            ValueKind::Whole | ValueKind::Real => Some(Scale::Proportional),
            ValueKind::Day | ValueKind::Instant => Some(Scale::Linear),
            _ => None,
        };
        Self {
            present: 0,
            missing: 0,
            moments: (wish.moments && kind.is_ordered()).then(Moments::default),
            histogram: scale.filter(|_| wish.histogram).map(Histogram::new),
            distinct: (wish.distinct && kind != ValueKind::Other).then(Distinct::default),
            frequent: (wish.frequent && kind != ValueKind::Other).then(Frequent::default),
            texts: (wish.texts && kind == ValueKind::Text).then(Texts::default),
        }
    }

    /// Take a batch's column.
    pub(crate) fn observe(&mut self, column: &Column<'_>, rows: usize) {
        let present = column.present.count();
        self.present += present;
        self.missing += rows as u64 - present;
        if let Some(distinct) = &mut self.distinct {
            let hashes = column.hashes();
            column.present.places().filter_map(|at| hashes.get(at)).for_each(|hash| distinct.push(*hash));
        }
        match &column.values {
            Values::Text(texts) => self.observe_texts(column, texts),
            Values::Whole(wholes) => self.observe_wholes(&column.present, wholes),
            Values::Real(reals) => self.observe_reals(&column.present, reals),
            Values::Truth(truths) => {
                if let Some(frequent) = &mut self.frequent {
                    let there = column.present.places().filter_map(|at| truths.get(at));
                    there.for_each(|truth| frequent.push(u64::from(*truth), None));
                }
            }
            Values::Opaque => {}
        }
    }

    fn observe_wholes(&mut self, present: &Mask, wholes: &[i64]) {
        let there = || present.places().filter_map(|at| wholes.get(at).copied());
        if let Some(moments) = &mut self.moments {
            there().for_each(|value| moments.push_whole(value));
        }
        if let Some(histogram) = &mut self.histogram {
            there().for_each(|value| histogram.push_whole(value));
        }
        if let Some(frequent) = &mut self.frequent {
            there().for_each(|value| frequent.push(value as u64, None));
        }
    }

    fn observe_reals(&mut self, present: &Mask, reals: &[f64]) {
        let there = || present.places().filter_map(|at| reals.get(at).copied());
        if let Some(moments) = &mut self.moments {
            there().for_each(|value| moments.push_real(value));
        }
        if let Some(histogram) = &mut self.histogram {
            there().filter(|value| !value.is_nan()).for_each(|value| histogram.push_real(value));
        }
        if let Some(frequent) = &mut self.frequent {
            there().for_each(|value| frequent.push((value + 0.0).to_bits(), None));
        }
    }

    fn observe_texts(&mut self, column: &Column<'_>, texts: &[&str]) {
        if let Some(frequent) = &mut self.frequent {
            let hashes = column.hashes();
            for at in column.present.places() {
                if let (Some(text), Some(hash)) = (texts.get(at), hashes.get(at)) {
                    frequent.push(*hash as u64, Some(text));
                }
            }
        }
        if let Some(facts) = &mut self.texts {
            let mut written = String::new();
            for text in column.present.places().filter_map(|at| texts.get(at)) {
                facts.observe(text, &mut written);
            }
        }
    }

    /// Add another part.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.present += other.present;
        self.missing += other.missing;
        if let (Some(mine), Some(theirs)) = (&mut self.moments, &other.moments) {
            mine.merge(theirs);
        }
        if let (Some(mine), Some(theirs)) = (&mut self.histogram, &other.histogram) {
            mine.merge(theirs);
        }
        if let (Some(mine), Some(theirs)) = (&mut self.distinct, &other.distinct) {
            mine.merge(theirs);
        }
        if let (Some(mine), Some(theirs)) = (&mut self.frequent, &other.frequent) {
            mine.merge(theirs);
        }
        if let (Some(mine), Some(theirs)) = (&mut self.texts, &other.texts) {
            mine.merge(theirs);
        }
    }

    /// Different values: exact where few enough were counted.
    pub(crate) fn different(&self) -> Option<Estimate> {
        if let Some(exact) = self.frequent.as_ref().and_then(Frequent::distinct) {
            return Some(Estimate { value: exact as f64, error: 0.0 });
        }
        let estimate = self.distinct.as_ref()?.estimate().round();
        Some(Estimate { value: estimate.min(self.present as f64), error: STANDARD_ERROR })
    }

    /// As shown.
    pub(crate) fn profile(&self, name: &str, kind: ValueKind) -> ColumnProfile {
        let moments = self.moments.filter(|moments| moments.count > 0);
        let extreme = |moments: &Moments| match kind {
            ValueKind::Real => (moments.real.0.to_string(), moments.real.1.to_string()),
            _ => (shown(kind, moments.whole.0 as u64), shown(kind, moments.whole.1 as u64)),
        };
        let (min, max) = moments.as_ref().map(extreme).unzip();
        let is_number = matches!(kind, ValueKind::Whole | ValueKind::Real);
        let buckets = self.histogram.as_ref().map(Histogram::finish);
        let quantiles = buckets.as_ref().map_or_else(Vec::new, |buckets| {
            let value = |share| buckets.quantile(share).map(|value| within(value, moments, kind));
            QUANTILES
                .iter()
                .filter_map(|share| Some(Quantile { share: *share, value: value(*share)? }))
                .collect()
        });
        let frequent = self.frequent.as_ref();
        let top = frequent.map_or_else(Vec::new, |frequent| {
            let value = |key: u64, text: Option<&str>| text.map_or_else(|| shown(kind, key), str::to_owned);
            let top = frequent.top(TOP_MAX).into_iter();
            top.map(|(key, text, count)| Counted { value: value(key, text), count }).collect()
        });
        let texts = self.texts.as_ref();
        ColumnProfile {
            name: name.to_owned(),
            kind,
            present: self.present,
            missing: self.missing,
            blank: texts.map_or(0, |texts| texts.blank),
            distinct: self.different(),
            min,
            max,
            mean: moments.as_ref().filter(|_| is_number).and_then(Moments::mean),
            deviation: moments.as_ref().filter(|_| is_number).and_then(Moments::deviation),
            quantiles,
            buckets,
            top,
            top_lacks: frequent.map_or(0, Frequent::lost),
            lengths: texts.and_then(|texts| texts.lengths(self.present)),
            shapes: texts.map_or_else(Vec::new, Texts::shown_shapes),
            shapes_lack: texts.map_or(0, |texts| texts.shapes.lost()),
            credit_codes: texts.map_or(0, |texts| texts.credit_codes),
            days: texts.map_or(0, |texts| texts.days),
        }
    }
}

/// The middle of a bucket, not beyond the extremes.
fn within(value: f64, moments: Option<Moments>, kind: ValueKind) -> String {
    let value = moments.map_or(value, |moments| value.clamp(moments.real.0, moments.real.1));
    match kind {
        ValueKind::Real => value.to_string(),
        _ => shown(kind, value.round() as i64 as u64),
    }
}

fn shown(kind: ValueKind, bits: u64) -> String {
    match kind {
        ValueKind::Day => day_text(bits as i64),
        ValueKind::Instant => instant_text(bits as i64),
        ValueKind::Real => f64::from_bits(bits).to_string(),
        ValueKind::Truth => (bits != 0).to_string(),
        _ => (bits as i64).to_string(),
    }
}

impl Texts {
    fn observe(&mut self, text: &str, written: &mut String) {
        if is_blank(text) {
            self.blank += 1;
        }
        let characters = if text.is_ascii() { text.len() } else { text.chars().count() } as u64;
        self.characters += characters;
        self.shortest = Some(self.shortest.map_or(characters, |shortest| shortest.min(characters)));
        self.longest = self.longest.max(characters);
        shape::write(text, written);
        self.shapes.push(crate::keys::hash(written.as_bytes()) as u64, Some(written));
        if text.len() == 18 && checkdigit::is_right(Scheme::Uscc, text) {
            self.credit_codes += 1;
        }
        // Nothing shorter or longer is a day as tables write it.
        if (5..=30).contains(&text.len())
            && text.as_bytes().first().is_some_and(u8::is_ascii_digit)
            && is_day(text)
        {
            self.days += 1;
        }
    }

    fn merge(&mut self, other: &Self) {
        self.blank += other.blank;
        self.characters += other.characters;
        self.shortest = match (self.shortest, other.shortest) {
            (Some(mine), Some(theirs)) => Some(mine.min(theirs)),
            (mine, theirs) => mine.or(theirs),
        };
        self.longest = self.longest.max(other.longest);
        self.shapes.merge(&other.shapes);
        self.credit_codes += other.credit_codes;
        self.days += other.days;
    }

    fn lengths(&self, present: u64) -> Option<Lengths> {
        let min = self.shortest?;
        Some(Lengths { min, max: self.longest, mean: self.characters as f64 / present.max(1) as f64 })
    }

    fn shown_shapes(&self) -> Vec<Counted> {
        let top = self.shapes.top(SHAPES_MAX).into_iter();
        top.map(|(_, text, count)| Counted { value: text.unwrap_or_default().to_owned(), count }).collect()
    }
}
