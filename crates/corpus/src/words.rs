//! Words of a text: by the dictionary for Chinese, by letters and digits for the rest.

use crate::language::is_han;
use jieba_rs::Jieba;
use std::sync::LazyLock;

static JIEBA: LazyLock<Jieba> = LazyLock::new(Jieba::new);

/// The words in order. Without the statistical guess at unknown words, equal text is cut equally wherever it stands.
pub(crate) fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let class = class(first);
        let end = rest.find(|character: char| self::class(character) != class).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        match class {
            Class::Han => words.extend(JIEBA.cut(run, false).into_iter().map(|token| token.word)),
            Class::Word => words.push(run),
            Class::Between => {}
        }
        rest = after;
    }
    words
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Han,
    Word,
    Between,
}

fn class(character: char) -> Class {
    if is_han(character) {
        Class::Han
    } else if character.is_alphanumeric() || matches!(character, '\'' | '’') {
        Class::Word
    } else {
        Class::Between
    }
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn chinese_is_cut_by_the_dictionary_and_the_rest_by_letters() {
        assert_eq!(words("企业 don't 登记，2024 年。"), ["企业", "don't", "登记", "2024", "年"]);
        assert!(words("——，。").is_empty());
    }
}
