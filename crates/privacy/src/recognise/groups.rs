//! Numbers written in groups: `138 1234 5678`, `0571-88886666`, `6222 0212 …`.

use super::Kind;
use super::check;
use super::scanner::Strength;

const GROUPS_MAX: usize = 6;
const DIGITS_MAX: usize = 24;

/// Groups of digits from `start`, parted by one space, hyphen or closing bracket.
struct Groups {
    digits: [u8; DIGITS_MAX],
    /// Digits so far and byte after the group, for each group.
    ends: [(usize, usize); GROUPS_MAX],
    count: usize,
}

/// The longest number of a known kind that starts at `start`: kind, end, strength.
pub(crate) fn look(bytes: &[u8], start: usize) -> Option<(Kind, usize, Strength)> {
    let groups = Groups::read(bytes, start);
    (2..=groups.count).rev().find_map(|count| {
        let (length, end) = *groups.ends.get(count - 1)?;
        let digits = groups.digits.get(..length)?;
        let mut lengths = [0; GROUPS_MAX];
        let mut before = 0;
        for (slot, (sum, _)) in lengths.iter_mut().zip(groups.ends.get(..count)?) {
            *slot = sum - before;
            before = *sum;
        }
        let (kind, strength) = kind(digits, lengths.get(..count)?)?;
        Some((kind, end, strength))
    })
}

fn kind(digits: &[u8], lengths: &[usize]) -> Option<(Kind, Strength)> {
    let from = |place: usize| digits.get(place..).unwrap_or_default();
    let shape = |kind, holds: bool| holds.then_some((kind, Strength::Shape));
    match lengths {
        [3, 4, 4] | [3, 8] if check::mobile(digits) => Some((Kind::MobilePhone, Strength::Shape)),
        [2, 11] | [2, 3, 4, 4] => {
            shape(Kind::MobilePhone, digits.starts_with(b"86") && check::mobile(from(2)))
        }
        [3 | 4, 7 | 8] | [3 | 4, 4, 4] | [4, 3, 4] => shape(Kind::Landline, check::landline(digits)),
        [2, 2 | 3, 7 | 8] if digits.starts_with(b"86") => {
            let mut national = vec![b'0'];
            national.extend_from_slice(from(2));
            shape(Kind::Landline, check::landline(&national))
        }
        [3, 3, 4] | [3, 4, 3] => {
            shape(Kind::Landline, digits.starts_with(b"400") || digits.starts_with(b"800"))
        }
        [6, 8, 4] => check::resident_id(digits).then_some((Kind::ResidentId, Strength::Checked)),
        [4, 4, 4, 3..=4] | [4, 4, 4, 4, 1..=3] | [6, 9..=13] => {
            check::bank_card(digits).then_some((Kind::BankCard, Strength::Checked))
        }
        _ => None,
    }
}

impl Groups {
    fn read(bytes: &[u8], start: usize) -> Self {
        let mut groups = Self { digits: [0; DIGITS_MAX], ends: [(0, 0); GROUPS_MAX], count: 0 };
        let (mut at, mut length) = (start, 0);
        while groups.count < GROUPS_MAX {
            let group = at;
            while let Some(byte) = bytes.get(at).filter(|byte| byte.is_ascii_digit()) {
                let Some(slot) = groups.digits.get_mut(length) else { return groups };
                *slot = *byte;
                length += 1;
                at += 1;
            }
            // The last place of an identity number may be X.
            if length == 17
                && let Some(byte) = bytes.get(at).filter(|byte| matches!(byte, b'X' | b'x'))
                && let Some(slot) = groups.digits.get_mut(length)
            {
                *slot = *byte;
                length += 1;
                at += 1;
            }
            if at == group || bytes.get(at).is_some_and(u8::is_ascii_alphanumeric) {
                return groups;
            }
            if let Some(slot) = groups.ends.get_mut(groups.count) {
                *slot = (length, at);
            }
            groups.count += 1;
            if !bytes.get(at).is_some_and(|byte| matches!(byte, b' ' | b'-' | b')')) {
                return groups;
            }
            at += 1;
        }
        groups
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_number_of_a_known_kind_is_taken() {
        let kind = |text: &str| look(text.as_bytes(), 0).map(|(kind, end, _)| (kind, end));
        assert_eq!(kind("138 1234 5678"), Some((Kind::MobilePhone, 13)));
        assert_eq!(kind("86 138-1234-5678"), Some((Kind::MobilePhone, 16)));
        assert_eq!(kind("0571-88886666-801"), Some((Kind::Landline, 13)));
        assert_eq!(kind("400-820-8820"), Some((Kind::Landline, 12)));
        assert_eq!(kind("110105 19491231 002X"), Some((Kind::ResidentId, 20)));
        assert_eq!(kind("4111 1111 1111 1111"), Some((Kind::BankCard, 19)));
        assert_eq!(kind("4111 1111 1111 1112"), None);
        assert_eq!(kind("2026-11-21 08:00"), None);
        assert_eq!(kind("1 1 1 1 1 1 1 1 1"), None);
    }
}
