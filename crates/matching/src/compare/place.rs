//! Regions and addresses.
#![expect(clippy::indexing_slicing, reason = "columns hold every record")]

use super::level::{Outcome, level, rare};
use super::rarity::{Counting, Rarity};
use super::{Bound, Compare, Sides};
use crate::prepare::{Address, Column, LEFT, MUNICIPALITIES, NO_REGION, Prepared, RIGHT};
use crate::text::similarity::dice;
use crate::text::vocabulary::{MISSING, Vocabulary};

/// Most regions of one record: of its own column, its name and its address.
const REGIONS_MAX: usize = 4;

const SAME_COUNTY: usize = 0;
const SAME_CITY: usize = 1;
const NESTED: usize = 2;
const SAME_PROVINCE: usize = 3;
const ELSEWHERE: usize = 4;

pub(super) fn region<'a>(
    sources: Vec<&'a Column>,
    words: &'a Vocabulary,
    prepared: &Prepared,
    by_value: bool,
) -> Option<Bound<'a>> {
    if sources.is_empty() {
        return None;
    }
    let levels = vec![
        rare("同一区县", "the same county", 0.4, 0.003),
        rare("同一城市", "the same city", 0.4, 0.02),
        level("一方在另一方所在省", "one names only the other's province", 0.1, 0.04),
        level("同省不同城市", "the same province, another city", 0.04, 0.06),
        level("不同省份", "another province", 0.06, 0.9),
    ];
    let sides = Sides { right: prepared.stored(RIGHT) };
    let sources = Sources { columns: sources, words };
    let all = [LEFT, RIGHT].map(|side| -> Vec<Set> {
        let rows = if side == LEFT || sides.right == RIGHT { prepared.rows[side] } else { 0 };
        (0..rows).map(|row| sources.of(side, row, false)).collect()
    });
    let count = |of: fn(u32) -> u32| {
        let counting = Counting { same: prepared.same, by_value, usual: 1e-3, length: &|_| 0 };
        let deepest =
            |side: &[Set]| -> Vec<u32> { side.iter().map(|set| set.deepest().map_or(MISSING, of)).collect() };
        Rarity::new([deepest(&all[LEFT]), deepest(&all[RIGHT])].map(Vec::into_iter), &counting)
    };
    let (county, city) = (count(county_of), count(city_of));
    Some((levels, Box::new(Regions { sources, all, sides, county, city })))
}

struct Regions<'a> {
    sources: Sources<'a>,
    /// By record.
    all: [Vec<Set>; 2],
    sides: Sides,
    county: Rarity,
    city: Rarity,
}

struct Sources<'a> {
    columns: Vec<&'a Column>,
    words: &'a Vocabulary,
}

/// The regions of one record, ancestors of others left out.
#[derive(Default, Clone, Copy)]
struct Set {
    codes: [u32; REGIONS_MAX],
    count: u8,
}

impl Set {
    fn codes(&self) -> &[u32] {
        &self.codes[..usize::from(self.count)]
    }

    fn add(&mut self, code: u32) {
        if code == NO_REGION || self.codes().iter().any(|known| *known == code || contains(code, *known)) {
            return;
        }
        if let Some(place) = self.codes().iter().position(|known| contains(*known, code)) {
            self.codes[place] = code;
        } else if usize::from(self.count) < REGIONS_MAX {
            self.codes[usize::from(self.count)] = code;
            self.count += 1;
        }
    }

    fn deepest(&self) -> Option<u32> {
        self.codes().first().copied()
    }
}

impl Sources<'_> {
    fn of(&self, side: usize, row: usize, without_name: bool) -> Set {
        let mut set = Set::default();
        for source in &self.columns {
            match source {
                Column::Region(codes) => set.add(codes[side][row]),
                Column::Address(all) => set.add(all[side][row].region),
                Column::Company(_) if without_name => {}
                Column::Company(names) => set.add(names[side][row].region),
                // Places 3 to 8 of a credit code are where it was given.
                Column::Text(ids) => set.add(registered_in(self.words.chars(ids[side][row]))),
                Column::Product(_) => {}
            }
        }
        set
    }
}

impl Regions<'_> {
    fn same_full_name(&self, left: usize, right: usize) -> bool {
        self.sources.columns.iter().any(|source| match source {
            Column::Company(names) => {
                let (a, b) = self.sides.pair(names, left, right);
                a.full != MISSING && a.full == b.full
            }
            _ => false,
        })
    }
}

impl Compare for Regions<'_> {
    fn compare(&self, left: usize, right: usize) -> Outcome {
        // Equal whole names share the region in them; only what else is known adds evidence.
        let (a, b) = if self.same_full_name(left, right) {
            (self.sources.of(LEFT, left, true), self.sources.of(self.sides.right, right, true))
        } else {
            let (a, b) = self.sides.pair(&self.all, left, right);
            (*a, *b)
        };
        let pairs = a.codes().iter().flat_map(|x| b.codes().iter().map(|y| (*x, *y)));
        let Some((level, code)) = pairs.map(|(x, y)| (relation(x, y), x)).min() else { return Outcome::NONE };
        match level {
            SAME_COUNTY => Outcome::sharing(level, self.county.bits(county_of(code))),
            SAME_CITY => Outcome::sharing(level, self.city.bits(city_of(code))),
            _ => Outcome::at(level),
        }
    }

    fn chance(&self, level: usize) -> f64 {
        match level {
            SAME_COUNTY => self.county.chance(),
            SAME_CITY => self.city.chance(),
            _ => 0.0,
        }
    }
}

