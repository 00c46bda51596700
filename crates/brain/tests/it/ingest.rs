//! `brain ingest`: its report, what it refuses and why, the files it reads.

use crate::node::TestNode;
use crate::register;
use crate::shared::shared;
use serde_json::Value;
use std::io::{BufRead as _, BufReader, Write as _};

/// Refused rows that do not say where they stood, what they were, or why they were refused.
const UNEXPLAINED: &str = "SELECT count(*) AS n FROM raw.registry_quarantine \
                           WHERE line IS NULL OR raw = '' OR reason_code = '' OR reason_zh = '' OR reason_en = ''";

#[test]
fn the_json_report_is_one_line_with_the_promised_keys() {
    let node = TestNode::new();
    let file = node.write("firms.csv", register::file(1, 20));
    let out = node.ok(&["ingest", file.to_str().unwrap(), "--as", "registry", "--json"]);
    let report: Value = serde_json::from_str(out.lines().last().unwrap()).unwrap();
    for key in [
        "file",
        "rows_read",
        "rows_landed",
        "rows_quarantined",
        "firms_with_product",
        "firms_with_industry",
        "version",
        "seconds",
        "peak_memory_mb",
    ] {
        assert!(report.get(key).is_some_and(|value| !value.is_null()), "no {key} in {report}");
    }
    assert_eq!(report["file"], file.to_str().unwrap());
    for (key, value) in [("rows_read", 20), ("rows_landed", 20), ("rows_quarantined", 0), ("version", 0)] {
        assert_eq!(report[key], value, "{key}");
    }
    assert_eq!(report["models_failure"], Value::Null, "{report}");
    assert_eq!(report["firms_with_product"], 20, "every generated scope names a product: {report}");
}

#[test]
fn the_same_content_changes_nothing_whatever_the_file_is_called() {
    let node = TestNode::new();
    let first = node.write("a.csv", register::file(1, 20));
    node.ingest(&first, "registry");
    let copy = node.write("b.csv", register::file(1, 20));
    for file in [&first, &copy] {
        let report = node.ingest(file, "registry");
        assert_eq!(report["unchanged"], true, "{report}");
        assert_eq!(report["rows_landed"], 0, "{report}");
    }
    assert_eq!(node.sql("SELECT count(*) AS n FROM raw.registry")[0]["n"], 20);
}

#[test]
fn every_refused_row_says_where_what_and_why_in_both_languages() {
    let node = TestNode::new();
    let good = register::row(1);
    let wrong_check = register::row(2).replace(&register::credit_code(2), "91330106MA1111111X");
    let old_number = register::row(3).replace(&register::credit_code(3), "330106000012345");
    let nameless = register::row(4).replace("杭州试验4号机械有限公司", "");
    let short = "2004,浙江,少列公司\n";
    let text =
        format!("{}{good}{wrong_check}{old_number}{nameless}{short}{}", register::HEADER, register::row(6));
    let report = node.ingest(&node.write("dirty.csv", text), "registry");
    assert_eq!(report["rows_read"], 6, "{report}");
    assert_eq!(report["rows_landed"], 2, "{report}");
    assert_eq!(report["rows_quarantined"], 4, "{report}");

    let refused = node.sql(
        "SELECT line, \"column\", value, reason_code, reason_zh, reason_en, raw, ingest_id \
         FROM raw.registry_quarantine ORDER BY line",
    );
    let text = |row: &Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
    let found: Vec<_> = refused
        .iter()
        .map(|row| (row["line"].as_u64().unwrap(), text(row, "column"), text(row, "reason_code")))
        .collect();
    let expected = [
        (3, "uscc", "uscc_check_digit"),
        (4, "uscc", "uscc_old_number"),
        (5, "name", "required"),
        (6, "", "field_count"),
    ]
    .map(|(line, column, code)| (line, column.to_owned(), code.to_owned()));
    assert_eq!(found, expected, "{refused:?}");
    assert_eq!(text(&refused[0], "value"), "91330106MA1111111X");
    for row in &refused {
        assert!(!text(row, "reason_zh").is_ascii() && text(row, "reason_en").is_ascii(), "{row}");
        assert!(!text(row, "raw").is_empty(), "the record itself is kept: {row}");
        assert_eq!(row["ingest_id"], report["run_id"], "{row}");
    }
    let landed = node.sql("SELECT _line FROM raw.registry ORDER BY _line");
    assert_eq!(landed.iter().map(|row| row["_line"].as_u64().unwrap()).collect::<Vec<_>>(), [2, 7]);
}

