//! How a name sounds: pinyin for Han characters, a consonant skeleton for Latin ones. Keys for blocking only; a
//! comparison never says "alike" because of a key.

use super::fold::{has_han, is_han};
use brain_kernel::pinyin;

/// The key; empty when nothing can be pronounced.
#[must_use]
pub fn sound(text: &str) -> String {
    if has_han(text) { pinyin::full(text) } else { skeleton(text) }
}

/// First letters of the pinyin, or the first letters of the words of a Latin text.
#[must_use]
pub fn initials(text: &str) -> String {
    if text.chars().any(is_han) {
        return pinyin::initials(text);
    }
    text.split(|c: char| !c.is_alphanumeric())
        .filter_map(|word| word.chars().next())
        .flat_map(char::to_lowercase)
        .collect()
}

/// Consonants by class in the manner of Soundex (Russell 1918), but of the whole word and with its first letter
/// folded into its class as well, so that `katherine` and `catherine` agree.
fn skeleton(text: &str) -> String {
    let mut out = String::new();
    let mut last = ' ';
    for (place, c) in text.chars().filter(|c| c.is_alphanumeric()).enumerate() {
        let class = match c.to_ascii_lowercase() {
            'b' | 'p' | 'f' | 'v' => 'b',
            'c' | 'g' | 'j' | 'k' | 'q' | 's' | 'x' | 'z' => 'c',
            'd' | 't' => 'd',
            'l' => 'l',
            'm' | 'n' => 'm',
            'r' => 'r',
            'a' | 'e' | 'i' | 'o' | 'u' | 'y' | 'h' | 'w' if place == 0 => 'a',
            'h' | 'w' => continue,
            'a' | 'e' | 'i' | 'o' | 'u' | 'y' => {
                last = ' ';
                continue;
            }
            other => other,
        };
        if class != last {
            out.push(class);
        }
        last = class;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_sound_alike_share_a_key() {
        for (a, b) in [("smith", "smyth"), ("catherine", "katheryn"), ("鸿达", "宏达"), ("philips", "filips")]
        {
            assert_eq!(sound(a), sound(b), "{a} {b}");
        }
        assert_ne!(sound("smith"), sound("jones"));
        assert_eq!((sound(""), sound("…")), (String::new(), String::new()));
        assert_eq!((initials("恒达"), initials("general electric")), ("hd".to_owned(), "ge".to_owned()));
    }
}
