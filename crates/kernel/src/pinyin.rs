//! Pinyin of Chinese text, for search keys.

use pinyin::ToPinyin;

/// Syllables without tones, everything else lower-cased and kept: `减速器A` → `jiansuqia`.
///
/// A character with several readings takes its most frequent one; search therefore also matches the characters.
#[must_use]
pub fn full(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    for (character, syllable) in text.chars().zip(text.to_pinyin()) {
        match syllable {
            Some(syllable) => out.push_str(syllable.plain()),
            None => push_folded(&mut out, character),
        }
    }
    out
}

/// First letters: `减速器A` → `jsqa`.
#[must_use]
pub fn initials(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (character, syllable) in text.chars().zip(text.to_pinyin()) {
        match syllable {
            Some(syllable) => out.push_str(syllable.first_letter()),
            None => push_folded(&mut out, character),
        }
    }
    out
}

/// Letters and digits stay (lower case, half width); punctuation and spaces do not help a search.
fn push_folded(out: &mut String, character: char) {
    let half = match character {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(character) - 0xFEE0).unwrap_or(character),
        _ => character,
    };
    if half.is_alphanumeric() {
        out.extend(half.to_lowercase());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_becomes_syllables_and_the_rest_is_folded() {
        assert_eq!(full("谐波减速器"), "xiebojiansuqi");
        assert_eq!(initials("谐波减速器"), "xbjsq");
        assert_eq!(full("ＩＧＢＴ 模块（车规）"), "igbtmokuaichegui");
        assert_eq!(initials(""), "");
    }
}
