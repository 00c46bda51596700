//! The trade (行业或者经营特点) at the end of a name, by a list of words.

use rustc_hash::FxHashSet;
use std::sync::LazyLock;

const WORDS: &str = include_str!("trades.txt");
/// Characters of the longest word that is tried.
const WORD_MAX: usize = 8;

static TRADES: LazyLock<FxHashSet<&'static str>> = LazyLock::new(|| trade_words().collect());

/// Every word, in the order of the list.
pub fn trade_words() -> impl Iterator<Item = &'static str> {
    WORDS.lines().filter(|line| !line.starts_with('#')).flat_map(str::split_whitespace)
}

/// Where the trade begins in bytes: words are taken from the right, the longest first, as long as what is left is
/// empty or has two characters, for a 字号 has two (企业名称登记管理规定实施办法, art. 12).
#[must_use]
pub(super) fn begins(core: &str) -> usize {
    take_words(core, 1)
}

/// Where the trade begins if as many words as possible are taken, even if one character is left.
#[must_use]
pub(super) fn begins_at_most(core: &str) -> usize {
    take_words(core, 0)
}

fn take_words(core: &str, forbidden: usize) -> usize {
    let mut end = core.len();
    while let Some(shorter) = take_word(core.get(..end).unwrap_or_default(), forbidden) {
        end = shorter;
    }
    end
}

/// Where the trade begins if its first word is taken for the 字号, as nothing else is left.
#[must_use]
pub(super) fn begins_after_first_word(core: &str) -> usize {
    let mut end = core.len();
    while let Some(shorter) = take_word(core.get(..end).unwrap_or_default(), 1).filter(|shorter| *shorter > 0)
    {
        end = shorter;
    }
    end
}

/// Where the longest word at the end begins, unless as many characters as are forbidden would be left.
fn take_word(text: &str, forbidden: usize) -> Option<usize> {
    let starts: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    let count = starts.len();
    (2..=count.min(WORD_MAX)).rev().find_map(|length| {
        let left = count - length;
        let start = *starts.get(left)?;
        ((left != forbidden || left == 0) && TRADES.contains(text.get(start..)?)).then_some(start)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_taken_from_the_right() {
        for (core, brand) in [
            ("蛟龙纺织机械", "蛟龙"),
            ("永立阀门法兰", "永立阀门法兰"),
            ("恒达贸易", "恒达"),
            ("恒贸易", "恒贸易"),
            ("自来水", ""),
            ("abb工程", "abb"),
            ("", ""),
        ] {
            assert_eq!(core.get(..begins(core)), Some(brand), "{core}");
        }
    }
}
