//! Codes somebody perhaps meant.

use super::{Because, Code, CodeList, Nearest};
use crate::text::folded;
use chrono::NaiveDate;
use rapidfuzz::distance::osa;

/// Codes suggested at most.
const NEAREST_MAX: usize = 5;
/// Longest value looked for, characters; a longer one is no code.
const VALUE_CHARACTERS_MAX: usize = 100;
/// Shortest code in which two errors may be thought.
const TWO_ERRORS_FROM: usize = 6;

/// Codes that hold on the day and were perhaps meant by `value`, the likeliest first.
pub(super) fn nearest(list: &CodeList, value: &str, day: NaiveDate) -> Vec<Nearest> {
    let value = folded(value);
    let characters = value.chars().count();
    if characters == 0 || characters > VALUE_CHARACTERS_MAX {
        return Vec::new();
    }
    let typed = osa::BatchComparator::new(value.chars());
    let reason = |code: &Code| {
        let spelled = folded(&code.code);
        let names = [folded(&code.name.zh), folded(&code.name.en)];
        if spelled == value {
            return Some(Because::Spelling);
        }
        if names.contains(&value) {
            return Some(Because::Name);
        }
        let length = spelled.chars().count();
        // In a code of one or two characters every other code is one error away.
        let errors = match length.min(characters) {
            0..3 => 0,
            3..TWO_ERRORS_FROM => 1,
            _ => 2,
        };
        if length.abs_diff(characters) <= errors {
            let arguments = osa::Args::default().score_cutoff(errors);
            match typed.distance_with_args(spelled.chars(), &arguments) {
                Some(0 | 1) => return Some(Because::OneError),
                Some(2) => return Some(Because::TwoErrors),
                _ => {}
            }
        }
        let part = characters >= 2 && names.iter().any(|name| name.contains(&value));
        part.then_some(Because::PartOfName)
    };
    let holding = list.codes().iter().filter(|code| code.holds_on(day));
    let mut found: Vec<(Because, &Code)> =
        holding.filter_map(|code| reason(code).map(|because| (because, code))).collect();
    // Among names that hold the text the shortest is closest to it.
    let length = |code: &Code| code.name.zh.chars().count() + code.name.en.chars().count();
    found.sort_by(|(a, one), (b, other)| {
        let by_length = if a == &Because::PartOfName {
            length(one).cmp(&length(other))
        } else {
            std::cmp::Ordering::Equal
        };
        a.cmp(b).then(by_length).then_with(|| one.code.cmp(&other.code))
    });
    found
        .into_iter()
        .take(NEAREST_MAX)
        .map(|(because, code)| Nearest { code: code.code.clone(), name: code.name.clone(), because })
        .collect()
}
