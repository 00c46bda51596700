//! The shape of a text (取值形态): `浙A-12345` is `汉A-9{5}`. Digits are 9, capitals A, small letters a, Han 汉,
//! other letters x; what is left stands for itself. More than three of one kind become `9{n}`.

/// Characters of a text that are looked at.
const CHARACTERS_MAX: usize = 64;

/// Write the shape of `text` into `shape`, which is emptied first.
pub(crate) fn write(text: &str, shape: &mut String) {
    shape.clear();
    let (mut last, mut count) = ('\0', 0usize);
    for (looked, c) in text.chars().enumerate() {
        if looked == CHARACTERS_MAX {
            flush(last, count, shape);
            shape.push('…');
            return;
        }
        let class = class(c);
        if class == last {
            count += 1;
        } else {
            flush(last, count, shape);
            (last, count) = (class, 1);
        }
    }
    flush(last, count, shape);
}

fn flush(class: char, count: usize, shape: &mut String) {
    if count > 3 {
        shape.push(class);
        shape.push('{');
        shape.push_str(&count.to_string());
        shape.push('}');
    } else {
        (0..count).for_each(|_| shape.push(class));
    }
}

fn class(c: char) -> char {
    match c {
        '0'..='9' => '9',
        'A'..='Z' => 'A',
        'a'..='z' => 'a',
        // So that a count in a shape is one.
        '{' => '❴',
        '}' => '❵',
        _ if c.is_ascii_graphic() => c,
        '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}' => '汉',
        _ if c.is_whitespace() || c.is_control() => ' ',
        _ if c.is_alphanumeric() => 'x',
        _ => c,
    }
}

/// A regular expression that matches exactly the texts of this shape; none where the shape was cut or has letters of
/// many scripts.
pub(crate) fn regex(shape: &str) -> Option<String> {
    let mut written = String::new();
    let mut chars = shape.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '…' | 'x' => return None,
            '9' => written.push_str("[0-9]"),
            'A' => written.push_str("[A-Z]"),
            'a' => written.push_str("[a-z]"),
            '汉' => written.push_str(r"[\x{3400}-\x{9FFF}\x{F900}-\x{FAFF}\x{20000}-\x{3FFFF}]"),
            ' ' => written.push_str(r"\s"),
            '❴' => written.push_str(r"\{"),
            '❵' => written.push_str(r"\}"),
            '{' => {
                written.push('{');
                while let Some(digit) = chars.next_if(char::is_ascii_digit) {
                    written.push(digit);
                }
                chars.next_if_eq(&'}');
                written.push('}');
            }
            other => written.push_str(&regex::escape(&other.to_string())),
        }
    }
    (!written.is_empty()).then_some(written)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn shapes_say_how_a_text_is_made() {
        let mut shape = String::new();
        for (text, expected) in [
            ("浙A-12345", "汉A-9{5}"),
            ("91330681716195421C", "9{17}A"),
            ("ab c", "aa a"),
            ("", ""),
            ("é1", "x9"),
            ("----", "-{4}"),
            ("{12}", "❴99❵"),
            ("2004年2月29日", "9{4}汉9汉99汉"),
        ] {
            write(text, &mut shape);
            assert_eq!(shape, expected, "{text}");
        }
        write(&"a".repeat(65), &mut shape);
        assert_eq!(shape, "a{64}…");
        assert_eq!(
            regex("汉A-9{5}").unwrap(),
            r"[\x{3400}-\x{9FFF}\x{F900}-\x{FAFF}\x{20000}-\x{3FFFF}][A-Z]\-[0-9]{5}"
        );
    }

    proptest! {
        #[test]
        fn a_text_matches_the_expression_of_its_shape(text in "[0-9A-Za-z汉字 (){}./-]{1,20}") {
            let mut shape = String::new();
            write(&text, &mut shape);
            if let Some(written) = regex(&shape) {
                let regex = regex::Regex::new(&format!("^(?:{written})$")).unwrap();
                prop_assert!(regex.is_match(&text), "{} {} {}", text, shape, written);
            }
        }
    }
}
