//! Columns ready to be compared: each value folded once, interned, taken apart.

use crate::company::{self, LegalForm};
use crate::error::{MatchError, Result};
use crate::records::Records;
use crate::specification::{Field, Kind, Specification};
use crate::text::fold;
use crate::text::sound;
use crate::text::vocabulary::{MISSING, Vocabulary};
use crate::{address, product};
use brain_kernel::progress::Cancel;
use brain_kernel::region::RegionCode;
use brain_kernel::{date, uscc};
use rayon::prelude::*;

/// Records folded at once before their texts are interned: bounds the memory of what lies between.
const BATCH: usize = 65_536;
/// A region that is not known.
pub(crate) const NO_REGION: u32 = 0;
/// Province numbers of the four cities that are provinces (直辖市).
pub(crate) const MUNICIPALITIES: [u32; 4] = [11, 12, 31, 50];

/// What a company name became; texts by number.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Company {
    /// The whole name; missing where the name is no complete one.
    pub(crate) full: u32,
    /// 字号 and trade.
    pub(crate) core: u32,
    /// First two, three and four characters of `core`.
    pub(crate) heads: [u32; 3],
    pub(crate) brand: u32,
    pub(crate) brand_sound: u32,
    pub(crate) trade: u32,
    pub(crate) branch: u32,
    pub(crate) region: u32,
    pub(crate) form: u8,
    pub(crate) group: bool,
}

/// What an address became.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Address {
    pub(crate) rest: u32,
    pub(crate) town: u32,
    pub(crate) road: u32,
    pub(crate) number: u32,
    pub(crate) region: u32,
}

/// What a product became.
#[derive(Debug, Clone, Default)]
pub(crate) struct Product {
    pub(crate) whole: u32,
    pub(crate) words: u32,
    pub(crate) models: Box<[u32]>,
}

/// One column of both sides. When one file is matched with itself the second side is empty and stands for the first.
#[derive(Debug)]
pub(crate) enum Column {
    Text([Vec<u32>; 2]),
    Company([Vec<Company>; 2]),
    Region([Vec<u32>; 2]),
    Address([Vec<Address>; 2]),
    Product([Vec<Product>; 2]),
}

/// Both files ready to be compared.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) words: Vocabulary,
    /// By field of the specification; `None` where a file has no such column.
    pub(crate) columns: Vec<Option<Column>>,
    /// Records of each side; equal when one file is matched with itself.
    pub(crate) rows: [usize; 2],
    /// Whether one file is matched with itself.
    pub(crate) same: bool,
}

/// Which of the two files.
pub(crate) type Side = usize;
pub(crate) const LEFT: Side = 0;
pub(crate) const RIGHT: Side = 1;

impl Prepared {
    pub(crate) fn new(
        left: &Records,
        right: Option<&Records>,
        specification: &Specification,
        cancel: &Cancel,
    ) -> Result<Self> {
        let mut words = Vocabulary::new();
        let mut columns = Vec::new();
        for field in &specification.fields {
            let found = [place(left, field), right.map_or(place(left, field), |right| place(right, field))];
            columns.push(match found {
                [Some(in_left), Some(in_right)] => {
                    let second = right.map(|right| (right, in_right));
                    Some(column(field.kind, (left, in_left), second, &mut words, cancel)?)
                }
                _ => None,
            });
        }
        words.freeze();
        let rows = [left.len(), right.map_or(left.len(), Records::len)];
        Ok(Self { words, columns, rows, same: right.is_none() })
    }

    /// The side whose values stand for `side`.
    pub(crate) fn stored(&self, side: Side) -> Side {
        if self.same { LEFT } else { side }
    }
}

fn place(records: &Records, field: &Field) -> Option<usize> {
    records.find([field.name.as_str()].into_iter().chain(field.columns.iter().map(String::as_str)))
}

fn column(
    kind: Kind,
    left: (&Records, usize),
    right: Option<(&Records, usize)>,
    words: &mut Vocabulary,
    cancel: &Cancel,
) -> Result<Column> {
    /// Fold in parallel, intern in order: numbers do not depend on the number of threads.
    fn both<T: Send, U>(
        sides: (&(&Records, usize), Option<&(&Records, usize)>),
        cancel: &Cancel,
        parse: impl Fn(&str) -> T + Sync,
        mut intern: impl FnMut(T) -> U,
    ) -> Result<[Vec<U>; 2]> {
        let mut one = |side: &(&Records, usize)| -> Result<Vec<U>> {
            let (records, column) = side;
            let mut out = Vec::with_capacity(records.len());
            for start in (0..records.len()).step_by(BATCH) {
                if cancel.is_cancelled() {
                    return Err(MatchError::Cancelled);
                }
                let batch: Vec<T> = (start..(start + BATCH).min(records.len()))
                    .into_par_iter()
                    .with_min_len(512)
                    .map(|row| parse(records.cell(row, *column)))
                    .collect();
                out.extend(batch.into_iter().map(&mut intern));
            }
            Ok(out)
        };
        let first = one(sides.0)?;
        let second = sides.1.map(one).transpose()?.unwrap_or_default();
        Ok([first, second])
    }
    let sides = (&left, right.as_ref());
    Ok(match kind {
        Kind::Text => Column::Text(both(sides, cancel, fold::letters, |text| words.intern(&text))?),
        Kind::Code => Column::Text(both(sides, cancel, code, |text| words.intern(&text))?),
        Kind::CreditCode => Column::Text(both(sides, cancel, credit_code, |text| words.intern(&text))?),
        Kind::Date => Column::Text(both(sides, cancel, day, |text| words.intern(&text))?),
        Kind::PersonName => Column::Text(both(sides, cancel, person, |text| words.intern(&text))?),
        Kind::Region => Column::Region(both(sides, cancel, region_of, |code| code)?),
        Kind::Company => Column::Company(both(sides, cancel, company_parts, |parts| parts.intern(words))?),
        Kind::Address => Column::Address(both(sides, cancel, address::parse, |found| Address {
            rest: words.intern(&found.rest),
            town: words.intern(&found.town),
            road: words.intern(&found.road),
            number: words.intern(&found.number),
            region: found.region.map_or(NO_REGION, |code| region_number(&code)),
        })?),
        Kind::Product => Column::Product(both(sides, cancel, product::parse, |found| Product {
            whole: words.intern(&found.whole),
            words: words.intern(&found.words),
            models: found.models.iter().map(|model| words.intern(model)).collect(),
        })?),
    })
}

