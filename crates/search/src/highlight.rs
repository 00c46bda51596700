//! Which characters of a text made it a hit (高亮), as pieces that any surface can draw.

use crate::entry::SUMMARY_CHARACTERS_MAX;
use crate::fold::{Folded, Run, fold, is_han};
use crate::parse::Term;
use crate::segment::pairs_within;
use crate::sound::{Sounds, readings};
use rapidfuzz::distance::osa;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Characters of an excerpt.
const EXCERPT_CHARACTERS: usize = 120;
/// Characters shown before the first match of an excerpt.
const LEAD_CHARACTERS: usize = 20;
/// Latin words at least this long may be mistyped by one letter.
pub(crate) const TYPO_LETTERS_MIN: usize = 4;

/// A stretch of a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Piece {
    /// The characters.
    pub text: String,
    /// Whether they matched.
    pub hit: bool,
}

/// A text whole, with what matched.
pub(crate) fn mark(text: &str, terms: &[Term], joined: &str) -> Vec<Piece> {
    let (chars, marks) = marks(text, terms, joined);
    pieces(&chars, &marks)
}

/// The part of a text around its first match, with what matched.
pub(crate) fn excerpt(text: &str, terms: &[Term]) -> Vec<Piece> {
    let (chars, marks) = marks(text, terms, "");
    let first = marks.iter().position(|hit| *hit).unwrap_or_default();
    let latest_start = chars.len().saturating_sub(EXCERPT_CHARACTERS);
    let start = first.saturating_sub(LEAD_CHARACTERS).min(latest_start);
    let end = (start + EXCERPT_CHARACTERS).min(chars.len());
    let mut found =
        pieces(chars.get(start..end).unwrap_or_default(), marks.get(start..end).unwrap_or_default());
    let dots = || Piece { text: "…".to_owned(), hit: false };
    if start > 0 {
        found.insert(0, dots());
    }
    if end < chars.len() {
        found.push(dots());
    }
    found
}

/// The characters of a text, and whether each matched.
fn marks(text: &str, terms: &[Term], joined: &str) -> (Vec<char>, Vec<bool>) {
    let chars: Vec<char> = text.chars().take(SUMMARY_CHARACTERS_MAX).collect();
    let folded = fold(text, SUMMARY_CHARACTERS_MAX);
    let mut hits = vec![false; folded.chars.len()];
    for term in terms {
        if term.han {
            mark_han(&folded, &term.text, &mut hits)
        } else {
            mark_latin(&folded, &term.text, &mut hits)
        }
    }
    // `xie bo jian su` is one name typed with spaces.
    if !joined.is_empty() && !hits.contains(&true) {
        mark_sound(&folded, joined, &mut hits);
    }
    let mut marks = vec![false; chars.len()];
    for (origin, _) in folded.origin.iter().zip(&hits).filter(|(_, hit)| **hit) {
        if let Some(mark) = marks.get_mut(*origin) {
            *mark = true;
        }
    }
    (chars, marks)
}

fn mark_han(folded: &Folded, word: &str, hits: &mut [bool]) {
    let whole: Vec<char> = word.chars().collect();
    if mark_everywhere(folded, &whole, hits) {
        return;
    }
    for pair in pairs_within(word) {
        mark_everywhere(folded, &pair.chars().collect::<Vec<_>>(), hits);
    }
}

fn mark_everywhere(folded: &Folded, wanted: &[char], hits: &mut [bool]) -> bool {
    let mut found = false;
    for (at, _) in
        folded.chars.windows(wanted.len().max(1)).enumerate().filter(|(_, window)| *window == wanted)
    {
        mark_range(hits, at, at + wanted.len());
        found = true;
    }
    found
}

