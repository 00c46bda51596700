//! Passages (段落切分): pieces of a document that end where a paragraph or a sentence ends, with their places.

use crate::options::Passages;

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// First character in the document's text, from 0.
    pub start: usize,
    /// Character after the last.
    pub end: usize,
    /// The characters between.
    pub text: String,
}

/// Cut a text. Every character that is no white space is in a passage; none is longer than `characters_max`; a passage
/// begins at most `overlap` characters before the end of the one before it.
#[must_use]
pub fn passages(text: &str, options: &Passages) -> Vec<Passage> {
    let characters: Vec<char> = text.chars().collect();
    let (mut passages, mut start, mut reached) = (Vec::new(), 0, 0);
    loop {
        start = skip_space(&characters, start);
        if start >= characters.len() {
            return passages;
        }
        let end = end_of(&characters, start, options.characters_max.max(1));
        let trimmed = back_over_space(&characters, start, end);
        // Where only white space is left, the overlap alone would say nothing new.
        if trimmed > reached {
            let text = characters.get(start..trimmed).unwrap_or_default().iter().collect();
            passages.push(Passage { start, end: trimmed, text });
            reached = trimmed;
        }
        if end >= characters.len() {
            return passages;
        }
        start = begin_again(&characters, start, end, options.overlap);
    }
}

fn skip_space(characters: &[char], from: usize) -> usize {
    let rest = characters.get(from..).unwrap_or_default();
    from + rest.iter().position(|c| !c.is_whitespace()).unwrap_or(rest.len())
}

fn back_over_space(characters: &[char], start: usize, end: usize) -> usize {
    let piece = characters.get(start..end).unwrap_or_default();
    start + piece.iter().rposition(|c| !c.is_whitespace()).map_or(0, |at| at + 1)
}

/// How good a place between two characters is to cut: 3 between paragraphs, 2 between sentences, 1 at a space, else 0.
fn strength(characters: &[char], at: usize) -> u8 {
    let before = |back: usize| at.checked_sub(back).and_then(|at| characters.get(at)).copied().unwrap_or(' ');
    let after = characters.get(at).copied().unwrap_or('\n');
    match before(1) {
        '\n' => 3,
        '。' | '！' | '？' | '；' => {
            if matches!(after, '”' | '’' | '」' | '）') {
                0
            } else {
                2
            }
        }
        '”' | '」' | '）' if matches!(before(2), '。' | '！' | '？') => 2,
        '.' | '!' | '?' if after.is_whitespace() => 2,
        space if space.is_whitespace() => 1,
        _ => 0,
    }
}

/// The best place to end in the second half of what fits: the last of the strongest.
fn end_of(characters: &[char], start: usize, most: usize) -> usize {
    if characters.len() - start <= most {
        return characters.len();
    }
    let places = (start + most.div_ceil(2)).max(start + 1)..=start + most;
    let best = places.map(|at| (strength(characters, at), at)).max();
    best.filter(|(strength, _)| *strength > 0).map_or(start + most, |(_, at)| at)
}

/// The first beginning of a sentence within the overlap, else of a word, else the end itself.
fn begin_again(characters: &[char], start: usize, end: usize, overlap: usize) -> usize {
    let earliest = end.saturating_sub(overlap).max(start + 1);
    let at_least = |least: u8| (earliest..end).find(|at| strength(characters, *at) >= least);
    at_least(2).or_else(|| at_least(1)).unwrap_or(end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cut(text: &str, characters_max: usize, overlap: usize) -> Vec<Passage> {
        passages(text, &Passages { enabled: true, characters_max, overlap })
    }

    #[test]
    fn a_passage_ends_where_a_paragraph_or_a_sentence_ends() {
        let text = "第一句话在这里。第二句话在这里。\n\n第三句话在另一段。";
        let texts: Vec<String> = cut(text, 20, 0).into_iter().map(|passage| passage.text).collect();
        assert_eq!(texts, ["第一句话在这里。第二句话在这里。", "第三句话在另一段。"]);
        let texts: Vec<String> = cut(text, 20, 9).into_iter().map(|passage| passage.text).collect();
        assert_eq!(texts[1], "第三句话在另一段。");
        let overlapping = cut("One is here. Two is here. Three is here.", 26, 14);
        assert_eq!(overlapping[0].text, "One is here. Two is here.");
        assert_eq!(overlapping[1].text, "Two is here. Three is");
    }

    #[test]
    fn nothing_gives_nothing() {
        assert!(cut("", 10, 2).is_empty() && cut(" \n ", 10, 2).is_empty());
    }

    proptest! {
        #[test]
        fn every_character_is_in_a_passage_and_places_are_right(text in "[a-z。. \n产业]{0,300}", most in 50_usize..80, overlap in 0_usize..25) {
            let characters: Vec<char> = text.chars().collect();
            let mut covered = vec![false; characters.len()];
            let mut last_end = 0;
            for passage in cut(&text, most, overlap) {
                let there: String = characters[passage.start..passage.end].iter().collect();
                prop_assert_eq!(&there, &passage.text);
                prop_assert!(passage.end - passage.start <= most && passage.end > last_end);
                prop_assert!(passage.start + overlap + 1 >= last_end);
                last_end = passage.end;
                covered[passage.start..passage.end].fill(true);
            }
            for (at, character) in characters.iter().enumerate() {
                prop_assert!(covered[at] || character.is_whitespace());
            }
        }
    }
}
