//! Runs of ASCII letters and digits, and what they are.

use super::check::{self, business_registration, organisation_code, resident_id};
use super::scanner::{Announced, Finding, Strength};
use super::{Kind, address, groups, network};

/// How far back a word may stand that says what a number is, in bytes (12 Chinese characters).
const CONTEXT_BYTES: usize = 36;

const PASSPORT_WORDS: [&str; 5] = ["护照", "通行证", "证件号", "passport", "Passport"];
const ORGANISATION_WORDS: [&str; 2] = ["机构代码", "机构编码"];
const REGISTRATION_WORDS: [&str; 4] = ["注册号", "执照", "工商登记", "登记号"];

/// Province characters of plates (GA 36 table 3), 使 of embassies included.
const PLATE_PROVINCES: &str = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使";
/// Last characters of plates that are no letter or digit (GA 36 table 4).
const PLATE_ENDS: &str = "学警港澳挂领试超";

/// Look at the run `start..end`; the place to go on from, at or after `end`.
pub(crate) fn look(
    text: &str,
    start: usize,
    end: usize,
    announced: Announced,
    found: &mut Vec<Finding>,
) -> usize {
    let bytes = text.as_bytes();
    let Some(run) = bytes.get(start..end) else { return end };
    let next = bytes.get(end).copied().unwrap_or_default();
    if next == b'@' {
        return end;
    }
    if run.len() == 2
        && matches!(next, b':' | b'-')
        && let Some(stop) = network::mac(bytes, start)
    {
        found.push(Finding::new(Kind::MacAddress, start, stop, Strength::Shape));
        return stop;
    }
    if run.iter().all(u8::is_ascii_digit) {
        return digits(text, start, end, announced, found);
    }
    if let Some((finding, stop)) = mixed(text, run, start, end, announced) {
        found.push(finding);
        return stop;
    }
    // A house number may end in a letter: 12A号.
    if run.len() <= 6 && next >= 0x80 && run.first().is_some_and(u8::is_ascii_digit) {
        return address::around(text, start, end, found);
    }
    end
}

fn digits(text: &str, start: usize, end: usize, announced: Announced, found: &mut Vec<Finding>) -> usize {
    let bytes = text.as_bytes();
    let run = bytes.get(start..end).unwrap_or_default();
    let next = bytes.get(end).copied().unwrap_or_default();
    let after = bytes.get(end + 1).copied().unwrap_or_default();
    if next == b'.' && after.is_ascii_digit() {
        return network::decimal(bytes, start, found);
    }
    if let Some((kind, strength)) = whole_number(text, run, start, announced) {
        found.push(Finding::new(kind, start, end, strength));
        return end;
    }
    if run.len() <= 8
        && matches!(next, b'-' | b' ' | b')')
        && after.is_ascii_digit()
        && let Some((kind, stop, strength)) = groups::look(bytes, start)
    {
        found.push(Finding::new(kind, start, stop, strength));
        return stop;
    }
    if run.len() == 8
        && next == b'-'
        && let Some(finding) = hyphenated_organisation(bytes, start, end)
    {
        found.push(finding);
        return finding.end;
    }
    if run.len() <= 5 && next >= 0x80 {
        return address::around(text, start, end, found);
    }
    end
}

/// A number without separators.
fn whole_number(text: &str, run: &[u8], start: usize, announced: Announced) -> Option<(Kind, Strength)> {
    let near = |kind: Kind, words: &[&str]| announced.has(kind) || preceded(text, start, words);
    match run.len() {
        18 if resident_id(run) => Some((Kind::ResidentId, Strength::Checked)),
        15..=19 if check::bank_card(run) => Some((Kind::BankCard, Strength::Checked)),
        18 if uscc(run) => Some((Kind::Uscc, Strength::Checked)),
        15 if business_registration(run) && near(Kind::Licence, &REGISTRATION_WORDS) => {
            Some((Kind::Licence, Strength::Checked))
        }
        15 if resident_id(run) => Some((Kind::ResidentId, Strength::Shape)),
        11 if check::mobile(run) => Some((Kind::MobilePhone, Strength::Shape)),
        13 if run.starts_with(b"86") && run.get(2..).is_some_and(check::mobile) => {
            Some((Kind::MobilePhone, Strength::Shape))
        }
        10..=12 if check::landline(run) => Some((Kind::Landline, Strength::Shape)),
        9 if organisation_code(run) && near(Kind::OrganisationCode, &ORGANISATION_WORDS) => {
            Some((Kind::OrganisationCode, Strength::Checked))
        }
        _ => None,
    }
}

