//! Data larger than memory is sorted, grouped and joined all the same: what does not fit goes to disk.

use crate::node::{Node, Place, administrator};
use brain_testkit::credit_code;
use brain_warehouse::model::ModelState;
use std::fmt::Write as _;

/// MiB a query may take.
const LIMIT_MIB: u64 = 32;
const ROWS: usize = 131_072;
/// Bytes of the text in each row; all of it is four times the limit.
const TEXT_BYTES: usize = 1_024;

const MAPPING: &str = r#"
name = "wide"
title = { zh = "宽表", en = "Wide rows" }
description = { zh = "长文本。", en = "Long texts." }
owner = "测试"
side = "public"
grade = "general1"
source = "test"
licence = "test"

[[table]]
dataset = "raw.wide"
files = ["wide*.csv"]
mode = "replace"

[[table.column]]
name = "id"
type = "integer"

[[table.column]]
name = "text"
type = "text"
"#;

#[tokio::test(flavor = "multi_thread")]
async fn four_times_the_memory_limit_is_sorted_and_grouped_to_the_end() {
    let place = Place { query_memory_mib: LIMIT_MIB, ..Place::default() };
    let node = Node::empty_in(place).await;
    node.file("mappings/wide.toml", MAPPING);
    let mut text = String::from("id,text\n");
    for row in 0..ROWS {
        // A multiple of an odd number modulo a power of two: each value once, in no order.
        let key = row.wrapping_mul(48_271) % ROWS;
        let _ = write!(text, "{row},{key:08}");
        text.extend(std::iter::repeat_n('x', TEXT_BYTES - 8));
        text.push('\n');
    }
    assert!(text.len() as u64 > 4 * (LIMIT_MIB << 20));
    node.file("in/wide.csv", &text);
    drop(text);
    node.ingest("in/wide.csv", "wide").await;

    // The sort must hold whole rows: the text is asked for after it. Each row is checked against the one before.
    let sorted = "SELECT count(*), sum(CASE WHEN before < text OR before IS NULL THEN 1 ELSE 0 END), \
                  max(length(text)) FROM (SELECT text, lag(text) OVER (ORDER BY text) AS before FROM raw.wide)";
    let rows = node.rows(&administrator(), sorted).await.unwrap();
    assert_eq!(rows, [format!("{ROWS}|{ROWS}|{TEXT_BYTES}")]);
    // As many groups as rows, each with its long key.
    let grouped = "SELECT count(*), max(n) FROM (SELECT text, count(*) AS n FROM raw.wide GROUP BY text)";
    assert_eq!(node.rows(&administrator(), grouped).await.unwrap(), [format!("{ROWS}|1")]);
    assert_eq!(node.warehouse.memory_bytes(), 0, "what was taken is given back");
    let left = std::fs::read_dir(node.path().join("tmp")).unwrap().count();
    assert_eq!(left, 0, "nothing of what was spilled stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_register_larger_than_memory_becomes_the_subject_table_beside_a_listed_firm() {
    let rows = 40_000_u32;
    let place = Place { query_memory_mib: LIMIT_MIB, ..Place::default() };
    let node = Node::empty_in(place).await;
    node.file(
        "in/stock_basic.csv",
        "code,name,area,industry,公司全称\n300001.SZ,甲零,浙江,机械,甲零制造有限公司\n",
    );
    let mut text =
        String::from("file_year,file_prov,name,uscc,reg_date,type,capital,scope,province,city,address\n");
    for row in 0..rows {
        // The wide column is one that is only carried along; one code in a hundred is registered twice.
        let code = credit_code(if row % 100 == 99 { row - 1 } else { row });
        let _ = write!(text, "2019,浙江,甲{row}制造有限公司,{code},2001-01-01,有限责任公司,800万人民币,");
        text.extend(std::iter::repeat_n('x', TEXT_BYTES));
        text.push_str(",浙江,杭州,\n");
    }
    node.file("in/register.csv", &text);
    drop(text);
    node.ingest("in/stock_basic.csv", "listed_companies").await;
    node.ingest("in/register.csv", "registry").await;
    for run in crate::models::refresh(&node).await {
        assert_ne!(run.state, ModelState::Failed, "{run:?}");
    }
    let firms = "SELECT count(*), sum(length(scope)), count(DISTINCT uscc) FROM subject.enterprise";
    let all = rows - rows / 100 + 1;
    let registered = all - 1;
    let made = node.rows(&administrator(), firms).await.unwrap();
    assert_eq!(made, [format!("{all}|{}|{registered}", registered as usize * TEXT_BYTES)]);
}
