//! Product names (产品名称): the words apart from the models, sizes and numbers, which decide between two variants.

use crate::text::fold::fold;

/// The parts of a product's name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Product {
    /// Letters and digits of the whole name.
    pub whole: String,
    /// The words without models and sizes, letters only.
    pub words: String,
    /// Models, sizes and numbers with their units in one spelling, sorted, each once.
    pub models: Vec<String>,
}

/// Units as they are written, and the factor and base unit they become; the longest first.
const UNITS: [(&str, f64, &str); 30] = [
    ("千克", 1000.0, "g"),
    ("公斤", 1000.0, "g"),
    ("毫升", 1.0, "ml"),
    ("毫米", 1.0, "mm"),
    ("厘米", 10.0, "mm"),
    ("千瓦", 1000.0, "w"),
    ("平方", 1.0, "mm2"),
    ("英寸", 25.4, "mm"),
    ("mm2", 1.0, "mm2"),
    ("inch", 25.4, "mm"),
    ("克", 1.0, "g"),
    ("吨", 1_000_000.0, "g"),
    ("升", 1000.0, "ml"),
    ("米", 1000.0, "mm"),
    ("伏", 1.0, "v"),
    ("瓦", 1.0, "w"),
    ("安", 1.0, "a"),
    ("kg", 1000.0, "g"),
    ("ml", 1.0, "ml"),
    ("mm", 1.0, "mm"),
    ("cm", 10.0, "mm"),
    ("kw", 1000.0, "w"),
    ("kv", 1000.0, "v"),
    ("mw", 1_000_000.0, "w"),
    ("g", 1.0, "g"),
    ("l", 1000.0, "ml"),
    ("m", 1000.0, "mm"),
    ("v", 1.0, "v"),
    ("w", 1.0, "w"),
    ("a", 1.0, "a"),
];
const MODELS_MAX: usize = 8;

/// Take a product's name apart. Never fails.
#[must_use]
pub fn parse(text: &str) -> Product {
    let folded: String = fold(text).replace(['×', '＊', '*'], "x");
    let mut words = String::new();
    let mut models: Vec<String> = Vec::new();
    for token in tokens(&folded) {
        if token.contains(|c: char| c.is_ascii_digit()) {
            // `6204-2RS` is also written `6204 2RS`: the parts of a model are models.
            models.extend(token.split(['-', '/']).filter(|part| !part.is_empty()).map(one_spelling));
        } else {
            words.push_str(&token);
        }
    }
    models.sort();
    models.dedup();
    models.truncate(MODELS_MAX);
    Product { whole: folded.chars().filter(|c| c.is_alphanumeric()).collect(), words, models }
}

/// Runs of ASCII letters and digits with `-`, `.`, `/` between them and a unit behind; and runs of other letters.
fn tokens(text: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let mut ascii = None;
    for (c, next) in text.chars().zip(text.chars().skip(1).map(Some).chain([None])) {
        let inside = ascii == Some(true)
            && matches!(c, '-' | '.' | '/')
            && next.is_some_and(|n| n.is_ascii_alphanumeric());
        if !c.is_alphanumeric() && !inside {
            ascii = None;
            continue;
        }
        let is_ascii = c.is_ascii();
        match all.last_mut() {
            Some(token) if ascii == Some(is_ascii) => token.push(c),
            _ => all.push(c.to_string()),
        }
        ascii = Some(is_ascii);
    }
    join_units(all)
}

/// A number and the Chinese unit right behind it are one size: `5` `公斤装` → `5公斤` `装`.
fn join_units(tokens: Vec<String>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for token in tokens {
        let unit = UNITS.iter().find(|(unit, ..)| !unit.is_ascii() && token.starts_with(unit));
        match (all.last_mut(), unit) {
            (Some(number), Some((unit, ..))) if number.parse::<f64>().is_ok() => {
                number.push_str(unit);
                let rest = token.get(unit.len()..).unwrap_or_default();
                if !rest.is_empty() {
                    all.push(rest.to_owned());
                }
            }
            _ => all.push(token),
        }
    }
    all
}

/// Sizes in base units (`0.5kg` → `500g`), models without marks.
fn one_spelling(token: &str) -> String {
    for (unit, factor, base) in UNITS {
        if let Some(size) = token.strip_suffix(unit).and_then(|number| number.parse::<f64>().ok()) {
            return format!("{}{base}", (size * factor * 1000.0).round() / 1000.0);
        }
    }
    token.chars().filter(|c| c.is_alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn models_and_sizes_have_one_spelling() {
        let a = parse("深沟球轴承 6204-2RS");
        assert_eq!((a.words.as_str(), a.models.join(" ").as_str()), ("深沟球轴承", "2rs 6204"));
        let b = parse("6204 2RS 深沟球轴承");
        assert_eq!((b.words, b.models), (a.words, a.models));
        assert_eq!(parse("大米 ５公斤装").models, parse("大米（5kg）装").models);
        assert_eq!(parse("矿泉水 0.5L").models, ["500ml"]);
        assert_eq!(parse("螺栓 M8×20").models, ["m8x20"]);
        assert_eq!(parse(""), Product::default());
    }

    proptest! {
        #[test]
        fn any_text_is_taken_apart_the_same_way(text in "\\PC{0,40}") {
            prop_assert_eq!(parse(&text), parse(&text));
        }
    }
}
