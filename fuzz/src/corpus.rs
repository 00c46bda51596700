//! Files from which a corpus is built.

use brain_corpus::extract::{Format, Limits, extract};
use brain_corpus::{Options, Shares, passages};

/// Small bounds, so that the fuzzer reaches them.
const LIMITS: Limits = Limits {
    file_bytes_max: 1 << 20,
    unpacked_bytes_max: 4 << 20,
    unpacked_ratio_max: 200,
    text_characters_max: 100_000,
    pages_max: 50,
};

/// The bytes as every format that their beginning allows: text within bounds or a reason, and passages that say where
/// they are.
pub fn file(data: &[u8]) {
    let formats: &[Format] = match data {
        [b'P', b'K', ..] => &[Format::Docx, Format::Pptx, Format::Xlsx],
        [b'%', b'P', b'D', b'F', ..] => &[Format::Pdf],
        [b'<', ..] => &[Format::Html, Format::Text],
        _ => &[Format::Text],
    };
    for format in formats {
        let extracted = match extract(*format, data, &LIMITS, None) {
            Ok(extracted) => extracted,
            Err(refused) => {
                assert!(!refused.words().zh.is_empty() && !refused.code().is_empty());
                continue;
            }
        };
        let text = extracted.text;
        let characters: Vec<char> = text.chars().collect();
        assert!(characters.len() <= LIMITS.text_characters_max, "limits hold");
        let (_, share) = Shares::of(&text).main();
        assert!((0.0..=1.0).contains(&share), "{share}");
        let options = Options::default().passages;
        for passage in passages(&text, &options) {
            let there: String =
                characters.get(passage.start..passage.end).expect("a place in the text").iter().collect();
            assert!(there == passage.text && passage.end - passage.start <= options.characters_max);
        }
    }
}