/// Letters and digits together.
fn mixed(text: &str, run: &[u8], start: usize, end: usize, announced: Announced) -> Option<(Finding, usize)> {
    let bytes = text.as_bytes();
    let near = |kind: Kind, words: &[&str]| announced.has(kind) || preceded(text, start, words);
    let whole = |kind, strength| Some((Finding::new(kind, start, end, strength), end));
    if let Some(finding) = plate(text, run, start, end) {
        return Some((finding, finding.end));
    }
    match run.len() {
        18 if resident_id(run) => whole(Kind::ResidentId, Strength::Checked),
        18 if uscc(run) => whole(Kind::Uscc, Strength::Checked),
        16 if food_licence(run) => whole(Kind::Licence, Strength::Shape),
        8 if bytes.get(end) == Some(&b'-') => {
            let finding = hyphenated_organisation(bytes, start, end)?;
            Some((finding, finding.end))
        }
        9 if organisation_code(run) && near(Kind::OrganisationCode, &ORGANISATION_WORDS) => {
            whole(Kind::OrganisationCode, Strength::Checked)
        }
        9..=11 if passport(run) && near(Kind::Passport, &PASSPORT_WORDS) => {
            whole(Kind::Passport, Strength::Context)
        }
        _ => None,
    }
}

/// A USCC with right check character whose first two places are a registering department and a kind of body
/// (GB 32100-2015 table 1) and
/// whose places 3–8 are a province's (100000 for national registrations): random texts pass the check character alone once in 31.
fn uscc(run: &[u8]) -> bool {
    matches!(
        run,
        [b'1' | b'2' | b'3' | b'4' | b'5' | b'6' | b'7' | b'8' | b'9' | b'A' | b'N' | b'Y', b'1'..=b'9', ..]
    ) && run.get(2..8).is_some_and(|region| {
        region.iter().all(u8::is_ascii_digit) && (check::province(region) || region.starts_with(b"10"))
    }) && std::str::from_utf8(run).is_ok_and(|code| brain_kernel::uscc::check(code).is_ok())
}

/// `SC` or `JY` and 14 digits (食品生产、经营许可证编号).
fn food_licence(run: &[u8]) -> bool {
    (run.starts_with(b"SC1") || run.starts_with(b"JY1") || run.starts_with(b"JY2") || run.starts_with(b"JY3"))
        && run.get(2..).is_some_and(|rest| rest.iter().all(u8::is_ascii_digit))
}

/// Passports (E, G, D, S, P and 8 digits, or E, a letter, 7 digits) and travel permits (H, M, C and 8 or 10 digits).
fn passport(run: &[u8]) -> bool {
    let digits = |from: usize| run.get(from..).is_some_and(|rest| rest.iter().all(u8::is_ascii_digit));
    match run {
        [b'E' | b'e', b'A'..=b'Z', ..] => run.len() == 9 && digits(2),
        [b'E' | b'G' | b'D' | b'S' | b'P' | b'e' | b'g', ..] => run.len() == 9 && digits(1),
        [b'H' | b'M' | b'C', ..] => matches!(run.len(), 9 | 11) && digits(1),
        _ => false,
    }
}

/// `XXXXXXXX-X`.
fn hyphenated_organisation(bytes: &[u8], start: usize, end: usize) -> Option<Finding> {
    let mut code = bytes.get(start..end)?.to_vec();
    code.push(*bytes.get(end + 1)?);
    let ends = !bytes.get(end + 2).is_some_and(u8::is_ascii_alphanumeric);
    (ends && organisation_code(&code))
        .then(|| Finding::new(Kind::OrganisationCode, start, end + 2, Strength::Checked))
}

/// A plate: province, letter, an optional dot, five characters (six for new energy), by GA 36-2018 §6.
fn plate(text: &str, run: &[u8], start: usize, end: usize) -> Option<Finding> {
    let province = text.get(..start)?.chars().next_back()?;
    let (office, rest) = run.split_first()?;
    if !office.is_ascii_uppercase() || *office == b'I' || !PLATE_PROVINCES.contains(province) {
        return None;
    }
    let after = text.get(end..)?;
    let (rest, end) = match (rest, after.strip_prefix(['·', '•', '-', ' '])) {
        ([], Some(behind)) => {
            let from = text.len() - behind.len();
            let stop = super::scanner::word_end(text.as_bytes(), from);
            (text.as_bytes().get(from..stop)?, stop)
        }
        _ => (rest, end),
    };
    let plain = |part: &[u8]| {
        part.iter()
            .all(|byte| byte.is_ascii_digit() || (byte.is_ascii_uppercase() && !matches!(byte, b'I' | b'O')))
            && part.iter().filter(|byte| byte.is_ascii_digit()).count() >= 2
    };
    let number = |part: &[u8]| part.iter().all(u8::is_ascii_digit);
    let end = match rest.len() {
        4 if plain(rest) => {
            end + text.get(end..)?.chars().next().filter(|c| PLATE_ENDS.contains(*c))?.len_utf8()
        }
        5 if plain(rest) => end,
        6 if plain(rest) => {
            let small = matches!(rest, [b'A'..=b'K', tail @ ..] if number(tail.get(1..).unwrap_or_default()));
            let large = matches!(rest, [head @ .., b'A'..=b'K'] if number(head));
            (small || large).then_some(end)?
        }
        _ => return None,
    };
    Some(Finding::new(Kind::VehiclePlate, start - province.len_utf8(), end, Strength::Shape))
}

/// Whether one of the words stands shortly before `at`.
pub(crate) fn preceded(text: &str, at: usize, words: &[&str]) -> bool {
    let mut from = at.saturating_sub(CONTEXT_BYTES);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    text.get(from..at).is_some_and(|before| words.iter().any(|word| before.contains(word)))
}
