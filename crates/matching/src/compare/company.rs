//! Company names: 字号 first, then trade, form and branch, each its own evidence. Where two complete names are equal
//! the 字号's comparison says so for all of them, and the others keep silent.
#![expect(clippy::indexing_slicing, reason = "heads have three lengths everywhere")]

use super::level::{Level, Outcome, level, rare};
use super::rarity::{Counting, Rarity};
use super::{Bound, Compare, Sides};
use crate::company::LegalForm;
use crate::prepare::{Company, Prepared, RIGHT};
use crate::text::similarity::{contains, dice, edits, edits_bound, is_subsequence};
use crate::text::vocabulary::{MISSING, Vocabulary};

type Names = [Vec<Company>; 2];

fn same_full_name(a: &Company, b: &Company) -> bool {
    a.full != MISSING && a.full == b.full
}

fn rarity(
    names: &Names,
    prepared: &Prepared,
    by_value: bool,
    usual: f64,
    of: impl Fn(&Company) -> u32,
) -> Rarity {
    let length = |id| prepared.words.chars(id).len();
    let counting = Counting { same: prepared.same, by_value, usual, length: &length };
    Rarity::new(names.each_ref().map(|side| side.iter().map(&of)), &counting)
}

const FULL: usize = 0;
const EQUAL: usize = 1;
const BEGINNING: usize = 2;
const ABBREVIATED: usize = 3;
const SOUND: usize = 4;
const BRAND_EDIT: usize = 5;
const CORE_EDIT: usize = 6;
const LONG_EDIT: usize = 7;
const INSIDE: usize = 8;
const DIFFERENT: usize = 9;
/// Characters of 字号 and trade together from which one character apart says more.
const LONG: usize = 6;

pub(super) fn brand<'a>(
    names: &'a Names,
    words: &'a Vocabulary,
    prepared: &Prepared,
    by_value: bool,
) -> Bound<'a> {
    let levels = vec![
        // A registered name is given once (企业名称登记管理规定, art. 11), so relatives hardly share it.
        Level { kin: 0.005, ..rare("全称相同", "whole names equal", 0.4, 1e-6) },
        rare("字号相同", "equal", 0.3, 1e-4),
        rare("一方是另一方的开头", "one is the beginning of the other", 0.1, 1e-4),
        rare("简称", "one abbreviates the other", 0.05, 1e-4),
        rare("字号同音", "sound alike", 0.02, 1e-4),
        level("字号差一字", "one character apart", 0.05, 1e-4),
        level("字号加行业差一字", "one character apart with the trade", 0.02, 2e-5),
        level(
            "字号加行业（六字以上）差一字",
            "one character apart with the trade, of six or more",
            0.02,
            2e-6,
        ),
        level("一方名称含另一方字号", "inside the other name", 0.02, 3e-4),
        level("不同", "different", 0.03, 0.999),
    ];
    let how = Brand {
        full: rarity(names, prepared, by_value, 1e-7, |name| name.full),
        brand: rarity(names, prepared, by_value, 2e-6, |name| name.brand),
        sound: rarity(names, prepared, by_value, 2e-6, |name| name.brand_sound),
        heads: [0, 1, 2].map(|length| rarity(names, prepared, by_value, 5e-6, |name| name.heads[length])),
        names,
        words,
        sides: Sides { right: prepared.stored(RIGHT) },
    };
    (levels, Box::new(how))
}

struct Brand<'a> {
    names: &'a Names,
    words: &'a Vocabulary,
    sides: Sides,
    full: Rarity,
    brand: Rarity,
    sound: Rarity,
    /// Of the first two, three and four characters, which an abbreviation keeps.
    heads: [Rarity; 3],
}