fn mark_latin(folded: &Folded, term: &str, hits: &mut [bool]) {
    let mut found = false;
    for Run { start, end, .. } in folded.runs().into_iter().filter(|run| !run.han) {
        let word = folded.text(start, end);
        if word.starts_with(term) {
            mark_range(hits, start, start + term.chars().count());
            found = true;
        } else if is_typo(&word, term) {
            mark_range(hits, start, end);
            found = true;
        }
    }
    if !found && term.chars().nth(1).is_some() {
        mark_sound(folded, term, hits);
    }
}

fn is_typo(word: &str, term: &str) -> bool {
    term.chars().count() >= TYPO_LETTERS_MIN && osa::distance(word.chars(), term.chars()) <= 1
}

/// Mark the first characters, from any on, whose syllables or first letters begin with what was typed.
fn mark_sound(folded: &Folded, typed: &str, hits: &mut [bool]) {
    for sounds in readings(folded) {
        // What is written in letters was looked at as words already.
        let starts = folded.chars.iter().enumerate().filter(|(_, c)| is_han(**c));
        for (start, _) in starts {
            let end = heard(&sounds, start, typed, |(_, whole)| whole)
                .or_else(|| heard(&sounds, start, typed, |(initial, _)| initial));
            if let Some(end) = end {
                mark_range(hits, start, end);
                return;
            }
        }
    }
}

/// One past the last character that is needed to hear all of `typed` from `start` on.
fn heard(
    sounds: &Sounds,
    start: usize,
    typed: &str,
    part: fn(&(String, String)) -> &String,
) -> Option<usize> {
    let mut rest = typed;
    for (at, sound) in sounds.iter().enumerate().skip(start) {
        let part = part(sound).as_str();
        if part.is_empty() {
            if at == start {
                return None;
            }
            continue;
        }
        if part.starts_with(rest) {
            return Some(at + 1);
        }
        rest = rest.strip_prefix(part)?;
    }
    None
}

fn mark_range(hits: &mut [bool], start: usize, end: usize) {
    hits.iter_mut().take(end).skip(start).for_each(|hit| *hit = true);
}

fn pieces(chars: &[char], marks: &[bool]) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for (c, &hit) in chars.iter().zip(marks) {
        match pieces.last_mut() {
            Some(last) if last.hit == hit => last.text.push(*c),
            _ => pieces.push(Piece { text: c.to_string(), hit }),
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::parse;

    fn shown(text: &str, typed: &str) -> String {
        let parsed = parse(typed);
        let pieces = mark(text, &parsed.terms, &parsed.letters);
        pieces.into_iter().map(|p| if p.hit { format!("[{}]", p.text) } else { p.text }).collect()
    }

    #[test]
    fn what_matched_is_marked_however_it_was_typed() {
        for (text, typed, expected) in [
            ("谐波减速器企业", "减速器", "谐波[减速器]企业"),
            ("諧波減速器", "谐波", "[諧波]減速器"),
            ("谐波减速器", "jiansu", "谐波[减速]器"),
            ("谐波减速器", "xbj", "[谐波减]速器"),
            ("谐波减速器", "xie bo jian", "[谐波减]速器"),
            ("Enterprise links", "enterp", "[Enterp]rise links"),
            ("Enterprise links", "entreprise", "[Enterprise] links"),
            ("重庆市", "chongqing", "[重庆]市"),
            ("没有", "xyz", "没有"),
        ] {
            assert_eq!(shown(text, typed), expected, "{typed}");
        }
    }

    #[test]
    fn an_excerpt_is_cut_around_the_first_match() {
        let text = format!("{}减速器{}", "前".repeat(200), "后".repeat(200));
        let pieces = excerpt(&text, &parse("减速器").terms);
        assert_eq!(pieces.first().map(|p| p.text.as_str()), Some("…"));
        assert!(pieces.iter().any(|p| p.hit && p.text == "减速器"));
        let shown: usize = pieces.iter().map(|p| p.text.chars().count()).sum();
        assert!(shown <= EXCERPT_CHARACTERS + 2);
    }
}
