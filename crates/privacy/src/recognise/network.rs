//! E-mail, IP and MAC addresses, and pairs of coordinates.

use super::Kind;
use super::scanner::{Finding, Strength};

const LOCAL_MAX: usize = 64;
const DOMAIN_MAX: usize = 253;

/// The address around the `@` at `at`; where to go on.
pub(crate) fn email(bytes: &[u8], at: usize, found: &mut Vec<Finding>) -> usize {
    let local = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'+' | b'%');
    let before = bytes.get(at.saturating_sub(LOCAL_MAX)..at).unwrap_or_default();
    let mut start = at - before.iter().rev().take_while(|byte| local(byte)).count();
    while start < at && !bytes.get(start).is_some_and(u8::is_ascii_alphanumeric) {
        start += 1;
    }
    let domain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    let after = bytes.get(at + 1..).unwrap_or_default();
    let length = after.iter().take(DOMAIN_MAX).take_while(|byte| domain(byte)).count();
    let mut name = after.get(..length).unwrap_or_default();
    while let [head @ .., b'.' | b'-'] = name {
        name = head;
    }
    let labels = || name.split(|byte| *byte == b'.');
    let whole = labels().count() >= 2 && labels().all(|label| !label.is_empty() && label.len() <= 63);
    let top =
        labels().next_back().is_some_and(|top| top.len() >= 2 && top.iter().all(u8::is_ascii_alphabetic));
    if start == at || !whole || !top {
        return at + 1;
    }
    let end = at + 1 + name.len();
    found.push(Finding::new(Kind::Email, start, end, Strength::Shape));
    end
}

/// End of six hexadecimal pairs parted by the same `:` or `-`.
pub(crate) fn mac(bytes: &[u8], start: usize) -> Option<usize> {
    let text = bytes.get(start..start + 17)?;
    let separator = *text.get(2)?;
    let pairs = text.chunks(3).all(|pair| match pair {
        [a, b, rest @ ..] => {
            a.is_ascii_hexdigit() && b.is_ascii_hexdigit() && rest.first().is_none_or(|s| *s == separator)
        }
        _ => false,
    });
    let ends = bytes.get(start + 17).is_none_or(|b| !b.is_ascii_alphanumeric() && *b != separator);
    let begins = start.checked_sub(1).and_then(|p| bytes.get(p)).is_none_or(|b| *b != separator);
    (pairs && ends && begins).then_some(start + 17)
}

/// A number with a point: an IP address, a pair of coordinates, or nothing. Where to go on.
pub(crate) fn decimal(bytes: &[u8], start: usize, found: &mut Vec<Finding>) -> usize {
    let (end, points) = dotted(bytes, start);
    let text = bytes.get(start..end).unwrap_or_default();
    if points == 3 {
        if ip(text) && !version_before(bytes, start) {
            found.push(Finding::new(Kind::IpAddress, start, end, Strength::Shape));
        }
        return end;
    }
    if points != 1 {
        return end;
    }
    let Some(first) = degrees(text) else { return end };
    let Some(next) = separator(bytes, end) else { return end };
    let (stop, points) = dotted(bytes, next);
    let Some(second) = bytes.get(next..stop).filter(|_| points == 1).and_then(degrees) else { return end };
    let longitude = |value: f64| (73.0..=136.0).contains(&value);
    let latitude = |value: f64| (3.0..=54.0).contains(&value);
    if (longitude(first) && latitude(second)) || (latitude(first) && longitude(second)) {
        found.push(Finding::new(Kind::Coordinates, start, stop, Strength::Shape));
        return stop;
    }
    end
}

/// End of digits and single points, and how many points there were.
fn dotted(bytes: &[u8], start: usize) -> (usize, usize) {
    let (mut at, mut points) = (start, 0);
    loop {
        match (bytes.get(at), bytes.get(at + 1)) {
            (Some(byte), _) if byte.is_ascii_digit() => at += 1,
            (Some(b'.'), Some(next)) if next.is_ascii_digit() => {
                points += 1;
                at += 1;
            }
            _ => return (at, points),
        }
    }
}

fn ip(text: &[u8]) -> bool {
    let mut parts = text.split(|byte| *byte == b'.');
    parts.all(|part| {
        // A run of digits may be as long as the text; three of them cannot overflow.
        if part.len() > 3 {
            return false;
        }
        let value = part.iter().fold(0_u32, |sum, byte| sum * 10 + u32::from(byte - b'0'));
        value <= 255 && !(part.len() > 1 && part.starts_with(b"0"))
    }) && text != b"0.0.0.0"
}

/// `v1.2.3.4`, `版本1.2.3.4`, `V 1.2.3.4`.
fn version_before(bytes: &[u8], start: usize) -> bool {
    let before = bytes.get(start.saturating_sub(8)..start).unwrap_or_default().trim_ascii_end();
    before.last().is_some_and(|byte| matches!(byte, b'v' | b'V' | b'.'))
        || before.ends_with("版本".as_bytes())
        || before.ends_with("版".as_bytes())
}

/// Degrees with at least four decimals: less is a price as easily as a place.
fn degrees(text: &[u8]) -> Option<f64> {
    let point = text.iter().position(|byte| *byte == b'.')?;
    if text.len() - point < 5 || point > 3 {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// Place after a comma (either width), semicolon, slash or space and further spaces.
fn separator(bytes: &[u8], end: usize) -> Option<usize> {
    let rest = bytes.get(end..)?;
    let mut at = match rest {
        [b',' | b';' | b'/' | b' ', ..] => end + 1,
        _ if rest.starts_with("，".as_bytes()) || rest.starts_with("、".as_bytes()) => end + 3,
        _ => return None,
    };
    while bytes.get(at) == Some(&b' ') {
        at += 1;
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recognise::Scanner;

    fn kinds(text: &str) -> Vec<(Kind, &str)> {
        let mut found = Vec::new();
        Scanner::new().scan(text, &mut found);
        found.iter().map(|f| (f.kind, &text[f.start..f.end])).collect()
    }

    #[test]
    fn a_run_of_digits_as_long_as_the_text_is_no_address() {
        assert_eq!(kinds(&format!("IP 192.{}", "1".repeat(90))), []);
    }

    #[test]
    fn addresses_of_machines_and_mail_are_found_whole() {
        assert_eq!(
            kinds("写信给li.si+a@mail.example.com.cn。"),
            [(Kind::Email, "li.si+a@mail.example.com.cn")]
        );
        assert_eq!(kinds("13812345678@qq.com"), [(Kind::Email, "13812345678@qq.com")]);
        assert_eq!(kinds("自192.168.10.5登录"), [(Kind::IpAddress, "192.168.10.5")]);
        assert_eq!(kinds("网卡00:1A:2b:3C:4D:5E已换"), [(Kind::MacAddress, "00:1A:2b:3C:4D:5E")]);
        assert_eq!(kinds("位于120.153576，30.287459"), [(Kind::Coordinates, "120.153576，30.287459")]);
    }

    #[test]
    fn what_only_looks_like_one_is_left() {
        for text in [
            "@张三",
            "a@b",
            "a@b.",
            "版本1.2.3.4",
            "v10.1.2.3",
            "1.2.3.4.5",
            "300.1.1.1",
            "12.5,33.1",
            "价格120.15,30.28元",
            "00:1A:2b:3C:4D:5E:6F",
            "120.153576,90.287459",
        ] {
            assert_eq!(kinds(text), [], "{text}");
        }
    }
}
