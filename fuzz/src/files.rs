//! Files that people send: tables in every format, boundaries of regions, supply networks.

use brain_chain::network_files::{FileLimits, read_network};
use brain_kernel::progress::Cancel;
use brain_warehouse::boundary;
use brain_warehouse::ingest::{Trial, try_file};
use brain_warehouse::mapping::{Mapping, parse};
use std::path::PathBuf;
use std::sync::LazyLock;
use tempfile::TempDir;

/// A mapping with every type and most rules.
const MAPPING: &str = r#"
name = "every_type"
title = { zh = "各种类型", en = "Every type" }
description = { zh = "模糊测试用。", en = "For fuzzing." }
owner = "node"
side = "public"
grade = "general1"
source = "brain-fuzz"
licence = "Apache-2.0"

[[table]]
dataset = "raw.every_type"
files = ["*"]
mode = "append"
no_mojibake = true
null_values = ["", "N/A"]

[[table.column]]
name = "name"
source = ["name", "企业名称"]
type = "text"
rules = { min_length = 1, max_length = 60 }

[[table.column]]
name = "uscc"
source = ["uscc", "统一社会信用代码"]
type = "text"
rules = { uscc = true }

[[table.column]]
name = "number"
type = "integer"
rules = { min = -5, max = 100000 }

[[table.column]]
name = "share"
type = "float"

[[table.column]]
name = "day"
source = ["day", "成立日期"]
type = "date"
rules = { min = "1900-01-01", max = "2100-12-31" }

[[table.column]]
name = "open"
type = "boolean"

[[table.column]]
name = "capital"
source = ["capital", "注册资本"]
type = "money"
"#;

static PLACE: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().expect("a temporary folder"));
static EVERY_TYPE: LazyLock<Mapping> =
    LazyLock::new(|| parse("every_type.toml", MAPPING).expect("a good mapping"));

/// Read the bytes as a file of this name, with the mapping above and by description; what both said.
fn read(name: &str, data: &[u8]) {
    let path: PathBuf = PLACE.path().join(name);
    std::fs::write(&path, data).expect("the file is written");
    for mapping in [Some(&*EVERY_TYPE), None] {
        if let Ok(Trial { rows_read, rows_landed, rows_quarantined }) =
            try_file(&path, mapping, &Cancel::new())
        {
            assert_eq!(rows_read, rows_landed + rows_quarantined, "every row lands or is refused");
        }
    }
}

/// CSV, TSV and their like, in any encoding, packed or not.
pub fn delimited(data: &[u8]) {
    read("file.csv", data);
}

/// JSON Lines.
pub fn json_lines(data: &[u8]) {
    // Told by its first byte; mutations that lose it are the other target's.
    if data.first() == Some(&b'{') {
        read("file.jsonl", data);
    }
}

/// Workbooks.
pub fn excel(data: &[u8]) {
    read("file.xlsx", data);
}

/// Parquet.
pub fn parquet(data: &[u8]) {
    read("file.parquet", data);
}

/// Boundaries of regions as GeoJSON.
pub fn boundary(data: &[u8]) {
    let Ok(collection) = boundary::parse(data) else { return };
    assert!(collection.positions() >= collection.features.len() * 4, "every region has a closed ring");
    let again = serde_json::to_vec(&collection).expect("it is written");
    let again = boundary::parse(&again).expect("what was written is read again");
    assert_eq!(again.features.len(), collection.features.len());
}

/// The three files of a supply network, told apart by lines `====`.
pub fn supply_network(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut parts = text.split("====\n");
    let mut part = || parts.next().unwrap_or_default().as_bytes();
    let limits = FileLimits { firms_max: 200, edges_max: 500, sectors_max: 64 };
    match read_network(part(), part(), part(), &limits) {
        Ok(network) => assert!(network.firms().len() <= 200, "limits hold"),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
