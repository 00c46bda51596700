//! Products: the words say what it is, models and sizes which variant.

use super::level::{Outcome, level, rare};
use super::rarity::{Counting, Rarity};
use super::{Bound, Compare, Sides};
use crate::prepare::{Prepared, Product, RIGHT};
use crate::text::similarity::dice;
use crate::text::vocabulary::{MISSING, Vocabulary};

pub(super) fn product<'a>(
    all: &'a [Vec<Product>; 2],
    words: &'a Vocabulary,
    prepared: &Prepared,
    by_value: bool,
) -> Bound<'a> {
    let levels = vec![
        rare("相同", "equal", 0.4, 1e-4),
        level("型号规格一致，名称相近", "models agree, words alike", 0.25, 1e-4),
        level("名称相近，型号规格缺失", "words alike, models missing", 0.1, 1e-3),
        level("名称相近，型号规格部分一致", "words alike, some models agree", 0.08, 1e-3),
        level("型号规格一致，名称不同", "models agree, other words", 0.05, 1e-3),
        level("名称相近，型号规格冲突", "words alike, models conflict", 0.01, 0.02),
        level("部分文字相同", "some of the same words", 0.04, 0.05),
        level("不同", "different", 0.04, 0.94),
    ];
    let length = |id| words.chars(id).len();
    let counting = Counting { same: prepared.same, by_value, usual: 1e-5, length: &length };
    let how = Products {
        whole: Rarity::new(all.each_ref().map(|side| side.iter().map(|p| p.whole)), &counting),
        all,
        words,
        sides: Sides { right: prepared.stored(RIGHT) },
    };
    (levels, Box::new(how))
}

struct Products<'a> {
    all: &'a [Vec<Product>; 2],
    words: &'a Vocabulary,
    sides: Sides,
    whole: Rarity,
}

impl Compare for Products<'_> {
    fn compare(&self, left: usize, right: usize) -> Outcome {
        let (a, b) = self.sides.pair(self.all, left, right);
        if a.whole == MISSING || b.whole == MISSING {
            return Outcome::NONE;
        }
        if a.whole == b.whole {
            return Outcome::sharing(0, self.whole.bits(a.whole));
        }
        let common = a.models.iter().filter(|model| b.models.contains(model)).count();
        let all = common > 0 && common == a.models.len() && common == b.models.len();
        // 6204-2RS and 6205-2RS share the seal and are two bearings: some agree only where the rest is missing.
        let some = common > 0 && (common == a.models.len() || common == b.models.len());
        let alike =
            if a.words == b.words { 1.0 } else { dice(self.words.chars(a.words), self.words.chars(b.words)) };
        Outcome::at(match alike {
            0.6.. if all => 1,
            0.6.. if a.models.is_empty() || b.models.is_empty() => 2,
            0.6.. if some => 3,
            _ if all => 4,
            0.6.. => 5,
            0.35.. => 6,
            _ if common > 0 => 6,
            _ => 7,
        })
    }

    fn chance(&self, level: usize) -> f64 {
        if level == 0 { self.whole.chance() } else { 0.0 }
    }
}
