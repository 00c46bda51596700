//! Questions with the first hit that people expect, over the node's own catalogue, lists, components and firms.

use crate::corpus::{index, names, question};

/// `(typed, the hit that should come first, places it may be lower)`.
const LABELLED: &[(&str, &str, usize)] = &[
    // Chinese words.
    ("企业", "dataset:subject.enterprise", 0),
    ("产业链", "dataset:subject.chain", 0),
    ("统一社会信用代码", "column:subject.enterprise#uscc", 0),
    ("注册资本", "column:subject.enterprise#capital_cny", 0),
    ("企业登记", "dataset:raw.registry", 0),
    ("行政区划", "dataset:subject.region", 2),
    ("国民经济行业分类", "standard:gbt4754", 2),
    ("谷物种植", "code:gbt4754#011", 0),
    ("深圳市", "code:gbt2260#440300", 0),
    ("宁德时代", "firm:code:300750.SZ", 0),
    ("天马微电子", "firm:code:000050.SZ", 0),
    ("企业检索", "component:enterprise.search", 0),
    // Traditional characters and full width.
    ("企業登記", "dataset:raw.registry", 0),
    ("產業鏈", "dataset:subject.chain", 0),
    ("ＳＵＢＪＥＣＴ．ｃｈａｉｎ", "dataset:subject.chain", 0),
    ("寧德時代", "firm:code:300750.SZ", 0),
    // Pinyin, whole and first letters, with and without spaces.
    ("qiye", "dataset:subject.enterprise", 0),
    ("chanyelian", "dataset:subject.chain", 0),
    ("qiyedengji", "dataset:raw.registry", 0),
    ("qi ye deng ji", "dataset:raw.registry", 0),
    ("qydj", "dataset:raw.registry", 0),
    ("zczb", "column:subject.enterprise#capital_cny", 1),
    ("tyshxydm", "column:subject.enterprise#uscc", 0),
    ("ningdeshidai", "firm:code:300750.SZ", 0),
    ("ndsd", "firm:code:300750.SZ", 0),
    ("shenzhenshi", "code:gbt2260#440300", 0),
    ("chongqingshi", "code:gbt2260#500000", 0),
    // As it is typed.
    ("ningdeshi", "firm:code:300750.SZ", 3),
    ("enterp", "dataset:subject.enterprise", 0),
    ("qiyedeng", "dataset:raw.registry", 0),
    // English, technical names, codes.
    ("enterprises", "dataset:subject.enterprise", 0),
    ("subject.enterprise", "dataset:subject.enterprise", 0),
    ("enterprise_link", "dataset:subject.enterprise_link", 0),
    ("credit code", "column:subject.enterprise#uscc", 0),
    ("uscc", "column:subject.enterprise#uscc", 0),
    ("firm search", "component:enterprise.search", 0),
    ("300750", "firm:code:300750.SZ", 0),
    ("440300", "code:gbt2260#440300", 0),
    ("classification GB/T 4754", "standard:gbt4754", 1),
    // One letter mistyped.
    ("entreprise", "dataset:subject.enterprise", 0),
    ("enterprize", "dataset:subject.enterprise", 0),
    ("qiyedemgji", "dataset:raw.registry", 0),
    // Several words, joining words, filters, exclusions.
    ("企业 地址", "column:subject.enterprise#address", 0),
    ("企业的地址", "column:subject.enterprise#address", 0),
    ("地址 kind:column", "column:subject.enterprise#address", 0),
    ("企业 kind:dataset zone:subject", "dataset:subject.enterprise", 0),
    ("企业 -登记 zone:raw", "dataset:raw.curated_enterprise", 6),
    // Not all of it exists.
    ("企业登记 火星探测", "dataset:raw.registry", 0),
];

#[test]
fn labelled_questions_find_what_people_expect() {
    let (_folder, index) = index();
    let (mut first, mut reciprocal, mut wrong) = (0.0, 0.0, Vec::new());
    for (typed, expected, lower) in LABELLED {
        let answer = index.search(&question(typed)).unwrap();
        let names = names(&answer);
        let place = names.iter().position(|name| name == expected);
        if let Some(place) = place {
            first += f64::from(u8::from(place == 0));
            reciprocal += 1.0 / (place + 1) as f64;
        }
        if place.is_none_or(|place| place > *lower) {
            let scores: Vec<f32> = answer.hits.iter().take(5).map(|hit| hit.score).collect();
            wrong.push(format!(
                "{typed}: {expected} at {place:?}, found {:?} {scores:?}",
                &names[..names.len().min(5)]
            ));
        }
    }
    let count = LABELLED.len() as f64;
    println!("first {:.3}, mean reciprocal rank {:.3} of {count}", first / count, reciprocal / count);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(first / count >= 0.9, "first hits: {first} of {count}");
}
