//! How names are typed in pinyin (拼音): whole syllables or first letters, from any word on.

use crate::fold::{Folded, is_han};
use crate::segment::Word;
use brain_kernel::pinyin;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// Characters of a name that one key covers; who types more has found it.
const SYLLABLES_MAX: usize = 8;
/// The same for first letters.
const INITIALS_MAX: usize = 12;
/// Names end in these; nobody begins to type there, and every firm would have the keys.
const LEGAL_FORMS: [&str; 8] =
    ["有限公司", "有限责任公司", "股份有限公司", "公司", "有限", "股份", "责任", "集团"];

/// Words whose characters are read otherwise than each mostly is. Both readings become keys.
const READINGS: [(&str, &[&str]); 26] = [
    ("重庆", &["chong", "qing"]),
    ("银行", &["yin", "hang"]),
    ("行业", &["hang", "ye"]),
    ("行情", &["hang", "qing"]),
    ("央行", &["yang", "hang"]),
    ("长沙", &["chang", "sha"]),
    ("长春", &["chang", "chun"]),
    ("长江", &["chang", "jiang"]),
    ("长度", &["chang", "du"]),
    ("厦门", &["xia", "men"]),
    ("调度", &["diao", "du"]),
    ("调查", &["diao", "cha"]),
    ("调拨", &["diao", "bo"]),
    ("会计", &["kuai", "ji"]),
    ("重型", &["zhong", "xing"]),
    ("重复", &["chong", "fu"]),
    ("参数", &["can", "shu"]),
    ("成分", &["cheng", "fen"]),
    ("乐清", &["yue", "qing"]),
    ("音乐", &["yin", "yue"]),
    ("传感", &["chuan", "gan"]),
    ("传动", &["chuan", "dong"]),
    ("车床", &["che", "chuang"]),
    ("都市", &["du", "shi"]),
    ("朝阳", &["chao", "yang"]),
    ("蚌埠", &["beng", "bu"]),
];

/// [`READINGS`] as names are looked through for them.
static BY_WORD: LazyLock<Vec<(Vec<char>, &'static [&'static str])>> =
    LazyLock::new(|| READINGS.iter().map(|(word, syllables)| (word.chars().collect(), *syllables)).collect());

/// The keys of one name.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Keys {
    /// Syllables joined, from each word on.
    pub(crate) whole: BTreeSet<String>,
    /// First letters, from each word on.
    pub(crate) initials: BTreeSet<String>,
    /// Syllables and first letters of the name as a whole.
    pub(crate) exact: BTreeSet<String>,
}

/// How each folded character sounds: `(first letter, all of it)`. Letters and digits sound as they are written.
pub(crate) type Sounds = Vec<(String, String)>;

/// The keys of a name and of the words it was cut into; none where it has no Han character.
pub(crate) fn keys(folded: &Folded, words: &[Word]) -> Keys {
    let mut keys = Keys::default();
    if !folded.chars.iter().any(|c| is_han(*c)) {
        return keys;
    }
    for sounds in readings(folded) {
        keys.exact.extend(
            joined(&sounds, 0, usize::MAX).map(|(initials, whole)| [initials, whole]).into_iter().flatten(),
        );
        for word in words.iter().filter(|word| !LEGAL_FORMS.contains(&word.text.as_str())) {
            keys.whole.extend(joined(&sounds, word.start, SYLLABLES_MAX).map(|(_, whole)| whole));
            keys.initials.extend(joined(&sounds, word.start, INITIALS_MAX).map(|(initials, _)| initials));
        }
    }
    keys
}

/// The most frequent reading, and the one by words where it differs.
pub(crate) fn readings(folded: &Folded) -> Vec<Sounds> {
    let usual: Sounds = folded.chars.iter().map(|c| sound(*c)).collect();
    let mut by_word = usual.clone();
    for (word, syllables) in BY_WORD.iter() {
        let places = folded.chars.windows(word.len()).enumerate().filter(|(_, window)| window == word);
        for (at, _) in places {
            for (slot, syllable) in by_word.iter_mut().skip(at).zip(*syllables) {
                *slot = (first_letter(syllable), (*syllable).to_owned());
            }
        }
    }
    if by_word == usual { vec![usual] } else { vec![usual, by_word] }
}

fn sound(c: char) -> (String, String) {
    let text = c.encode_utf8(&mut [0; 4]).to_owned();
    if is_han(c) {
        (pinyin::initials(&text), pinyin::full(&text))
    } else if c == ' ' {
        Default::default()
    } else {
        (text.clone(), text)
    }
}

fn first_letter(syllable: &str) -> String {
    syllable.chars().take(1).collect()
}

/// `(first letters, syllables)` of up to `count` sounding characters from `start` on.
fn joined(sounds: &Sounds, start: usize, count: usize) -> Option<(String, String)> {
    let heard = sounds.iter().skip(start).filter(|(_, whole)| !whole.is_empty()).take(count);
    let (initials, whole): (String, String) = heard.map(|(i, w)| (i.as_str(), w.as_str())).unzip();
    (!whole.is_empty()).then_some((initials, whole))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fold::fold;
    use crate::segment::{Cut, words};

    fn of(text: &str) -> Keys {
        let folded = fold(text, 100);
        keys(&folded, &words(&folded, Cut::Fine))
    }

    #[test]
    fn a_name_has_keys_from_each_word_on() {
        let keys = of("谐波减速器");
        assert!(keys.whole.contains("xiebojiansuqi") && keys.whole.contains("jiansuqi"));
        assert!(keys.initials.contains("xbjsq") && keys.initials.contains("jsq"));
        assert!(keys.exact.contains("xbjsq") && keys.exact.contains("xiebojiansuqi"));
        assert!(!keys.exact.contains("jsq"));
    }

    #[test]
    fn a_word_read_otherwise_is_found_by_both_readings() {
        let keys = of("重庆银行");
        assert!(keys.exact.contains("chongqingyinhang"), "{keys:?}");
        assert!(keys.initials.contains("cqyh"));
    }

    #[test]
    fn nobody_types_from_the_legal_form_on() {
        let keys = of("绿的谐波传动科技股份有限公司");
        assert!(keys.whole.iter().all(|key| !key.starts_with("youxian")), "{keys:?}");
        assert_eq!(of("IGBT"), Keys::default());
    }
}
