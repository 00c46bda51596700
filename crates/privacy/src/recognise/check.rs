//! Check digits and built-in structure of Chinese numbers.

/// Weights of the first 17 places of a resident identity number (GB 11643-1999 §6.2, 2^(i−1) mod 11).
const RESIDENT_WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
/// Check characters by remainder (GB 11643-1999 §6.2, ISO 7064 MOD 11-2).
const RESIDENT_CHECKS: &[u8; 11] = b"10X98765432";
/// Weights of the eight places of an organisation code (GB 11714-1997 §4.2).
const ORGANISATION_WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];

/// Whether the text is a resident identity number: 18 characters with the right check character, or the former 15
/// digits. The first two digits must be a province of GB/T 2260 (81–83: residence permits of Hong Kong, Macau and
/// Taiwan residents), the date must exist between 1850 and 2099. Counties are not looked up: numbers keep the code
/// of the county that issued them, abolished ones included.
#[must_use]
pub fn resident_id(text: &[u8]) -> bool {
    match text.len() {
        18 => {
            let (Some(body), Some(last)) = (text.get(..17), text.get(17)) else { return false };
            resident_id_check_character(body) == Some(last.to_ascii_uppercase())
                && province(text)
                && text.get(6..14).is_some_and(|day| date(day, 1850, 2099))
        }
        15 => text.iter().all(u8::is_ascii_digit) && province(text) && short_date(text),
        _ => false,
    }
}

/// The check character of the first 17 digits; `None` where they are not digits.
#[must_use]
pub fn resident_id_check_character(body: &[u8]) -> Option<u8> {
    if body.len() != 17 {
        return None;
    }
    let mut sum = 0;
    for (byte, weight) in body.iter().zip(RESIDENT_WEIGHTS) {
        sum += digit(*byte)? * weight;
    }
    RESIDENT_CHECKS.get((sum % 11) as usize).copied()
}

/// Whether the digits pass the Luhn test (ISO/IEC 7812-1 annex B).
#[must_use]
pub fn luhn(digits: &[u8]) -> bool {
    let mut sum = 0;
    for (place, byte) in digits.iter().rev().enumerate() {
        let Some(value) = digit(*byte) else { return false };
        sum += match (place % 2, value * 2) {
            (0, _) => value,
            (_, doubled) if doubled > 9 => doubled - 9,
            (_, doubled) => doubled,
        };
    }
    !digits.is_empty() && sum % 10 == 0
}

/// Whether the digits are a card number: a length its issuer range uses, and the Luhn test.
///
/// Ranges: 62 UnionPay 16–19; 9558 (the oldest domestic cards) 19; 4 Visa 16; 51–55 and 2221–2720 Mastercard 16;
/// 34 and 37 American Express 15; 3528–3589 JCB 16.
#[must_use]
pub(crate) fn bank_card(digits: &[u8]) -> bool {
    let Some(range) = digits.get(..4).and_then(number) else { return false };
    let length = digits.len();
    let fits = match range {
        6200..=6299 => (16..=19).contains(&length),
        9558 => length == 19,
        4000..=4999 | 5100..=5599 | 2221..=2720 | 3528..=3589 => length == 16,
        3400..=3499 | 3700..=3799 => length == 15,
        _ => false,
    };
    fits && luhn(digits)
}

/// Whether nine characters are an organisation code (GB 11714): eight of `0-9A-Z` and their check character.
#[must_use]
pub fn organisation_code(code: &[u8]) -> bool {
    let (9, Some((last, body))) = (code.len(), code.split_last()) else { return false };
    let mut sum = 0;
    for (byte, weight) in body.iter().zip(ORGANISATION_WEIGHTS) {
        let value = match byte {
            b'0'..=b'9' => u32::from(byte - b'0'),
            b'A'..=b'Z' => u32::from(byte - b'A') + 10,
            _ => return false,
        };
        sum += value * weight;
    }
    let expected = match 11 - sum % 11 {
        10 => b'X',
        11 => b'0',
        value => b'0' + value as u8,
    };
    *last == expected
}

/// Whether 15 digits are a business registration number (工商注册号, GS 15-2006): a region and the check digit of
/// ISO 7064 MOD 11,10 (GB/T 17710).
#[must_use]
pub fn business_registration(digits: &[u8]) -> bool {
    if digits.len() != 15 || !(province(digits) || digits.starts_with(b"10")) {
        return false;
    }
    let mut product = 10;
    for (place, byte) in digits.iter().enumerate() {
        let Some(value) = digit(*byte) else { return false };
        let sum = (product + value) % 10;
        if place == 14 {
            return sum == 1;
        }
        product = if sum == 0 { 10 } else { sum } * 2 % 11;
    }
    false
}

/// Whether the digits start with a mobile prefix: 1 and 3–9, 11 digits (YD/T numbering plan).
pub(crate) fn mobile(digits: &[u8]) -> bool {
    matches!(digits, [b'1', b'3'..=b'9', ..]) && digits.len() == 11 && digits.iter().all(u8::is_ascii_digit)
}

