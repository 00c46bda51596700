//! Bytes that are text already.

use super::Refused;
use encoding_rs::{Encoding, GB18030, UTF_8};

/// Bytes of a page in which it may say its encoding (HTML, 13.2.3.2).
const PRESCAN: usize = 1024;

/// UTF-8, UTF-16 that begins with its mark, or GB 18030; anything else is refused rather than guessed.
pub(super) fn decode(bytes: &[u8]) -> Result<String, Refused> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return strict(encoding, bytes.get(mark..).unwrap_or_default());
    }
    if bytes.contains(&0) {
        return Err(Refused::Encoding);
    }
    strict(UTF_8, bytes).or_else(|_| strict(GB18030, bytes))
}

/// A page: as its mark or UTF-8 says, else as it says itself, else as any text. What it says is asked before GB 18030,
/// to which most other encodings read like a text, too.
pub(super) fn decode_page(bytes: &[u8]) -> Result<String, Refused> {
    if bytes.contains(&0) || std::str::from_utf8(bytes).is_ok() {
        return decode(bytes);
    }
    let said = declared(bytes).filter(|_| Encoding::for_bom(bytes).is_none());
    said.map_or_else(|| decode(bytes), |encoding| strict(encoding, bytes).or_else(|_| decode(bytes)))
}

fn strict(encoding: &'static Encoding, bytes: &[u8]) -> Result<String, Refused> {
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes);
    text.map(|text| text.into_owned()).ok_or(Refused::Encoding)
}

fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = String::from_utf8_lossy(bytes.get(..PRESCAN.min(bytes.len()))?).to_ascii_lowercase();
    let after = head.split("charset=").nth(1)?.trim_start_matches(['"', '\'']);
    let label = after.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_')).next()?;
    Encoding::for_label(label.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_told_apart_and_damage_is_refused() {
        assert_eq!(decode("产业".as_bytes()).unwrap(), "产业");
        let (gb, _, _) = GB18030.encode("产业大脑");
        assert_eq!(decode(&gb).unwrap(), "产业大脑");
        assert_eq!(decode(b"\xff\xfea\0b\0").unwrap(), "ab");
        assert_eq!(decode(b"\xef\xbb\xbfx").unwrap(), "x");
        assert!(matches!(decode(b"a\0b"), Err(Refused::Encoding)));
        assert!(matches!(decode(&[0xff, 0xff, 0x41]), Err(Refused::Encoding)));
    }

    #[test]
    fn a_page_may_say_its_encoding() {
        let page = b"<meta charset=\"windows-1252\"><p>\xe9tat</p>";
        assert!(decode_page(page).unwrap().contains("état"));
        let (gb, _, _) = GB18030.encode("<meta charset=gb2312><p>产业大脑</p>");
        assert!(decode_page(&gb).unwrap().contains("产业大脑"));
        assert!(
            decode_page("<meta charset=gb2312><p>产业</p>".as_bytes()).unwrap().contains("产业"),
            "it is UTF-8"
        );
    }
}