#[test]
fn encodings_and_compressions_are_recognised_and_land_the_same_rows() {
    let text = register::file(1, 200);
    let (gbk, _, unmappable) = encoding_rs::GBK.encode(&text);
    assert!(!unmappable);
    let utf16: Vec<u8> =
        [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&gbk).unwrap();
    let zstd = zstd::encode_all(text.as_bytes(), 1).unwrap();
    let files: [(&str, Vec<u8>); 5] = [
        ("plain.csv", text.clone().into_bytes()),
        ("gbk.csv", gbk.into_owned()),
        ("utf16.csv", utf16),
        ("gbk.csv.gz", gzip.finish().unwrap()),
        ("plain.csv.zst", zstd),
    ];
    let query = "SELECT name, uscc, reg_date, capital, scope, address FROM raw.registry ORDER BY uscc";
    let mut first: Option<Vec<Value>> = None;
    for (name, content) in files {
        let node = TestNode::new();
        let report = node.ingest(&node.write(name, content), "registry");
        assert_eq!(
            (&report["rows_landed"], &report["rows_quarantined"]),
            (&200.into(), &0.into()),
            "{report}"
        );
        let rows = node.sql(query);
        assert_eq!(rows.len(), 200);
        assert!(rows[0]["name"].as_str().unwrap().starts_with("杭州试验"), "{name}: {}", rows[0]);
        assert_eq!(first.get_or_insert_with(|| rows.clone()), &rows, "{name} differs");
    }
}

#[test]
fn a_failed_ingest_names_the_mend_and_creates_no_table() {
    let node = TestNode::new();
    let file = node.write("firms.csv", register::file(1, 2));
    let unknown = node.run(&["ingest", file.to_str().unwrap(), "--as", "register"]);
    assert_eq!(unknown.code, Some(1), "{unknown:?}");
    assert!(unknown.err.contains("registry"), "the mappings there are: {unknown:?}");
    let absent = node.run(&["ingest", "absent.csv", "--as", "registry"]);
    assert_eq!(absent.code, Some(1), "{absent:?}");
    assert!(absent.err.contains("absent.csv"), "{absent:?}");
    let foreign = node.write("foreign.csv", "colour,weight\nred,3\n");
    let refused = node.run(&["ingest", foreign.to_str().unwrap(), "--as", "registry"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(!node.ok(&["catalog", "list"]).contains("raw.registry"));
}

#[test]
fn the_register_of_zhejiang_gives_eighty_five_percent_of_its_firms_a_product() {
    let Some(folder) = shared("registry") else { return };
    let node = TestNode::new();
    let report = node.ingest(&folder, "registry");
    let number = |key: &str| report[key].as_u64().unwrap_or_else(|| panic!("no {key} in {report}"));
    assert_eq!(number("rows_read"), 89_656);
    assert_eq!(number("rows_read"), number("rows_landed") + number("rows_quarantined"));
    let share = number("firms_with_product") as f64 / number("rows_landed") as f64;
    println!(
        "Zhejiang: {} landed, {} refused, {:.1} % with a product",
        number("rows_landed"),
        number("rows_quarantined"),
        share * 100.0
    );
    assert!(share >= 0.85, "{share}");
    assert_eq!(node.sql(UNEXPLAINED)[0]["n"], 0);
    let refused = node.sql("SELECT count(*) AS n FROM raw.registry_quarantine")[0]["n"].as_u64();
    assert_eq!(refused, Some(number("rows_quarantined")));
}

#[test]
fn another_province_loads_with_no_change() {
    const PROVINCE: &str = "江苏";
    const ROWS: usize = 3_000;
    let Some(national) = shared("registry_national/registry.csv.zst") else {
        return;
    };
    let packed = std::fs::File::open(national).unwrap();
    let mut lines = BufReader::new(zstd::Decoder::new(packed).unwrap()).lines().map(Result::unwrap);
    let mut text = lines.next().unwrap() + "\n";
    for line in lines.filter(|line| line.split(',').nth(1) == Some(PROVINCE)).take(ROWS) {
        text.push_str(&line);
        text.push('\n');
    }
    let node = TestNode::new();
    let report = node.ingest(&node.write("江苏.csv", text), "registry");
    let number = |key: &str| report[key].as_u64().unwrap_or_else(|| panic!("no {key} in {report}"));
    assert_eq!(number("rows_read"), number("rows_landed") + number("rows_quarantined"));
    // The oldest registrations of the register carry numbers from before the credit code.
    assert!(number("rows_landed") as f64 >= 0.95 * ROWS as f64, "{report}");
    assert!(number("firms_with_product") as f64 >= 0.85 * number("rows_landed") as f64, "{report}");
    assert!(number("firms_with_industry") > 0, "{report}");
    assert_eq!(node.sql(UNEXPLAINED)[0]["n"], 0);
    let provinces = node.sql("SELECT DISTINCT file_prov AS p FROM raw.registry");
    assert_eq!(provinces.len(), 1);
    assert_eq!(provinces[0]["p"], PROVINCE);
    println!("{PROVINCE}: {} landed, {} refused", number("rows_landed"), number("rows_quarantined"));
}