struct CompanyParts {
    name: company::CompanyName,
    sound: String,
}

fn company_parts(text: &str) -> CompanyParts {
    let name = company::parse(text);
    let sound = sound::sound(name.brand());
    CompanyParts { name, sound }
}

impl CompanyParts {
    fn intern(self, words: &mut Vocabulary) -> Company {
        let name = self.name;
        Company {
            full: if name.is_complete() { words.intern(&name.full) } else { MISSING },
            core: words.intern(&name.core),
            heads: [2, 3, 4].map(|length| words.intern(first(&name.core, length))),
            brand: words.intern(name.brand()),
            brand_sound: words.intern(&self.sound),
            trade: words.intern(name.trade()),
            branch: words.intern(&name.branch),
            region: name.region.map_or(NO_REGION, |code| region_number(&code)),
            form: form_number(name.form),
            group: name.is_group,
        }
    }
}

/// The first characters; nothing where there are fewer.
fn first(text: &str, length: usize) -> &str {
    let end = text.char_indices().nth(length - 1).map_or(0, |(at, c)| at + c.len_utf8());
    text.get(..end).unwrap_or_default()
}

fn form_number(form: LegalForm) -> u8 {
    form as u8
}

/// Values that say there is none.
fn is_nothing(text: &str) -> bool {
    matches!(
        text,
        "" | "na" | "n/a" | "null" | "none" | "nan" | "-" | "--" | "无" | "/" | "未知" | "不详" | "unknown"
    )
}

fn code(text: &str) -> String {
    let folded = fold::fold(text);
    if is_nothing(&folded) {
        return String::new();
    }
    let mut kept: String = folded.chars().filter(|c| c.is_alphanumeric()).collect();
    // `000000`, `111111`: a form was filled in, not a number.
    let mut chars = kept.chars();
    let first = chars.next();
    if kept.len() >= 5 && chars.all(|c| Some(c) == first) {
        kept.clear();
    }
    kept
}

fn credit_code(text: &str) -> String {
    let cleaned = uscc::clean(text);
    let plausible = cleaned.len() == 18 && cleaned.bytes().all(|b| b.is_ascii_alphanumeric());
    if plausible { code(&cleaned) } else { String::new() }
}

/// `yyyymmdd` where it is a day; else its digits, so that a typing error can still be one digit off.
fn day(text: &str) -> String {
    match date::parse(text) {
        Ok(Some(day)) => day.format("%Y%m%d").to_string(),
        Ok(None) => String::new(),
        Err(_) => text.chars().filter(char::is_ascii_digit).collect(),
    }
}

fn person(text: &str) -> String {
    let folded = fold::fold(text);
    if is_nothing(&folded) { String::new() } else { folded.chars().filter(|c| c.is_alphanumeric()).collect() }
}

fn region_of(text: &str) -> u32 {
    let folded = fold::fold(text);
    let code = if folded.bytes().all(|b| b.is_ascii_digit()) {
        RegionCode::parse(&folded).ok()
    } else {
        company::region::prefix(&folded).and_then(|found| found.code)
    };
    code.map_or(NO_REGION, |code| region_number(&code))
}

/// The six digits as a number.
pub(crate) fn region_number(code: &RegionCode) -> u32 {
    code.as_str().parse().unwrap_or(NO_REGION)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_missing_and_codes_are_bare() {
        for nothing in ["", "N/A", "无", "000000", "-", "1111111111"] {
            assert_eq!(code(nothing), "", "{nothing}");
        }
        assert_eq!(code("０５７１－8800 1234"), "057188001234");
        assert_eq!(credit_code(" 91330681716195421c"), "91330681716195421c");
        assert_eq!(credit_code("9133"), "");
        assert_eq!((day("1999-2-3").as_str(), day("19990231").as_str()), ("19990203", "19990231"));
        assert_eq!((region_of("3301"), region_of("杭州"), region_of("?")), (330_100, 330_100, NO_REGION));
    }
}
