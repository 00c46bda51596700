//! Credit codes no real enterprise can have, in a form every check accepts.
//!
//! A code reads `98` `<county>` `YY??????` `c` `C`, and three locks keep it apart from every real one:
//!
//! 1. `98`: GB 32100-2015 table 1 gives the registering department 9 (market regulation) the kinds of body 1, 2, 3 and
//!    9; kind 8 is not assigned. None of 1.02 million registered codes looked at begins with it.
//! 2. `YY`: the first eight of places 9–17 count upwards through an issuing sequence that has come to `MA`.
//! 3. `c`: places 9–17 of a real code are an organisation code with its check character (GB 11714). Here that check
//!    character is wrong on purpose, so the code stays impossible even if kind 8 were assigned one day.
//!
//! The last character is right, so the codes pass the check of GB 32100 that programs make, and places 3–8 are the
//! county's code, as in real ones.

use crate::dice::{Dice, Stream};
use brain_kernel::region::RegionCode;
use brain_kernel::uscc::check_character;

/// Registering department and kind of body that no real code begins with.
pub const RESERVED_PREFIX: &str = "98";
/// What places 9 and 10 always are.
pub const RESERVED_BODY: &str = "YY";

/// Characters of GB 32100 in value order.
const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
/// Codes the six free characters allow.
const SPACE: u64 = 31u64.pow(6);
/// Coprime to 31, so that multiplying permutes the space and no two indices share a code.
const STRIDE: u64 = 392_637_149;
/// Weights of an organisation code (GB 11714-1997 §4.2).
const ORGANISATION_WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];

/// The code of an enterprise in a county.
pub(crate) fn code(seed: u64, index: u32, county: RegionCode) -> String {
    let offset = Dice::of(seed, Stream::Code, 0).bits() % SPACE;
    let mut rest = (u64::from(index) * STRIDE % SPACE + offset) % SPACE;
    let mut free = [b'0'; 6];
    for slot in free.iter_mut().rev() {
        *slot = ALPHABET.get((rest % 31) as usize).copied().unwrap_or(b'0');
        rest /= 31;
    }
    let mut code = String::with_capacity(18);
    code.push_str(RESERVED_PREFIX);
    code.push_str(county.as_str());
    code.push_str(RESERVED_BODY);
    code.extend(free.map(char::from));
    code.push(wrong_organisation_check(code.get(8..16).unwrap_or_default()));
    // Every character is of the alphabet, so there is always a check character.
    code.push(check_character(&code).unwrap_or('?'));
    code
}

/// A character that is not the check character of GB 11714.
fn wrong_organisation_check(body: &str) -> char {
    match organisation_check(body) {
        'X' => '5',
        digit => char::from_digit((digit.to_digit(10).unwrap_or(0) + 5) % 10, 10).unwrap_or('0'),
    }
}

/// The check character of GB 11714 behind eight characters.
fn organisation_check(body: &str) -> char {
    let value = |byte: u8| match byte {
        b'0'..=b'9' => u32::from(byte - b'0'),
        _ => u32::from(byte.saturating_sub(b'A')) + 10,
    };
    let sum: u32 = body.bytes().zip(ORGANISATION_WEIGHTS).map(|(byte, weight)| value(byte) * weight).sum();
    match 11 - sum % 11 {
        10 => 'X',
        11 => '0',
        digit => char::from_digit(digit, 10).unwrap_or('0'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use brain_kernel::uscc::Uscc;
    use rustc_hash::FxHashSet;

    #[test]
    fn codes_pass_the_check_and_name_their_county() {
        let county = RegionCode::parse("330106").unwrap();
        let mut seen = FxHashSet::default();
        for index in (0..50_000).chain(49_990_000..50_000_000) {
            let text = code(7, index, county);
            let parsed = Uscc::parse(&text).unwrap();
            assert_eq!(parsed.region(), Some(county));
            assert!(seen.insert(text), "two enterprises share a code");
        }
    }

    #[test]
    fn no_real_code_can_be_met() {
        let county = RegionCode::parse("330106").unwrap();
        for index in 0..5_000 {
            let text = code(7, index, county);
            assert!(text.starts_with(RESERVED_PREFIX) && text[8..].starts_with(RESERVED_BODY));
            assert_ne!(text.chars().nth(16).unwrap(), organisation_check(&text[8..16]));
        }
    }

    #[test]
    fn the_organisation_check_is_that_of_real_codes() {
        // 锦源恒博集团有限公司, from the public register of Zhejiang: places 9 to 17 of its code.
        assert_eq!(organisation_check("71619542"), '1');
    }

    #[test]
    fn the_stride_permutes() {
        assert_ne!(STRIDE % 31, 0);
    }
}