impl Compare for Brand<'_> {
    fn compare(&self, left: usize, right: usize) -> Outcome {
        let (a, b) = self.sides.pair(self.names, left, right);
        if a.brand == MISSING || b.brand == MISSING {
            return Outcome::NONE;
        }
        if same_full_name(a, b) {
            // A whole name is at least as rare as the 字号 in it.
            return Outcome::sharing(FULL, self.full.bits(a.full).max(self.brand.bits(a.brand)));
        }
        if a.brand == b.brand {
            return Outcome::sharing(EQUAL, self.brand.bits(a.brand));
        }
        match unequal(self.words, a, b) {
            level @ (BEGINNING | ABBREVIATED) => Outcome::sharing(level, self.common_head(a, b)),
            SOUND => Outcome::sharing(SOUND, self.sound.bits(a.brand_sound)),
            level => Outcome::at(level),
        }
    }

    fn chance(&self, level: usize) -> f64 {
        match level {
            FULL => self.full.chance().min(self.brand.chance()),
            EQUAL => self.brand.chance(),
            BEGINNING => self.heads[1].chance(),
            ABBREVIATED => self.heads[0].chance(),
            SOUND => self.sound.chance(),
            _ => 0.0,
        }
    }
}

impl Brand<'_> {
    /// Bits of the longest beginning both share, of four characters at most.
    fn common_head(&self, a: &Company, b: &Company) -> f32 {
        let shared = a.heads.iter().zip(&b.heads).zip(&self.heads);
        let shared = shared.filter(|((x, y), _)| x == y && **x != MISSING);
        shared.map(|((x, _), rarity)| rarity.bits(*x)).fold(0.0, f32::max)
    }
}

/// How two names with different 字号 are related.
fn unequal(words: &Vocabulary, a: &Company, b: &Company) -> usize {
    if words.shape(a.core).1 & words.shape(b.core).1 == 0 && (a.brand_sound != b.brand_sound) {
        // Not one character in common.
        return DIFFERENT;
    }
    let (core_a, core_b) = (words.chars(a.core), words.chars(b.core));
    let (short, long) = if core_a.len() <= core_b.len() { (core_a, core_b) } else { (core_b, core_a) };
    let one_apart = |x: u32, y: u32| {
        edits_bound(words.shape(x), words.shape(y)) <= 1 && edits(words.chars(x), words.chars(y)) == 1
    };
    let (brand_a, brand_b) = (words.chars(a.brand), words.chars(b.brand));
    // 海墨 and 寻墨 are two 字号 of two characters, whatever trade they share; a lost or swapped character is not.
    let another_brand =
        brand_a.len() == 2 && brand_b.len() == 2 && a.trade == b.trade && !swapped(brand_a, brand_b);
    let core_edit = !another_brand && short.len() >= 3 && one_apart(a.core, b.core);
    if core_edit && short.len() >= 4 {
        return if short.len() >= LONG { LONG_EDIT } else { CORE_EDIT };
    }
    let abbreviates = short.len() >= 2 && short.len() < long.len() && is_subsequence(short, long);
    if abbreviates && long.starts_with(short) {
        return BEGINNING;
    }
    if abbreviates && a.heads[0] == b.heads[0] && a.heads[0] != MISSING {
        return ABBREVIATED;
    }
    if a.brand_sound == b.brand_sound && a.brand_sound != MISSING {
        return SOUND;
    }
    if brand_a.len().max(brand_b.len()) >= 3 && one_apart(a.brand, b.brand) {
        return BRAND_EDIT;
    }
    if core_edit {
        return CORE_EDIT;
    }
    let inside = |brand: &[char], core: &[char]| brand.len() >= 2 && contains(core, brand);
    let loosely = abbreviates && short.first() == long.first();
    if loosely || inside(brand_a, core_b) || inside(brand_b, core_a) { INSIDE } else { DIFFERENT }
}

fn swapped(a: &[char], b: &[char]) -> bool {
    a.first() == b.last() && a.last() == b.first()
}

