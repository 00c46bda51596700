//! Code lists and mappings.

use brain_kernel::error::Failure;
use brain_standards::list::{Because, CodeList, ListFile, Mapping, Verdict};
use chrono::NaiveDate;
use proptest::prelude::*;

const HEADING: &str = r#"
id = "region_test"
title = { zh = "行政区划", en = "Regions" }
standard = "GB/T 2260"
edition = "2007"
source = "测试"
"#;

/// 330104 江干区 and 330103 下城区 ended on 2021-04-08 (国函〔2021〕36号).
const CODES: &str = "code,parent,name_zh,valid_until,successors
330000,,浙江省,,
330100,330000,杭州市,,
330102,330100,上城区,,
330105,330100,拱墅区,,
330103,330100,下城区,2021-04-08,330105
330104,330100,江干区,2021-04-08,330102;330114
330114,330100,钱塘区,,
";

pub(crate) fn regions() -> CodeList {
    ListFile::read(HEADING, CODES.as_bytes()).unwrap()
}

pub(crate) fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

#[test]
fn a_value_is_judged_by_the_day_and_an_ended_code_names_its_successors() {
    let list = regions();
    assert!(matches!(list.judge("330104", day("2021-04-08")), Verdict::Valid { .. }));
    let ended = list.judge("330104", day("2021-04-09"));
    let successors = vec!["330102".to_owned(), "330114".to_owned()];
    assert_eq!(ended, Verdict::Ended { valid_until: day("2021-04-08"), successors });
}

#[test]
fn what_is_no_code_leads_to_those_that_were_meant_and_hold() {
    let nearest = |value: &str| match regions().judge(value, day("2026-01-01")) {
        Verdict::Unknown { nearest } => {
            nearest.into_iter().map(|one| (one.code, one.because)).collect::<Vec<_>>()
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(nearest("３３０１００")[0], ("330100".to_owned(), Because::Spelling));
    assert_eq!(nearest("杭州市")[0], ("330100".to_owned(), Because::Name));
    assert_eq!(nearest("杭州"), [("330100".to_owned(), Because::PartOfName)]);
    assert!(nearest("330150").contains(&("330105".to_owned(), Because::OneError)), "two digits exchanged");
    assert!(nearest("330124").iter().all(|(code, _)| code != "330104"), "an ended code is not suggested");
    assert!(nearest("").is_empty() && nearest(&"9".repeat(5_000)).is_empty());
}

#[test]
fn a_wrong_table_is_refused_with_its_line() {
    for (csv, line, word) in [
        ("code,name_zh\n1,一\n1,又\n", "第 3 行", "重复"),
        ("code,parent,name_zh\n1,9,一\n", "第 2 行", "上级代码 9"),
        ("code,parent,name_zh\n1,2,一\n2,1,二\n", "第 2 行", "回到自身"),
        (
            "code,name_zh,valid_until,successors\n1,一,2020-01-01,2\n2,二,2020-01-01,1\n",
            "第 2 行",
            "回到自身",
        ),
        ("code,name_zh,successors\n1,一,2\n2,二,\n", "第 2 行", "失效日"),
        ("code,name_zh,valid_from\n1,一,昨天\n", "第 2 行", "不是日期"),
        ("code,name_zh\n1,\n", "第 2 行", "没有名称"),
        ("name_zh\n一\n", "第 1 行", "没有列“code”"),
        ("code,name_zh\n", "至", "现有 0 个"),
    ] {
        let failure = Failure::from(ListFile::read(HEADING, csv.as_bytes()).unwrap_err());
        assert_eq!(failure.code, "standards/table");
        assert!(failure.detail.zh.contains(line) && failure.detail.zh.contains(word), "{failure:?}");
    }
    let failure = Failure::from(ListFile::read("id = 1", b"").unwrap_err());
    assert_eq!(failure.code, "standards/toml");
    let heading = HEADING.replace("region_test", "Region Test");
    let failure = Failure::from(ListFile::read(&heading, CODES.as_bytes()).unwrap_err());
    assert_eq!(failure.pointer.as_deref(), Some("/id"));
}

const MAPPING: &str = r#"
id = "old_regions"
title = { zh = "旧区划对照", en = "" }
from = "region_old"
to = "region_test"
source = "统计局"
"#;

#[test]
fn a_code_becomes_one_or_several_with_their_shares() {
    let csv = "from,to,share\n330104,330102,0.6\n330104,330114,0.4\n330103,330105,\n";
    let mapping = Mapping::read(MAPPING, csv.as_bytes()).unwrap();
    let shares: Vec<_> = mapping.map("330104").iter().map(|row| (row.to.as_str(), row.share)).collect();
    assert_eq!(shares, [("330102", Some(0.6)), ("330114", Some(0.4))]);
    assert!(mapping.map("330199").is_empty());
    mapping.check_codes(None, Some(&regions())).unwrap();
}

#[test]
fn a_mapping_with_wrong_shares_or_unknown_codes_is_refused() {
    for csv in [
        "from,to,share\n1,330102,0.6\n1,330114,0.6\n",
        "from,to,share\n1,330102,0.6\n1,330114,\n",
        "from,to,share\n1,330102,-1\n",
        "from,to,share\n1,330102,半\n",
        "from,to\n1,330102\n1,330102\n",
        "from\n1\n",
    ] {
        let failure = Failure::from(Mapping::read(MAPPING, csv.as_bytes()).unwrap_err());
        assert_eq!(failure.code, "standards/table", "{csv}");
    }
    let mapping = Mapping::read(MAPPING, "from,to\n1,330199\n".as_bytes()).unwrap();
    let error = mapping.check_codes(None, Some(&regions())).unwrap_err();
    assert!(error.to_string().contains("330199"), "{error}");
}

proptest! {
    #[test]
    fn no_table_of_codes_and_no_value_makes_it_panic(csv in "(code,parent,name_zh,valid_until,successors\n)?[0-9a,;\n\"-]{0,200}", value in ".{0,80}") {
        if let Ok(list) = ListFile::read(HEADING, csv.as_bytes()) {
            let _ = list.judge(&value, day("2026-01-01"));
            for code in list.codes() {
                let unknown = matches!(list.judge(&code.code, day("2026-01-01")), Verdict::Unknown { .. });
                prop_assert!(!unknown, "{}", code.code);
            }
        }
        let _ = Mapping::read(MAPPING, csv.as_bytes());
    }
}
