//! Folding (归一): spellings that no reader tells apart become one.

/// Whether a character is a Han character (CJK unified ideographs with extension A, and 〇).
#[must_use]
pub fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{20000}'..='\u{2FA1F}' | '〇')
}

/// Whether a text has any.
#[must_use]
pub fn has_han(text: &str) -> bool {
    text.chars().any(is_han)
}

/// Half width, lower case, one kind of bracket, dash, quote and dot; runs of white space become one space, and
/// none beside a Han character; invisible characters go.
#[must_use]
pub fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut space = false;
    let mut last_han = false;
    for c in text.chars() {
        if c.is_whitespace() {
            space = true;
            continue;
        }
        if invisible(c) {
            continue;
        }
        for c in one_kind(c).to_lowercase() {
            let han = is_han(c);
            if space && !out.is_empty() && !last_han && !han {
                out.push(' ');
            }
            space = false;
            last_han = han;
            out.push(c);
        }
    }
    out
}

/// Letters, digits and Han characters of a folded text; spaces and marks go.
#[must_use]
pub fn letters(text: &str) -> String {
    fold(text).chars().filter(|c| c.is_alphanumeric()).collect()
}

fn invisible(c: char) -> bool {
    matches!(c, '\u{00AD}' | '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}' | '\u{FFFD}') || c.is_control()
}

fn one_kind(c: char) -> char {
    let c = match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        c => c,
    };
    match c {
        '[' | '{' | '〔' | '【' | '〈' | '《' | '「' | '『' | '〖' | '〘' | '⟨' | '﹙' | '﹝' | '❨' => {
            '('
        }
        ']' | '}' | '〕' | '】' | '〉' | '》' | '」' | '』' | '〗' | '〙' | '⟩' | '﹚' | '﹞' | '❩' => {
            ')'
        }
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | '﹣' | '─' => '-',
        '“' | '”' | '„' | '″' | '〝' | '〞' => '"',
        '‘' | '’' | '′' | '`' | '´' => '\'',
        '·' | '•' | '・' | '‧' | '∙' | '●' | '｡' | '。' => '.',
        '、' | '，' => ',',
        '＆' | '﹠' => '&',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn width_brackets_case_and_spaces_are_one() {
        assert_eq!(fold("ＡＢＢ 工程【上海】 有限公司"), "abb工程(上海)有限公司");
        assert_eq!(fold("  Foo\t  Bar—Ltd\u{200B} "), "foo bar-ltd");
        assert_eq!(letters("A·B（c）－１２ 路"), "abc12路");
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(text in "\\PC{0,40}") {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }
    }
}