pub(super) fn trade<'a>(
    names: &'a Names,
    words: &'a Vocabulary,
    prepared: &Prepared,
    by_value: bool,
) -> Bound<'a> {
    let levels = vec![
        rare("相同", "equal", 0.7, 0.02),
        level("一方含另一方", "one contains the other", 0.15, 0.03),
        level("部分相同", "alike", 0.05, 0.05),
        level("不同", "different", 0.1, 0.9),
    ];
    let how = Trade {
        trade: rarity(names, prepared, by_value, 1e-3, |name| name.trade),
        names,
        words,
        sides: Sides { right: prepared.stored(RIGHT) },
    };
    (levels, Box::new(how))
}

struct Trade<'a> {
    names: &'a Names,
    words: &'a Vocabulary,
    sides: Sides,
    trade: Rarity,
}

impl Compare for Trade<'_> {
    fn compare(&self, left: usize, right: usize) -> Outcome {
        let (a, b) = self.sides.pair(self.names, left, right);
        if a.trade == MISSING || b.trade == MISSING || same_full_name(a, b) {
            return Outcome::NONE;
        }
        // An abbreviation and a typing error were found in 字号 and trade together.
        if a.brand != b.brand
            && matches!(unequal(self.words, a, b), BEGINNING | ABBREVIATED | CORE_EDIT | LONG_EDIT)
        {
            return Outcome::NONE;
        }
        if a.trade == b.trade {
            return Outcome::sharing(0, self.trade.bits(a.trade));
        }
        let (x, y) = (self.words.chars(a.trade), self.words.chars(b.trade));
        let (short, long) = if x.len() <= y.len() { (x, y) } else { (y, x) };
        Outcome::at(if is_subsequence(short, long) {
            1
        } else if dice(x, y) >= 0.3 {
            2
        } else {
            3
        })
    }

    fn chance(&self, level: usize) -> f64 {
        if level == 0 { self.trade.chance() } else { 0.0 }
    }
}

pub(super) fn legal_form(names: &Names, sides: Sides) -> Bound<'_> {
    let levels = vec![
        level("都是集团", "both are groups", 0.05, 0.01),
        level("相同", "equal", 0.8, 0.59),
        level("不同", "different", 0.15, 0.4),
    ];
    (levels, Box::new(Form { names, sides }))
}

struct Form<'a> {
    names: &'a Names,
    sides: Sides,
}

impl Compare for Form<'_> {
    fn compare(&self, left: usize, right: usize) -> Outcome {
        let (a, b) = self.sides.pair(self.names, left, right);
        let none = LegalForm::None as u8;
        if a.brand == MISSING || b.brand == MISSING || same_full_name(a, b) {
            return Outcome::NONE;
        }
        if a.group && b.group {
            return Outcome::at(0);
        }
        if a.form == none || b.form == none {
            return Outcome::NONE;
        }
        Outcome::at(if a.form == b.form { 1 } else { 2 })
    }

    fn chance(&self, _: usize) -> f64 {
        0.0
    }
}

pub(super) fn branch<'a>(names: &'a Names, words: &'a Vocabulary, sides: Sides) -> Bound<'a> {
    let levels = vec![
        level("同一分支机构", "the same branch", 0.9, 0.002),
        level("名称相近的分支机构", "branches called alike", 0.05, 0.05),
        level("仅一方是分支机构", "only one is a branch", 0.03, 0.6),
        level("不同分支机构", "two branches", 0.02, 0.348),
    ];
    (levels, Box::new(Branch { names, words, sides }))
}

struct Branch<'a> {
    names: &'a Names,
    words: &'a Vocabulary,
    sides: Sides,
}

impl Compare for Branch<'_> {
    fn compare(&self, left: usize, right: usize) -> Outcome {
        let (a, b) = self.sides.pair(self.names, left, right);
        match (a.branch, b.branch) {
            (MISSING, MISSING) => Outcome::NONE,
            _ if same_full_name(a, b) => Outcome::NONE,
            (x, y) if x == y => Outcome::at(0),
            (MISSING, _) | (_, MISSING) => Outcome::at(2),
            (x, y) => Outcome::at(if dice(self.words.chars(x), self.words.chars(y)) >= 0.7 { 1 } else { 3 }),
        }
    }

    fn chance(&self, _: usize) -> f64 {
        0.0
    }
}
