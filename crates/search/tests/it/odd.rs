//! Whatever is typed has an answer.

use crate::corpus::{index, names, question};
use brain_search::{Index, LIMIT_MAX};
use proptest::prelude::*;
use std::sync::LazyLock;

static INDEX: LazyLock<(tempfile::TempDir, Index)> = LazyLock::new(index);

#[test]
fn odd_questions_are_answered() {
    let long = "谐波减速器".repeat(10_000);
    for text in [
        "",
        " ",
        "-",
        "--",
        "- -",
        ":",
        "kind:",
        "kind:nothing",
        "*",
        "?",
        "(",
        "\"",
        "[a TO b]",
        "a AND",
        "\\",
        "\0",
        "\u{202e}企业",
        "😀",
        "-企业 -企业",
        "企业 AND NOT",
        "~1",
        "^2",
        "a:b:c",
        "'; DROP TABLE",
        &long,
        "\u{fffd}",
        "ﷺ",
        "İ",
        "ß",
        "𠮷野家",
    ] {
        let mut asked = question(text);
        (asked.limit, asked.offset) = (usize::MAX, usize::MAX);
        let answer = INDEX.1.search(&asked).unwrap();
        assert!(answer.hits.len() <= LIMIT_MAX, "{text}");
    }
}

#[test]
fn a_question_without_words_lists_what_passes_the_filters() {
    let answer = INDEX.1.search(&question("kind:component")).unwrap();
    assert!(answer.total > 5 && answer.hits.iter().all(|hit| hit.kind == brain_search::Kind::Component));
}

#[test]
fn equal_questions_have_equal_answers() {
    let (folder, other) = index();
    for text in ["企业", "qiye", "gongsi", "chain", "江苏"] {
        let (one, two) = (INDEX.1.search(&question(text)).unwrap(), other.search(&question(text)).unwrap());
        assert_eq!(names(&one), names(&two), "{text}");
    }
    drop(folder);
}

/// Words of the corpus, marks, and anything at all.
fn typed() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("企业".to_owned()),
        Just("jiansuqi".to_owned()),
        Just("enterprise".to_owned()),
        "[-:\"'*?~^()\\[\\]{}+&|!/\\\\ ]{1,4}",
        "(kind|zone|side|grade|owner|类型|x)[:：].{0,6}",
        "\\PC{0,8}",
        any::<char>().prop_map(|c| c.to_string()),
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.join(""))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn any_text_has_an_answer(text in typed(), offset in 0usize..100, limit in 0usize..50) {
        let mut asked = question(&text);
        (asked.offset, asked.limit) = (offset, limit);
        let answer = INDEX.1.search(&asked).unwrap();
        prop_assert!(answer.hits.len() <= limit);
        prop_assert!(answer.hits.len() as u64 <= answer.total);
        for hit in answer.hits {
            // Marking shows the title as it is.
            let shown: String = hit.title_marked.zh.iter().map(|piece| piece.text.as_str()).collect();
            prop_assert_eq!(shown, hit.title.zh);
        }
    }
}