/// Whether the digits are an area code (010, 02x, 03xx–09xx) followed by a subscriber number of the right length.
pub(crate) fn landline(digits: &[u8]) -> bool {
    let subscriber = match digits {
        [b'0', b'1', b'0', rest @ ..] => rest,
        [b'0', b'2', b'0'..=b'9', rest @ ..] => rest,
        [b'0', b'3'..=b'9', b'1'..=b'9', _, rest @ ..] => rest,
        _ => return false,
    };
    let two_digit_city = matches!(digits, [b'0', b'1' | b'2', ..]);
    let length = if two_digit_city { subscriber.len() == 8 } else { matches!(subscriber.len(), 7 | 8) };
    length && matches!(subscriber.first(), Some(b'2'..=b'8')) && subscriber.iter().all(u8::is_ascii_digit)
}

/// Province part of GB/T 2260, and 81–83.
pub(crate) fn province(text: &[u8]) -> bool {
    let (Some(first), Some(second)) = (text.first(), text.get(1)) else { return false };
    match first {
        b'1' => matches!(second, b'1'..=b'5'),
        b'2' => matches!(second, b'1'..=b'3'),
        b'3' => matches!(second, b'1'..=b'7'),
        b'4' => matches!(second, b'1'..=b'6'),
        b'5' => matches!(second, b'0'..=b'4'),
        b'6' => matches!(second, b'1'..=b'5'),
        b'7' => *second == b'1',
        b'8' => matches!(second, b'1'..=b'3'),
        _ => false,
    }
}

/// `YYYYMMDD` of the calendar.
fn date(text: &[u8], first: u32, last: u32) -> bool {
    let part = |range| text.get(range).and_then(number);
    let (Some(year), Some(month), Some(day)) = (part(0..4), part(4..6), part(6..8)) else { return false };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    (first..=last).contains(&year) && (1..=days).contains(&day)
}

/// `YYMMDD` at places 7–12 of the former 15-digit number: years of the twentieth century.
fn short_date(text: &[u8]) -> bool {
    let Some(short) = text.get(6..12) else { return false };
    let mut full = *b"19000000";
    if let Some(place) = full.get_mut(2..) {
        place.copy_from_slice(short);
    }
    date(&full, 1900, 1999)
}

fn digit(byte: u8) -> Option<u32> {
    byte.is_ascii_digit().then(|| u32::from(byte - b'0'))
}

fn number(text: &[u8]) -> Option<u32> {
    text.iter().try_fold(0, |sum: u32, byte| Some(sum * 10 + digit(*byte)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_standard_passes_and_its_neighbours_fail() {
        // GB 11643-1999 annex A
        assert!(resident_id(b"11010519491231002X"));
        assert!(resident_id(b"440524188001010014"));
        assert!(resident_id(b"11010519491231002x"));
        for last in b"0123456789" {
            let mut wrong = *b"11010519491231002X";
            wrong[17] = *last;
            assert!(!resident_id(&wrong));
        }
    }

    #[test]
    fn a_date_or_region_that_does_not_exist_is_no_resident_id() {
        for body in
            [*b"11010519490231002", *b"11010519491301002", *b"99010519491231002", *b"11010529991231002"]
        {
            let mut whole = body.to_vec();
            whole.push(resident_id_check_character(&body).unwrap());
            assert!(!resident_id(&whole), "{}", String::from_utf8_lossy(&whole));
        }
        assert!(resident_id(b"330106800229123"));
        assert!(!resident_id(b"330106810229123"));
    }

    #[test]
    fn luhn_detects_every_single_error_of_the_published_example() {
        let good = b"79927398713";
        assert!(luhn(good));
        for place in 0..good.len() {
            for byte in b'0'..=b'9' {
                let mut other = *good;
                if other[place] != byte {
                    other[place] = byte;
                    assert!(!luhn(&other));
                }
            }
        }
        assert!(!luhn(b"") && !luhn(b"12a4"));
    }

    #[test]
    fn a_card_needs_the_length_of_its_range() {
        assert!(bank_card(b"4111111111111111"));
        assert!(bank_card(b"6212345678900000003"));
        assert!(!bank_card(b"8888888888888888"));
        assert!(!bank_card(b"41111111111111111"));
    }

    #[test]
    fn organisation_codes_and_registration_numbers_are_checked() {
        // GB 11714-1997 §4.2: D2143569-X
        assert!(organisation_code(b"D2143569X"));
        assert!(!organisation_code(b"D21435690"));
        assert!(!organisation_code(b"d2143569X") && !organisation_code(b"D2143569"));
        // GS 15-2006: 110108000000016
        assert!(business_registration(b"110108000000016"));
        assert!(!business_registration(b"110108000000017"));
    }

    #[test]
    fn landlines_need_an_area_code_and_a_length() {
        assert!(landline(b"01088886666") && landline(b"057188886666") && !landline(b"04791234567"));
        assert!(landline(b"04792234567"));
        assert!(!landline(b"0108888666") && !landline(b"08001234567") && !landline(b"13812345678"));
        assert!(mobile(b"13812345678") && !mobile(b"12812345678") && !mobile(b"1381234567"));
    }
}
