//! Unified social credit code (统一社会信用代码), GB 32100-2015.

use crate::region::RegionCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The 31 characters of GB 32100-2015 §4.3 in value order; I, O, S, V, Z are not used.
const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
/// Weight of each of the first 17 places, 3^i mod 31 (GB 32100-2015 §4.4).
const WEIGHTS: [u32; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];

/// Why a text is no USCC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UsccError {
    /// Not 18 characters long.
    #[error("a USCC has 18 characters, this has {0}")]
    Length(usize),
    /// A character outside the alphabet, at this position counted from 1.
    #[error("character {0} is not one a USCC may contain")]
    Character(usize),
    /// The last character is not the check character of the first 17.
    #[error("the check character should be {expected}")]
    CheckDigit {
        /// What the last character should be.
        expected: char,
    },
}

/// A USCC whose characters and check digit are right.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Uscc(String);

impl Uscc {
    /// Parse after trimming, folding full-width characters and upper-casing (see [`clean`]).
    pub fn parse(text: &str) -> Result<Self, UsccError> {
        let cleaned = clean(text);
        check(&cleaned)?;
        Ok(Self(cleaned))
    }

    /// The 18 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Region of registration, places 3–8. `None` where they are no region code (national registrations).
    #[must_use]
    pub fn region(&self) -> Option<RegionCode> {
        RegionCode::parse(self.0.get(2..8)?).ok()
    }
}

impl fmt::Display for Uscc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Uscc {
    type Error = UsccError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<Uscc> for String {
    fn from(code: Uscc) -> Self {
        code.0
    }
}

/// White space removed, full-width letters and digits folded, upper case.
#[must_use]
pub fn clean(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| match c {
            '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
            _ => c,
        })
        .map(|c| c.to_ascii_uppercase())
        .collect()
}

/// Check 18 already cleaned characters without allocating; the hot path of ingest.
pub fn check(code: &str) -> Result<(), UsccError> {
    let bytes = code.as_bytes();
    if bytes.len() != 18 {
        return Err(UsccError::Length(code.chars().count()));
    }
    let expected = expected_value(bytes)?;
    let last = bytes.last().copied().unwrap_or_default();
    let found = value_of(last).ok_or(UsccError::Character(18))?;
    if found == expected { Ok(()) } else { Err(UsccError::CheckDigit { expected: character(expected) }) }
}

/// The check character that belongs behind the first 17 characters (GB 32100-2015 §4.4).
pub fn check_character(first: &str) -> Result<char, UsccError> {
    if first.len() != 17 {
        return Err(UsccError::Length(first.chars().count()));
    }
    expected_value(first.as_bytes()).map(character)
}

/// Value of the check character, from the first 17 places.
fn expected_value(bytes: &[u8]) -> Result<u32, UsccError> {
    let mut sum = 0;
    for (place, (byte, weight)) in bytes.iter().zip(WEIGHTS).enumerate() {
        sum += value_of(*byte).ok_or(UsccError::Character(place + 1))? * weight;
    }
    Ok((31 - sum % 31) % 31)
}

fn character(value: u32) -> char {
    ALPHABET.get(value as usize).map_or('?', |byte| char::from(*byte))
}

/// Value of each ASCII byte in the alphabet, 255 for those outside it; built at compile time.
#[expect(clippy::indexing_slicing, reason = "evaluated at compile time, where a panic is a compile error")]
const VALUES: [u8; 128] = {
    let mut table = [255u8; 128];
    let mut i = 0;
    while i < ALPHABET.len() {
        table[ALPHABET[i] as usize] = i as u8;
        i += 1;
    }
    table
};

fn value_of(byte: u8) -> Option<u32> {
    VALUES.get(usize::from(byte)).copied().filter(|v| *v != 255).map(u32::from)
}

impl JsonSchema for Uscc {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Uscc".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^[0-9A-HJ-NPQRTUWXY]{18}$" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_codes_pass_and_name_their_region() {
        // 锦源恒博集团有限公司, from the public register of Zhejiang
        let code = Uscc::parse(" 91330681716195421c ").unwrap();
        assert_eq!(code.as_str(), "91330681716195421C");
        assert_eq!(code.region().unwrap().as_str(), "330681");
        assert!(Uscc::parse("９１３３０７８２７１２５８８４２０Ｃ").is_ok());
    }

    #[test]
    fn the_check_character_is_the_one_that_passes() {
        assert_eq!(check_character("91330681716195421"), Ok('C'));
        assert_eq!(check_character("9133068171619542"), Err(UsccError::Length(16)));
        assert_eq!(check_character("9133068171619542O"), Err(UsccError::Character(17)));
    }

    #[test]
    fn each_way_to_be_wrong_is_told_apart() {
        assert_eq!(check("3303021012389"), Err(UsccError::Length(13)));
        assert_eq!(check("91330681716195421I"), Err(UsccError::Character(18)));
        assert_eq!(check("9133068171619542OC"), Err(UsccError::Character(17)));
        assert_eq!(check("91330681716195421D"), Err(UsccError::CheckDigit { expected: 'C' }));
    }

    #[test]
    fn any_single_substitution_is_detected() {
        let good = "91330681716195421C";
        for place in 0..18 {
            for byte in ALPHABET {
                let mut bytes = good.as_bytes().to_vec();
                if bytes[place] == *byte {
                    continue;
                }
                bytes[place] = *byte;
                assert!(check(std::str::from_utf8(&bytes).unwrap()).is_err());
            }
        }
    }
}
