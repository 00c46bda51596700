//! Published lists, where the operator has them: HS, GB/T 4754 and the divisions of GB/T 2260.

use brain_standards::list::{CodeList, ListFile, Verdict};
use std::path::PathBuf;

fn list(heading: &str, file: &str) -> Option<CodeList> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let root = std::env::var_os("BRAIN_SHARED_DATA").map_or(beside, PathBuf::from);
    let Ok(csv) = std::fs::read(root.join(file)) else {
        println!("skipped: no {file} in {} (set BRAIN_SHARED_DATA)", root.display());
        return None;
    };
    Some(ListFile::read(heading, &csv).unwrap())
}

#[test]
fn hs_codes_come_in_with_the_columns_they_have() {
    let heading = r#"
        id = "hs_2022"
        title = { zh = "商品名称及编码协调制度", en = "Harmonized System" }
        standard = "HS"
        edition = "2022"
        source = "datasets/harmonized-system"
        no_parent = ["TOTAL"]
        [columns]
        code = "hscode"
        name_en = "description"
    "#;
    let Some(list) = list(heading, "hs/harmonized-system.csv") else { return };
    assert!(list.codes().len() > 6_000, "{}", list.codes().len());
    assert_eq!(list.get("010121").unwrap().parent.as_deref(), Some("0101"));
    let typed = list.judge("010112", "2026-01-01".parse().unwrap());
    let Verdict::Unknown { nearest } = typed else { panic!("{typed:?}") };
    assert!(nearest.iter().any(|one| one.code == "010121"), "{nearest:?}");
}

#[test]
fn industries_come_in_with_their_levels() {
    let heading = r#"
        id = "gbt4754_full"
        title = { zh = "国民经济行业分类", en = "" }
        standard = "GB/T 4754"
        edition = "2017"
        source = "国家统计局"
        [columns]
        name_zh = "name"
    "#;
    let Some(list) = list(heading, "gbt4754_2017/gbt4754_2017.csv") else { return };
    assert_eq!(list.codes().len(), 20 + 97 + 473 + 1381);
    assert_eq!(list.get("3491").unwrap().name.zh, "工业机器人制造");
}

#[test]
fn counties_come_in_as_a_flat_list() {
    let heading = r#"
        id = "counties"
        title = { zh = "县级行政区划", en = "" }
        standard = "GB/T 2260"
        source = "民政部"
        [columns]
        name_zh = "name"
    "#;
    let Some(list) = list(heading, "geo/areas.csv") else { return };
    assert!(list.codes().len() > 2_800);
    assert_eq!(list.get("110105").unwrap().name.zh, "朝阳区");
}
