//! The form in which a text is kept, and the form in which two texts are compared.

use unicode_normalization::UnicodeNormalization as _;

/// One form of line ends and spaces, canonical composition (Unicode NFC), no control characters; words stay as written.
/// Lines are trimmed at their ends, and at most one empty line stands between two.
pub(crate) fn normal(text: &str) -> String {
    let composed: String = text.nfc().collect();
    let unified =
        composed.replace("\r\n", "\n").replace(['\r', '\u{2028}', '\u{2029}', '\u{b}', '\u{c}'], "\n");
    let mut out = String::with_capacity(unified.len());
    let mut empty = 0;
    for line in unified.split('\n') {
        let line: String = line.chars().filter_map(kept).collect();
        let line = line.trim();
        if line.is_empty() {
            empty += 1;
            continue;
        }
        if !out.is_empty() {
            out.push_str(if empty > 0 { "\n\n" } else { "\n" });
        }
        empty = 0;
        out.push_str(line);
    }
    out
}

/// The character as kept; controls and invisible marks go, odd spaces become plain ones. A replacement character
/// stays: it is what the rule about garbled text counts.
fn kept(character: char) -> Option<char> {
    match character {
        '\t' => Some('\t'),
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => Some(' '),
        '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{ad}' => None,
        _ if character.is_control() => None,
        _ => Some(character),
    }
}

/// What decides whether two texts are equal: letters and digits in compatibility form (NFKC) and lower case, one space
/// between words in Latin letters. Punctuation, spacing and width of characters make no other text.
pub(crate) fn folded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut gap = false;
    for character in text.nfkc().flat_map(char::to_lowercase) {
        if !character.is_alphanumeric() {
            gap = true;
            continue;
        }
        if std::mem::take(&mut gap) && character.is_ascii() && out.ends_with(|c: char| c.is_ascii()) {
            out.push(' ');
        }
        out.push(character);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{folded, normal};

    #[test]
    fn lines_and_spaces_have_one_form_and_words_stay() {
        let text = "\u{feff} 第一行\u{3000}甲 \r\n\r\n\r\n\r第二行\u{0}\u{200b}\tx\n\n";
        assert_eq!(normal(text), "第一行 甲\n\n第二行\tx");
        assert_eq!(normal("e\u{301}"), "é");
        assert_eq!(normal(" \n\t\n"), "");
    }

    #[test]
    fn width_case_and_punctuation_make_no_other_text() {
        assert_eq!(folded("产业，大脑 ＡＢＣ １２3。"), "产业大脑abc 123");
        assert_eq!(folded("Hello,   World!\n"), folded("hello world"));
        assert_eq!(folded("产业 大脑"), folded("产业大脑"));
        assert_ne!(folded("to get her"), folded("together"));
    }
}
