//! Plain values: exact, alike by Jaro–Winkler or by shared bigrams, a typing error away, days, credit codes.
#![expect(
    clippy::indexing_slicing,
    reason = "columns hold every record; steps are checked by the specification"
)]

use super::level::{Level, Outcome, level, rare};
use super::rarity::Rarity;
use super::{Bound, Compare, Sides};
use crate::prepare::LEFT;
use crate::specification::Method;
use crate::text::similarity::{dice, edits, edits_bound, jaro_winkler, jaro_winkler_bound};
use crate::text::vocabulary::{MISSING, Vocabulary};

/// The values of a field and of the fields they may be swapped with.
pub(super) struct Values<'a> {
    pub(super) ids: &'a [Vec<u32>; 2],
    pub(super) others: Vec<&'a [Vec<u32>; 2]>,
    pub(super) words: &'a Vocabulary,
    pub(super) sides: Sides,
}

const SIMILAR_STEPS: [f64; 3] = [0.93, 0.86, 0.78];
const WORDS_STEPS: [f64; 3] = [0.8, 0.6, 0.4];

pub(super) fn bind<'a>(method: Method, steps: &[f64], values: Values<'a>, rarity: Rarity) -> Bound<'a> {
    let equal = |m| rare("相同", "equal", m, 0.01);
    let different = |m| level("不同", "different", m, 0.95);
    let (steps, levels): (Vec<f64>, Vec<Level>) = match method {
        Method::Similar | Method::Words => {
            let usual = if method == Method::Similar { SIMILAR_STEPS } else { WORDS_STEPS };
            let steps = if steps.is_empty() { usual.to_vec() } else { steps.to_vec() };
            let mut levels =
                vec![equal(0.75), rare("与另一字段互换", "swapped with another field", 0.02, 0.001)];
            for step in &steps {
                let share = steps.len() as f64;
                let percent = (step * 100.0).round();
                levels.push(level(
                    &format!("相似度不低于 {percent}%"),
                    &format!("alike by {percent} % or more"),
                    0.15 / share,
                    0.03 / share,
                ));
            }
            levels.push(different(0.08));
            (steps, levels)
        }
        Method::Typing => (
            Vec::new(),
            vec![
                equal(0.8),
                level("差一处", "one typing error", 0.1, 0.002),
                level("差两处", "two typing errors", 0.03, 0.01),
                different(0.07),
            ],
        ),
        Method::Date => (
            Vec::new(),
            vec![
                equal(0.8),
                level("月日颠倒或差一位", "day and month swapped or one digit off", 0.1, 0.002),
                level("年、月、日中两项相同", "two of year, month and day equal", 0.04, 0.01),
                different(0.06),
            ],
        ),
        Method::CreditCode => (
            Vec::new(),
            vec![
                equal(0.85),
                level("主体标识码相同", "same organisation code", 0.05, 1e-6),
                level("差一两处", "one or two typing errors", 0.05, 1e-6),
                different(0.05),
            ],
        ),
        _ => (Vec::new(), vec![equal(0.85), different(0.15)]),
    };
    (levels, Box::new(Text { method, steps, values, rarity }))
}

struct Text<'a> {
    method: Method,
    steps: Vec<f64>,
    values: Values<'a>,
    rarity: Rarity,
}

impl Compare for Text<'_> {
    fn compare(&self, left: usize, right: usize) -> Outcome {
        let (a, b) = self.values.sides.pair(self.values.ids, left, right);
        if *a == MISSING || *b == MISSING {
            return Outcome::NONE;
        }
        if a == b {
            return Outcome::sharing(0, self.rarity.bits(*a));
        }
        match self.method {
            Method::Similar | Method::Words => self.alike(*a, *b, left, right),
            Method::Typing => Outcome::at(self.typing(*a, *b)),
            Method::Date => Outcome::at(self.days(*a, *b)),
            Method::CreditCode => Outcome::at(self.credit_codes(*a, *b)),
            _ => Outcome::at(1),
        }
    }

    fn chance(&self, level: usize) -> f64 {
        // A swap happens by chance about as often as an agreement.
        if level <= 1 { self.rarity.chance() } else { 0.0 }
    }
}

impl Text<'_> {
    fn alike(&self, a: u32, b: u32, left: usize, right: usize) -> Outcome {
        for other in &self.values.others {
            let (in_left, in_right) = (other[LEFT][left], other[self.values.sides.right][right]);
            if a == in_right || b == in_left {
                return Outcome::sharing(1, self.rarity.bits(if a == in_right { a } else { b }));
            }
        }
        let words = self.values.words;
        let lowest = self.steps.last().copied().unwrap_or(1.0);
        let different = Outcome::at(2 + self.steps.len());
        let similarity = if self.method == Method::Similar {
            if jaro_winkler_bound(words.shape(a), words.shape(b)) < lowest {
                return different;
            }
            // The same both ways round: Jaro's count of transpositions may depend on the direction.
            let (a, b) = (words.chars(a.min(b)), words.chars(a.max(b)));
            jaro_winkler(a, b)
        } else {
            dice(words.chars(a), words.chars(b))
        };
        self.steps.iter().position(|step| similarity >= *step).map_or(different, |step| Outcome::at(2 + step))
    }

    fn typing(&self, a: u32, b: u32) -> usize {
        let words = self.values.words;
        if edits_bound(words.shape(a), words.shape(b)) > 2 {
            return 3;
        }
        let (a, b) = (words.chars(a), words.chars(b));
        // `12` and `13` are two house numbers, not a typing error.
        match (edits(a, b), a.len().max(b.len())) {
            (1, 3..) => 1,
            (2, 6..) => 2,
            _ => 3,
        }
    }

    fn days(&self, a: u32, b: u32) -> usize {
        let (a, b) = (self.values.words.chars(a), self.values.words.chars(b));
        let (Some((ya, ma, da)), Some((yb, mb, db))) = (parts(a), parts(b)) else {
            return if edits(a, b) == 1 { 1 } else { 3 };
        };
        let swapped = ya == yb && ma == db && da == mb;
        let equal = [ya == yb, ma == mb, da == db].into_iter().filter(|same| *same).count();
        if swapped || edits(a, b) == 1 {
            1
        } else if equal == 2 {
            2
        } else {
            3
        }
    }

    fn credit_codes(&self, a: u32, b: u32) -> usize {
        let words = self.values.words;
        let (x, y) = (words.chars(a), words.chars(b));
        match (x.get(8..17), y.get(8..17)) {
            (Some(one), Some(other)) if one == other => 1,
            _ if edits_bound(words.shape(a), words.shape(b)) <= 2 && edits(x, y) <= 2 => 2,
            _ => 3,
        }
    }
}

/// Year, month and day of eight characters.
fn parts(day: &[char]) -> Option<(&[char], &[char], &[char])> {
    (day.len() == 8).then(|| (&day[..4], &day[4..6], &day[6..]))
}
