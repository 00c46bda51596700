//! The company register, with the defects registers have, and the truth about the defects.

use super::{Scratch, Table};
use crate::calendar::date;
use crate::capital::{capital, type_text};
use crate::dice::{Dice, Stream};
use crate::rows::Rows;
use crate::scope::{address, scope};
use crate::world::World;

pub(super) const REGISTRATION: Table = Table {
    name: "registration",
    truth: false,
    title: ("企业登记", "Company register"),
    columns: &[
        "file_year",
        "file_prov",
        "name",
        "uscc",
        "reg_date",
        "type",
        "capital",
        "scope",
        "province",
        "city",
        "address",
    ],
    rows: registration,
};

pub(super) const DEFECT: Table = Table {
    name: "defect",
    truth: true,
    title: ("登记数据中的缺陷", "Defects in the register"),
    columns: &["uscc", "written", "column_name", "kind"],
    rows: defects,
};

/// A defect of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Defect {
    CheckDigit,
    CodeMissing,
    OldNumber,
    WideLetters,
    Mojibake,
    Shifted,
    CapitalUnit,
    ImpossibleDate,
    OtherCity,
    Repeated,
}

/// Defects, how often among 1,000 of them, the column and the word of the truth file. After the national register:
/// 4,800 codes fail the check, 180 rows are shifted, some hundred are mojibake, 184 names repeat, of 1.1 million; rarer
/// ones are raised so that a small province has some of each.
const DEFECTS: [(Defect, u32, &str, &str); 10] = [
    (Defect::CheckDigit, 480, "uscc", "check_digit"),
    (Defect::CodeMissing, 40, "uscc", "missing"),
    (Defect::OldNumber, 60, "uscc", "old_number"),
    (Defect::WideLetters, 60, "uscc", "full_width"),
    (Defect::Mojibake, 60, "name", "mojibake"),
    (Defect::Shifted, 40, "type", "shifted"),
    (Defect::CapitalUnit, 100, "capital", "no_unit"),
    (Defect::ImpossibleDate, 60, "reg_date", "impossible"),
    (Defect::OtherCity, 50, "city", "contradicts_address"),
    (Defect::Repeated, 50, "", "repeated"),
];

/// The defect of an enterprise's row, and the draws that shape it.
fn defect(world: &World, index: u32) -> Option<(usize, Dice)> {
    let mut dice = world.blueprint.dice(Stream::Defect, index);
    if !dice.chance(world.blueprint.options.dirty_share) {
        return None;
    }
    let drawn = dice.below(1_000);
    let mut sum = 0;
    let at = DEFECTS.iter().position(|(_, share, _, _)| {
        sum += share;
        drawn < sum
    })?;
    Some((at, dice))
}

/// The code as the row has it.
fn written_code(code: &str, defect: Option<Defect>, dice: &mut Dice) -> String {
    match defect {
        Some(Defect::CodeMissing) => String::new(),
        // A number of the former form: 15 digits, of no region there is.
        Some(Defect::OldNumber) => format!("98{:013}", dice.bits() % 10_000_000_000_000),
        Some(Defect::CheckDigit) => {
            let body = code.get(..17).unwrap_or_default();
            let last = code.get(17..).unwrap_or_default();
            let other = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "A", "B", "C"];
            let drawn = dice.of_words(&other);
            format!("{body}{}", if drawn == last { "D" } else { drawn })
        }
        Some(Defect::WideLetters) => {
            code.chars().map(|c| char::from_u32(u32::from(c) + 0xFEE0).unwrap_or(c)).collect()
        }
        _ => code.to_owned(),
    }
}

/// What is left of a text whose bytes were read in the wrong encoding.
fn mojibake(text: &str) -> String {
    text.chars().enumerate().map(|(at, c)| if at % 3 == 2 { c } else { '\u{FFFD}' }).collect()
}

fn registration(world: &World, index: u32, scratch: &mut Scratch, rows: &mut Rows) {
    let drawn = defect(world, index);
    let found = drawn.as_ref().and_then(|(at, _)| DEFECTS.get(*at)).map(|defect| defect.0);
    let mut dice = drawn.map_or_else(|| world.blueprint.dice(Stream::Defect, index), |(_, dice)| dice);
    let repeats = if found == Some(Defect::Repeated) { 2 } else { 1 };
    let blueprint = &world.blueprint;
    let trade = world.trade(index);
    let form = blueprint.form(index, trade);
    let place = blueprint.place(index);
    let founded = blueprint.founded(index);
    let code = written_code(&blueprint.code(index), found, &mut dice);
    let mut name = world.name(index, trade, form).full();
    if found == Some(Defect::Mojibake) {
        name = mojibake(&name);
    }
    let mut capital = capital(blueprint, index, trade, form).map_or_else(|| "N/A".to_owned(), |c| c.text);
    if found == Some(Defect::CapitalUnit) {
        capital.truncate(capital.bytes().take_while(|b| matches!(b, b'0'..=b'9' | b',' | b'.')).count());
        if capital.is_empty() {
            capital.push_str("50");
        }
    }
    let city = if found == Some(Defect::OtherCity) {
        let others = &blueprint.places.places;
        let other = others.iter().find(|other| other.city_at != place.city_at);
        other.map_or(place.city, |other| other.city)
    } else {
        place.city
    };
    scratch.text.clear();
    scope(&mut scratch.text, blueprint, index, trade, |term| world.is_scarce(term));
    scratch.more.clear();
    address(&mut scratch.more, blueprint, index);
    super::directory::planted_in_address(&mut scratch.more, world, index);
    let year = date(founded).0;
    for _ in 0..repeats {
        rows.number(i64::from(year)).text(short(blueprint.places.province)).text(&name).text(&code);
        if found == Some(Defect::ImpossibleDate) {
            rows.text(&format!("{year}-02-30"));
        } else {
            rows.day(founded);
        }
        // A shifted row lacks this cell, and everything behind it stands one column too far left.
        if found != Some(Defect::Shifted) {
            rows.text(type_text(blueprint, index, form));
        }
        rows.text(&capital).text(&scratch.text).text(short(blueprint.places.province)).text(short(city));
        rows.text(&scratch.more).end();
    }
}

fn defects(world: &World, index: u32, _: &mut Scratch, rows: &mut Rows) {
    let Some((at, mut dice)) = defect(world, index) else { return };
    let Some((kind, _, column, word)) = DEFECTS.get(at) else { return };
    let code = world.blueprint.code(index);
    let written = written_code(&code, Some(*kind), &mut dice);
    rows.text(&code).text(&written).text(column).text(word).end();
}

/// Registers name provinces and cities without 省 and 市.
fn short(name: &str) -> &str {
    name.strip_suffix(['省', '市']).unwrap_or(name)
}