fn registered_in(code: &[char]) -> u32 {
    let Some(digits) = code.get(2..8) else { return NO_REGION };
    digits
        .iter()
        .try_fold(0, |number, c| Some(number * 10 + c.to_digit(10)?))
        .filter(|n| *n >= 110_000)
        .unwrap_or(NO_REGION)
}

fn province_of(code: u32) -> u32 {
    code / 10_000
}

/// The city as a code; of a municipality the whole of it. 0 where only a province is known.
fn city_of(code: u32) -> u32 {
    if MUNICIPALITIES.contains(&province_of(code)) {
        province_of(code) * 10_000
    } else if code.is_multiple_of(10_000) {
        0
    } else {
        code / 100 * 100
    }
}

/// The county as a code; 0 where only a city is known.
fn county_of(code: u32) -> u32 {
    if code.is_multiple_of(100) { 0 } else { code }
}

/// Whether `inner` lies in `outer` and is not it.
fn contains(outer: u32, inner: u32) -> bool {
    outer != inner
        && province_of(outer) == province_of(inner)
        && (outer.is_multiple_of(10_000) || (outer.is_multiple_of(100) && city_of(outer) == city_of(inner)))
}

fn relation(a: u32, b: u32) -> usize {
    if province_of(a) != province_of(b) {
        return ELSEWHERE;
    }
    if county_of(a) != 0 && county_of(a) == county_of(b) {
        return SAME_COUNTY;
    }
    match (city_of(a), city_of(b)) {
        (0, _) | (_, 0) => NESTED,
        (x, y) if x == y => SAME_CITY,
        _ => SAME_PROVINCE,
    }
}

pub(super) fn address<'a>(
    all: &'a [Vec<Address>; 2],
    words: &'a Vocabulary,
    prepared: &Prepared,
    by_value: bool,
) -> Bound<'a> {
    let levels = vec![
        rare("相同", "equal", 0.4, 1e-4),
        level("同路同号", "the same road and number", 0.25, 1e-4),
        level("同路，号缺失", "the same road, a number missing", 0.05, 3e-4),
        level("同路不同号", "the same road, another number", 0.002, 0.1),
        level("文字大半相同", "mostly the same words", 0.08, 2e-3),
        level("同街道乡镇或部分相同", "the same town or some of the same words", 0.07, 0.03),
        level("不同", "different", 0.1, 0.96),
    ];
    let length = |id| words.chars(id).len();
    let counting = Counting { same: prepared.same, by_value, usual: 1e-5, length: &length };
    let how = Addresses {
        rest: Rarity::new(all.each_ref().map(|side| side.iter().map(|a| a.rest)), &counting),
        all,
        words,
        sides: Sides { right: prepared.stored(RIGHT) },
    };
    (levels, Box::new(how))
}

struct Addresses<'a> {
    all: &'a [Vec<Address>; 2],
    words: &'a Vocabulary,
    sides: Sides,
    rest: Rarity,
}

impl Compare for Addresses<'_> {
    fn compare(&self, left: usize, right: usize) -> Outcome {
        let (a, b) = self.sides.pair(self.all, left, right);
        if a.rest == MISSING || b.rest == MISSING {
            return Outcome::NONE;
        }
        if a.rest == b.rest {
            return Outcome::sharing(0, self.rest.bits(a.rest));
        }
        if a.road != MISSING && a.road == b.road {
            return Outcome::at(match (a.number, b.number) {
                (MISSING, _) | (_, MISSING) => 2,
                (x, y) if x == y => 1,
                _ => 3,
            });
        }
        let alike = dice(self.words.chars(a.rest), self.words.chars(b.rest));
        let same_town = a.town != MISSING && a.town == b.town;
        Outcome::at(if alike >= 0.6 {
            4
        } else if same_town || alike >= 0.35 {
            5
        } else {
            6
        })
    }

    fn chance(&self, level: usize) -> f64 {
        if level == 0 { self.rest.chance() } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_equal_nested_or_apart() {
        for (a, b, expected) in [
            (330_106, 330_106, SAME_COUNTY),
            (330_106, 330_100, SAME_CITY),
            (330_106, 330_109, SAME_CITY),
            (110_105, 110_000, SAME_CITY),
            (330_000, 330_106, NESTED),
            (330_000, 330_000, NESTED),
            (330_100, 330_200, SAME_PROVINCE),
            (330_100, 320_100, ELSEWHERE),
        ] {
            assert_eq!(relation(a, b), expected, "{a} {b}");
            assert_eq!(relation(b, a), expected, "{b} {a}");
        }
        let mut set = Set::default();
        for code in [330_000, 330_106, 330_100, 310_000] {
            set.add(code);
        }
        assert_eq!(set.codes(), [330_106, 310_000]);
        assert_eq!(registered_in(&"91330681716195421c".chars().collect::<Vec<_>>()), 330_681);
    }
}
