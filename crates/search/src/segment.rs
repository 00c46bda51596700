//! Words and pairs of characters (分词). Words give the order, pairs give what word boundaries hide.

use crate::fold::{Folded, Run};
use jieba_rs::Jieba;
use std::sync::LazyLock;

/// Words of the field that the general dictionary cuts in two.
const FIELD_WORDS: &str = include_str!("words.txt");

static JIEBA: LazyLock<Jieba> = LazyLock::new(|| {
    let mut jieba = Jieba::new();
    for word in FIELD_WORDS.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        jieba.add_word(word, None, None);
    }
    jieba
});

/// A word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    /// The word.
    pub(crate) text: String,
    /// Whether it is of Han characters.
    pub(crate) han: bool,
    /// Where it begins among the folded characters.
    pub(crate) start: usize,
}

/// How finely to cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// Each character is in one word: for what is typed.
    Coarse,
    /// Words inside words as well: for what is searched.
    Fine,
}

/// The words of a folded text.
pub(crate) fn words(folded: &Folded, cut: Cut) -> Vec<Word> {
    let mut words = Vec::new();
    for run in folded.runs() {
        let text = folded.text(run.start, run.end);
        if !run.han {
            words.push(Word { text, han: false, start: run.start });
            continue;
        }
        // Without the statistical guess at unknown words, equal words are cut equally wherever they stand.
        let tokens = match cut {
            Cut::Coarse => JIEBA.cut(&text, false),
            Cut::Fine => JIEBA.cut_for_search(&text, false),
        };
        words.extend(tokens.iter().map(|token| Word {
            text: token.word.to_owned(),
            han: true,
            start: run.start + token.start,
        }));
    }
    words
}

/// Pairs of neighbouring Han characters; the last character of a stretch stands alone, so that every character
/// begins a pair or stands alone.
pub(crate) fn pairs(folded: &Folded) -> Vec<String> {
    folded.runs().into_iter().filter(|run| run.han).flat_map(|run| pairs_of_run(folded, run)).collect()
}

fn pairs_of_run(folded: &Folded, run: Run) -> impl Iterator<Item = String> + '_ {
    (run.start..run.end).map(move |at| folded.text(at, (at + 2).min(run.end)))
}

/// Pairs that a text containing `word` must have; none for a single character.
pub(crate) fn pairs_within(word: &str) -> Vec<String> {
    let chars: Vec<char> = word.chars().collect();
    chars.windows(2).map(|pair| pair.iter().collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fold::fold;

    fn cut(text: &str, cut: Cut) -> Vec<String> {
        words(&fold(text, 100), cut).into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn a_text_is_cut_finely_and_a_query_coarsely() {
        assert_eq!(cut("统一社会信用代码", Cut::Coarse), ["统一社会信用代码"]);
        let fine = cut("统一社会信用代码", Cut::Fine);
        assert!(
            ["社会", "信用", "代码", "统一社会信用代码"]
                .iter()
                .all(|word| fine.contains(&(*word).to_owned()))
        );
        assert_eq!(cut("subject.enterprise_link", Cut::Coarse), ["subject", "enterprise", "link"]);
    }

    #[test]
    fn every_character_begins_a_pair_or_stands_alone() {
        assert_eq!(pairs(&fold("减速器 A轴", 100)), ["减速", "速器", "器", "轴"]);
        assert_eq!(pairs_within("减速器"), ["减速", "速器"]);
        assert!(pairs_within("器").is_empty());
    }
}
