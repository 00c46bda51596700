//! Approval numbers of maps (审图号): who approved, the year, the running number.

use super::BoundaryError;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// First year such numbers are found in.
const YEAR_MIN: i32 = 1990;
/// Characters kept of a text that is none.
const SHOWN_CHARACTERS: usize = 40;
/// One-character names of the provinces whose authorities approve maps.
const PROVINCES: &str = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼";

/// An approval number in its usual form, `GS(2024)0650号`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Approval(String);

impl Approval {
    /// Parse `GS(2024)0650号`, `GS京(2022)1061号` (national, handled by a province), `浙S(2023)12号` or `粤BS(2023)12号`
    /// (a province, or a city in it by a letter). Brackets may be （）, 〔〕 or []; `year_now` bounds the year.
    pub fn parse(text: &str, year_now: i32) -> Result<Self, BoundaryError> {
        let refuse =
            || BoundaryError::Approval { given: text.trim().chars().take(SHOWN_CHARACTERS).collect() };
        let plain: String = text.chars().filter(|c| !c.is_whitespace()).map(usual).collect();
        let (issuer, rest) = plain.split_once('(').ok_or_else(refuse)?;
        let (year, number) = rest.split_once(')').ok_or_else(refuse)?;
        let number = number.strip_suffix('号').ok_or_else(refuse)?;
        let digits = |text: &str, least: usize, most: usize| {
            (least..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
        };
        let year_fits =
            digits(year, 4, 4) && year.parse().is_ok_and(|year: i32| (YEAR_MIN..=year_now).contains(&year));
        let number_fits = digits(number, 1, 6) && number.bytes().any(|b| b != b'0');
        if !(is_issuer(issuer) && year_fits && number_fits) {
            return Err(refuse());
        }
        Ok(Self(plain))
    }
}

impl fmt::Display for Approval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The usual sign for one that people type in its place.
fn usual(c: char) -> char {
    match c {
        '（' | '〔' | '[' | '［' => '(',
        '）' | '〕' | ']' | '］' => ')',
        'Ａ'..='Ｚ' | '０'..='９' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        c => c.to_ascii_uppercase(),
    }
}

fn is_issuer(text: &str) -> bool {
    let is_province = |text: &str| {
        let mut characters = text.chars();
        characters.next().is_some_and(|c| PROVINCES.contains(c)) && characters.next().is_none()
    };
    if let Some(province) = text.strip_prefix("GS") {
        return province.is_empty() || is_province(province);
    }
    let Some(place) = text.strip_suffix('S') else { return false };
    let city = place.trim_end_matches(|c: char| c.is_ascii_uppercase());
    is_province(city) && place.len() - city.len() <= 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_forms_are_taken_in_their_usual_spelling() {
        let cases = [
            ("GS(2024)0650号", "GS(2024)0650号"),
            (" gs（2019）1719 号 ", "GS(2019)1719号"),
            ("ＧＳ〔２０２４〕０６５０号", "GS(2024)0650号"),
            ("GS京(2022)1061号", "GS京(2022)1061号"),
            ("浙S(2023)12号", "浙S(2023)12号"),
            ("粤BS[2023]012号", "粤BS(2023)012号"),
        ];
        for (given, kept) in cases {
            assert_eq!(Approval::parse(given, 2026).unwrap().to_string(), kept, "{given}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for bad in [
            "",
            "号",
            "GS(2024)0650",
            "GS2024-0650号",
            "GS(2024)号",
            "GS(2024)0000号",
            "GS(24)0650号",
            "GS(2027)0650号",
            "GS(1949)1号",
            "GS(2024)1234567号",
            "GS(2024)06a0号",
            "XS(2024)12号",
            "GSX(2024)12号",
            "省S(2023)12号",
            "S(2023)12号",
            "浙(2023)12号",
            "浙ABS(2023)12号",
            "GS(2024)(1)号",
            "none",
        ] {
            assert!(Approval::parse(bad, 2026).is_err(), "{bad}");
        }
    }
}
