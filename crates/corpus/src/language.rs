//! Which language a text is in (语种识别): by script, and by function words where the script does not say.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Least share of words of an English text that are function words; other languages in Latin letters have fewer.
const ENGLISH_FUNCTION_WORDS_MIN: f64 = 0.05;

/// Words that any English text has (Gopher's eight, and those next in frequency).
pub(crate) const ENGLISH: [&str; 20] = [
    "the", "be", "to", "of", "and", "that", "have", "with", "a", "in", "is", "are", "for", "on", "as", "by",
    "this", "or", "not", "from",
];
/// Words that any Chinese text has, as the dictionary cuts them.
pub(crate) const CHINESE: [&str; 32] = [
    "的", "了", "在", "是", "和", "有", "与", "为", "对", "等", "不", "也", "及", "或", "以", "之", "其",
    "于", "并", "被", "将", "由", "按", "应", "应当", "可以", "或者", "以及", "这", "就", "都", "從",
];

/// A language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "CorpusLanguage")]
pub enum Tongue {
    /// 中文.
    Zh,
    /// English.
    En,
    /// Any other.
    Other,
}

impl Tongue {
    /// Code as written in files.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Zh => "zh",
            Self::En => "en",
            Self::Other => "other",
        }
    }
}

/// What a text is made of. A Han character counts as a word in Latin letters does, or a mixed text would be judged by
/// the longer spelling.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Shares {
    /// Share of Han characters.
    pub zh: f64,
    /// Share of words in Latin letters, where their function words are English.
    pub en: f64,
    /// Share of everything else with letters.
    pub other: f64,
}

impl Shares {
    /// Of a text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let (mut han, mut foreign, mut latin, mut function) = (0_u64, 0_u64, 0_u64, 0_u64);
        let mut kana = 0_u64;
        let mut word = String::new();
        for character in text.chars().chain([' ']) {
            if character.is_alphabetic() && is_latin(character) {
                if word.len() < 32 {
                    word.extend(character.to_lowercase());
                }
                continue;
            }
            if !word.is_empty() {
                latin += 1;
                function += u64::from(ENGLISH.contains(&word.as_str()));
                word.clear();
            }
            if is_han(character) {
                han += 1;
            } else if character.is_alphabetic() {
                foreign += 1;
                kana += u64::from(matches!(character, '\u{3040}'..='\u{30ff}'));
            }
        }
        // Japanese has Han characters too, but never a text without kana.
        if kana * 10 > han {
            foreign += std::mem::take(&mut han);
        }
        let all = (han + latin + foreign) as f64;
        if all == 0.0 {
            return Self::default();
        }
        let english = function as f64 >= ENGLISH_FUNCTION_WORDS_MIN * latin as f64;
        let (en, other) = if english { (latin, foreign) } else { (0, foreign + latin) };
        Self { zh: han as f64 / all, en: en as f64 / all, other: other as f64 / all }
    }

    /// The language with the greatest share, and that share; a text without letters has none.
    #[must_use]
    pub fn main(&self) -> (Tongue, f64) {
        let mut best = (Tongue::Other, self.other);
        for (tongue, share) in [(Tongue::En, self.en), (Tongue::Zh, self.zh)] {
            if share > best.1 {
                best = (tongue, share);
            }
        }
        best
    }
}

/// Whether this is a Chinese character.
pub(crate) fn is_han(character: char) -> bool {
    matches!(character, '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{323af}' | '〇' | '々')
}

fn is_latin(character: char) -> bool {
    matches!(character, 'a'..='z' | 'A'..='Z' | '\u{c0}'..='\u{24f}')
}

#[cfg(test)]
mod tests {
    use super::{Shares, Tongue};

    #[test]
    fn script_and_function_words_tell_the_language() {
        for (text, tongue) in [
            ("产业大脑汇集产业链上下游的数据。", Tongue::Zh),
            ("企业使用 Delta Lake 与 Parquet 存储数据，支持 SQL 查询", Tongue::Zh),
            (
                "The industry brain gathers the data of a chain, and it answers to the firms in it.",
                Tongue::En,
            ),
            ("Der schnelle braune Fuchs springt über den faulen Hund, während Vögel singen", Tongue::Other),
            ("産業のデータを集めて、企業に答えるシステムです。", Tongue::Other),
            ("산업 데이터를 모읍니다", Tongue::Other),
            ("12345 — 67", Tongue::Other),
            ("", Tongue::Other),
        ] {
            assert_eq!(Shares::of(text).main().0, tongue, "{text}");
        }
    }
}
