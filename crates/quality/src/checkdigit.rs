//! Check digits (校验位) of the identifiers that tables carry.

use brain_kernel::uscc;

use crate::rule::Scheme;

/// Whether the check digit is right; the text is taken as stored, so case and blanks count.
pub(crate) fn is_right(scheme: Scheme, text: &str) -> bool {
    match scheme {
        Scheme::Uscc => uscc::check(text).is_ok(),
        Scheme::ResidentId => resident_id(text),
        Scheme::Gtin => gtin(text),
        Scheme::Luhn => luhn(text),
    }
}

fn digits(text: &str) -> Option<Vec<u32>> {
    text.bytes().map(|byte| byte.is_ascii_digit().then(|| u32::from(byte - b'0'))).collect()
}

/// GB 11643-1999 §4.4 (ISO 7064 MOD 11-2).
fn resident_id(text: &str) -> bool {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let (Some(first), Some(last)) = (text.get(..17), text.get(17..)) else { return false };
    let Some(digits) = digits(first) else { return false };
    let sum: u32 = digits.iter().zip(WEIGHTS).map(|(digit, weight)| digit * weight).sum();
    let expected = b"10X98765432".get((sum % 11) as usize);
    matches!(last.as_bytes(), [found] if Some(found) == expected)
}

/// GS1: EAN-8, UPC-A, EAN-13 and GTIN-14, weights 3 and 1 from the right.
fn gtin(text: &str) -> bool {
    if !matches!(text.len(), 8 | 12 | 13 | 14) {
        return false;
    }
    let Some(digits) = digits(text) else { return false };
    let weigh = |(place, digit): (usize, &u32)| if place % 2 == 0 { *digit } else { 3 * *digit };
    digits.iter().rev().enumerate().map(weigh).sum::<u32>() % 10 == 0
}

/// ISO/IEC 7812-1 annex B, bank cards.
fn luhn(text: &str) -> bool {
    if !(12..=19).contains(&text.len()) {
        return false;
    }
    let Some(digits) = digits(text) else { return false };
    let weigh = |(place, digit): (usize, &u32)| {
        let weighed = if place % 2 == 0 { *digit } else { 2 * *digit };
        if weighed > 9 { weighed - 9 } else { weighed }
    };
    digits.iter().rev().enumerate().map(weigh).sum::<u32>() % 10 == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_of_published_examples_are_right_and_a_changed_digit_is_not() {
        // GB 11643-1999 annex A; GS1 General Specifications; ISO/IEC 7812-1.
        for (scheme, right, wrong) in [
            (Scheme::Uscc, "91330681716195421C", "91330681716195422C"),
            (Scheme::ResidentId, "11010519491231002X", "110105194912310021"),
            (Scheme::Gtin, "6291041500213", "6291041500214"),
            (Scheme::Gtin, "73513537", "73513536"),
            (Scheme::Luhn, "4111111111111111", "4111111111111112"),
        ] {
            assert!(is_right(scheme, right), "{right}");
            assert!(!is_right(scheme, wrong), "{wrong}");
            assert!(!is_right(scheme, ""));
            assert!(!is_right(scheme, "汉字汉字汉字"));
        }
    }
}
