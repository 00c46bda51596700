//! What was typed, as terms and filters. Nothing is refused: what makes no sense as a filter is words, and what goes
//! beyond the limits is left out and told.

use crate::entry::Kind;
use crate::fold::{Folded, fold};
use crate::segment::{Cut, words};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Characters of a question that are read.
pub const TEXT_CHARACTERS_MAX: usize = 200;
/// Terms of a question that are looked for.
pub const TERMS_MAX: usize = 16;
/// Values of one filter that are read.
const VALUES_MAX: usize = 16;

/// Words that join others; they are wanted, not needed.
const JOINING: [&str; 20] = [
    "的", "了", "和", "与", "及", "或", "在", "是", "之", "等", "有", "of", "the", "and", "a", "an", "in",
    "for", "to", "by",
];

/// Which entries count. Values of one filter are alternatives; all filters must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Filters {
    /// Kinds.
    pub kind: Vec<Kind>,
    /// Zones.
    pub zone: Vec<String>,
    /// Sides.
    pub side: Vec<String>,
    /// Grades.
    pub grade: Vec<String>,
    /// Owners.
    pub owner: Vec<String>,
}

/// A term.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Term {
    /// Folded.
    pub(crate) text: String,
    /// Whether it is of Han characters.
    pub(crate) han: bool,
    /// Whether it may be missing.
    pub(crate) joining: bool,
}

/// A question taken apart.
#[derive(Debug, Default)]
pub(crate) struct Parsed {
    /// Looked for.
    pub(crate) terms: Vec<Term>,
    /// Must not occur.
    pub(crate) without: Vec<Term>,
    /// Filters that were typed.
    pub(crate) filters: Filters,
    /// Everything looked for, without spaces.
    pub(crate) letters: String,
    /// Whether something was left out.
    pub(crate) shortened: bool,
}

/// Take a question apart.
pub(crate) fn parse(text: &str) -> Parsed {
    let mut parsed =
        Parsed { shortened: text.chars().nth(TEXT_CHARACTERS_MAX).is_some(), ..Parsed::default() };
    let text: String = text.chars().take(TEXT_CHARACTERS_MAX).collect();
    for part in text.split_whitespace() {
        if parsed.filters.take(part) {
            continue;
        }
        if let Some(rest) = part.strip_prefix(['-', '－']).filter(|rest| !rest.is_empty()) {
            parsed.without.extend(terms(&folded(rest)));
            continue;
        }
        let folded = folded(part);
        parsed.letters.push_str(&folded.letters());
        for term in terms(&folded) {
            if parsed.terms.len() == TERMS_MAX {
                parsed.shortened = true;
            } else if !parsed.terms.contains(&term) {
                parsed.terms.push(term);
            }
        }
    }
    parsed.without.truncate(TERMS_MAX);
    // A question of joining words alone means them.
    if parsed.terms.iter().all(|term| term.joining) {
        parsed.terms.iter_mut().for_each(|term| term.joining = false);
    }
    parsed
}

fn folded(part: &str) -> Folded {
    fold(part, TEXT_CHARACTERS_MAX)
}

fn terms(folded: &Folded) -> Vec<Term> {
    let cut = words(folded, Cut::Coarse);
    cut.into_iter()
        .map(|word| Term { joining: JOINING.contains(&word.text.as_str()), text: word.text, han: word.han })
        .collect()
}

impl Filters {
    /// Read `key:value`; `false` when it is none.
    fn take(&mut self, part: &str) -> bool {
        let Some((key, value)) = part.split_once([':', '：']).filter(|(_, value)| !value.is_empty()) else {
            return false;
        };
        match key.to_lowercase().as_str() {
            "kind" | "类型" => {
                match Kind::ALL.into_iter().find(|kind| kind.as_str() == value.to_lowercase()) {
                    Some(kind) => push(&mut self.kind, kind),
                    None => return false,
                }
            }
            "zone" | "分区" => push(&mut self.zone, value.to_lowercase()),
            "side" | "归属" => push(&mut self.side, value.to_lowercase()),
            "grade" | "分级" => push(&mut self.grade, value.to_lowercase()),
            "owner" | "所有者" => push(&mut self.owner, value.to_owned()),
            _ => return false,
        }
        true
    }

    /// These filters and others; the values of one dimension are alternatives.
    pub(crate) fn joined(mut self, other: &Self) -> Self {
        other.kind.iter().for_each(|kind| push(&mut self.kind, *kind));
        for (mine, theirs) in [
            (&mut self.zone, &other.zone),
            (&mut self.side, &other.side),
            (&mut self.grade, &other.grade),
            (&mut self.owner, &other.owner),
        ] {
            theirs.iter().for_each(|value| push(mine, value.clone()));
        }
        self
    }
}

fn push<T: PartialEq>(values: &mut Vec<T>, value: T) {
    if values.len() < VALUES_MAX && !values.contains(&value) {
        values.push(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(parsed: &Parsed) -> Vec<&str> {
        parsed.terms.iter().map(|term| term.text.as_str()).collect()
    }

    #[test]
    fn a_question_becomes_terms_filters_and_exclusions() {
        let parsed = parse("企業登記 kind:dataset 分区：subject -发票 owner:市场监管局 foo:bar");
        assert_eq!(texts(&parsed), ["企业", "登记", "foo", "bar"]);
        assert_eq!(parsed.filters.kind, [Kind::Dataset]);
        assert_eq!(parsed.filters.zone, ["subject"]);
        assert_eq!(parsed.filters.owner, ["市场监管局"]);
        assert_eq!(parsed.without.len(), 1);
        assert_eq!(parsed.letters, "企业登记foobar");
        assert!(!parsed.shortened);
    }

    #[test]
    fn joining_words_may_be_missing_unless_there_are_no_others() {
        let parsed = parse("企业的名称");
        assert!(parsed.terms.iter().any(|term| term.text == "的" && term.joining));
        assert!(parse("的").terms.iter().all(|term| !term.joining));
    }

    #[test]
    fn what_is_too_long_is_shortened_and_told() {
        let long = parse(&"甲乙丙丁戊己庚辛".repeat(100));
        assert!(long.shortened && long.terms.len() <= TERMS_MAX);
        let many: String = (0..50).map(|n| format!("w{n} ")).collect();
        assert!(parse(&many).shortened);
    }
}
