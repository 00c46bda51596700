//! Parts of blocking keys: what of a record is hashed.
#![expect(clippy::indexing_slicing, reason = "columns hold every record")]

use crate::prepare::{Address, Column, Company, MUNICIPALITIES, NO_REGION, Prepared, Product};
use crate::specification::{KeyPart, Specification, Take};
use crate::text::sound;
use crate::text::vocabulary::{MISSING, Vocabulary, hash_chars, hash_text, mix};

/// Most keys of one record under one block: parts with several values multiply.
const KEYS_MAX: usize = 32;

/// A part bound to its column.
pub(super) struct Part<'a> {
    column: &'a Column,
    words: &'a Vocabulary,
    take: Take,
}

#[derive(Default)]
pub(super) struct Scratch {
    keys: Vec<u64>,
    values: Vec<u64>,
    next: Vec<u64>,
}

/// The keys of a record: every combination of its parts' values; none where a part has none.
pub(super) fn keys<'s>(parts: &[Part<'_>], side: usize, row: usize, scratch: &'s mut Scratch) -> &'s [u64] {
    let Scratch { keys, values, next } = scratch;
    keys.clear();
    keys.push(0);
    for part in parts {
        values.clear();
        part.values(side, row, values);
        next.clear();
        for key in keys.iter() {
            next.extend(values.iter().map(|value| mix(*key, *value)));
        }
        next.truncate(KEYS_MAX);
        std::mem::swap(keys, next);
    }
    keys.sort_unstable();
    keys.dedup();
    keys
}

impl<'a> Part<'a> {
    /// `None` where a file has no such column.
    pub(super) fn new(specification: &Specification, prepared: &'a Prepared, part: &KeyPart) -> Option<Self> {
        let place = specification.fields.iter().position(|field| field.name == part.field)?;
        let column = prepared.columns.get(place)?.as_ref()?;
        Some(Self { column, words: &prepared.words, take: part.take })
    }

    /// Append what this part takes of a record, hashed.
    pub(super) fn values(&self, side: usize, row: usize, out: &mut Vec<u64>) {
        match self.column {
            Column::Text(ids) => self.text(ids[side][row], out),
            Column::Company(names) => self.company(&names[side][row], out),
            Column::Region(codes) => self.region(codes[side][row], out),
            Column::Address(all) => self.address(&all[side][row], out),
            Column::Product(all) => self.product(&all[side][row], out),
        }
    }

    fn text(&self, id: u32, out: &mut Vec<u64>) {
        if id == MISSING {
            return;
        }
        let chars = self.words.chars(id);
        match self.take {
            Take::Value => out.push(mix(u64::from(id), 1)),
            Take::Sound => push_text(out, &sound::sound(&chars.iter().collect::<String>())),
            Take::Initials => push_text(out, &sound::initials(&chars.iter().collect::<String>())),
            Take::First2 => push_first(out, chars, 2),
            Take::First4 => push_first(out, chars, 4),
            Take::Sorted => {
                let mut sorted = chars.to_vec();
                sorted.sort_unstable();
                out.push(hash_chars(&sorted));
            }
            Take::Deletions => deletions(out, chars, 3),
            Take::Bigrams => bigrams(out, chars),
            Take::Year => out.extend(chars.get(..4).map(hash_chars)),
            Take::MonthDay => out.extend(chars.get(4..8).map(hash_chars)),
            Take::Organisation => out.extend(chars.get(8..17).map(hash_chars)),
            Take::Province => out.extend(chars.get(2..4).map(hash_chars)),
            Take::City => out.extend(chars.get(2..6).map(hash_chars)),
            _ => {}
        }
    }

    fn company(&self, name: &Company, out: &mut Vec<u64>) {
        let chars = |id| self.words.chars(id);
        match self.take {
            Take::Value => push_id(out, name.full),
            Take::Brand => push_id(out, name.brand),
            Take::BrandSound => push_id(out, name.brand_sound),
            Take::Core => push_id(out, name.core),
            Take::Trade => push_id(out, name.trade),
            Take::BrandDeletions => deletions(out, chars(name.brand), 3),
            Take::CoreDeletions => deletions(out, chars(name.core), 4),
            Take::CoreFirst2 => push_first(out, chars(name.core), 2),
            Take::BrandBigrams => bigrams(out, chars(name.brand)),
            _ => self.region(name.region, out),
        }
    }

    fn region(&self, code: u32, out: &mut Vec<u64>) {
        if code == NO_REGION {
            return;
        }
        match self.take {
            Take::Province => out.push(mix(u64::from(code / 10_000), 2)),
            // A province alone is a shelf of its own: its records meet each other and no city's. The four cities that
            // are provinces are one shelf each.
            Take::City if MUNICIPALITIES.contains(&(code / 10_000)) => {
                out.push(mix(u64::from(code / 10_000), 3))
            }
            Take::City => out.push(mix(u64::from(code / 100), 3)),
            _ => out.push(mix(u64::from(code), 2)),
        }
    }

    fn address(&self, address: &Address, out: &mut Vec<u64>) {
        match self.take {
            Take::Value => push_id(out, address.rest),
            Take::Road => push_id(out, address.road),
            Take::HouseNumber => push_id(out, address.number),
            Take::Bigrams => bigrams(out, self.words.chars(address.rest)),
            _ => self.region(address.region, out),
        }
    }

    fn product(&self, product: &Product, out: &mut Vec<u64>) {
        match self.take {
            Take::Value => push_id(out, product.whole),
            Take::Models => product.models.iter().for_each(|model| push_id(out, *model)),
            Take::Bigrams => bigrams(out, self.words.chars(product.words)),
            _ => {}
        }
    }
}

fn push_id(out: &mut Vec<u64>, id: u32) {
    if id != MISSING {
        out.push(mix(u64::from(id), 1));
    }
}

fn push_text(out: &mut Vec<u64>, text: &str) {
    if !text.is_empty() {
        out.push(hash_text(text));
    }
}

fn push_first(out: &mut Vec<u64>, chars: &[char], length: usize) {
    out.extend(chars.get(..length).map(hash_chars));
}

fn bigrams(out: &mut Vec<u64>, chars: &[char]) {
    out.extend(chars.windows(2).take(KEYS_MAX).map(hash_chars));
}

/// The text, and the text without each character in turn where it has `least` characters: two texts one typing error
/// apart (a character lost, added, changed or swapped with its neighbour) share one of them.
fn deletions(out: &mut Vec<u64>, chars: &[char], least: usize) {
    if chars.is_empty() {
        return;
    }
    out.push(hash_chars(chars));
    if !(least..=24).contains(&chars.len()) {
        return;
    }
    let mut shorter: Vec<char> = Vec::with_capacity(chars.len());
    for lost in 0..chars.len() {
        shorter.clear();
        shorter.extend(chars.iter().enumerate().filter(|(at, _)| *at != lost).map(|(_, c)| *c));
        out.push(hash_chars(&shorter));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn one_typing_error_apart_shares_a_key(text in "[a-z]{4,12}", at in 0..12_usize, kind in 0..4_u8) {
            let chars: Vec<char> = text.chars().collect();
            let at = at % (chars.len() - 1);
            let mut other = chars.clone();
            match kind {
                0 => { other.remove(at); }
                1 => other.insert(at, '9'),
                2 => other[at] = '9',
                _ => other.swap(at, at + 1),
            }
            let (mut a, mut b) = (Vec::new(), Vec::new());
            deletions(&mut a, &chars, 3);
            deletions(&mut b, &other, 3);
            prop_assert!(a.iter().any(|key| b.contains(key)), "{chars:?} {other:?}");
        }
    }
}
