//! Nobody in the province is real.

use crate::load::PROVINCE;
use brain_kernel::uscc::Uscc;
use brain_simulate::{NAME_MARK, RESERVED_BODY, RESERVED_PREFIX};
use std::collections::HashSet;
use std::io::Read as _;
use std::path::PathBuf;

#[test]
fn every_true_code_is_valid_reserved_and_of_the_province() {
    let enterprises = PROVINCE.table("enterprise");
    let mut seen = HashSet::new();
    for row in &enterprises.rows {
        let text = enterprises.cell(row, "uscc");
        let code = Uscc::parse(text).unwrap();
        assert!(text.starts_with(RESERVED_PREFIX) && text[8..].starts_with(RESERVED_BODY), "{text}");
        assert_eq!(code.region().unwrap().as_str(), enterprises.cell(row, "region_code"));
        assert!(text[2..].starts_with("33") && seen.insert(text.to_owned()));
    }
    assert_eq!(seen.len(), 20_000);
}

#[test]
fn codes_in_every_table_are_codes_of_the_province() {
    let enterprises = PROVINCE.table("enterprise");
    let known: HashSet<&str> = enterprises.column("uscc").collect();
    for (table, columns) in [
        ("link", &["supplier_uscc", "buyer_uscc"][..]),
        ("invoice", &["seller_uscc", "buyer_uscc"]),
        ("power", &["uscc"]),
        ("change", &["uscc"]),
        ("event", &["uscc"]),
        ("contagion", &["uscc", "via_uscc"]),
        ("fault", &["uscc"]),
        ("defect", &["uscc"]),
    ] {
        let table_read = PROVINCE.table(table);
        assert!(!table_read.rows.is_empty(), "{table}");
        for column in columns {
            assert!(table_read.column(column).all(|code| known.contains(code)), "{table}.{column}");
        }
    }
}

#[test]
fn every_name_is_marked_and_nobody_elses() {
    let enterprises = PROVINCE.table("enterprise");
    let mut seen = HashSet::new();
    for name in enterprises.column("name") {
        assert!(name.contains(NAME_MARK), "{name}");
        assert!(seen.insert(name.to_owned()), "{name} occurs twice");
    }
    assert!(PROVINCE.table("directory").column("name").all(|name| name.contains(NAME_MARK)));
}

/// Real names known, from the register's file where it is at hand.
fn real_names() -> Option<HashSet<String>> {
    #[expect(clippy::disallowed_methods, reason = "tests look for shared data where the environment says")]
    let root = std::env::var("BRAIN_SHARED_DATA").map_or_else(
        |_| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let file = std::fs::File::open(root.join("registry_national/registry.csv.zst")).ok()?;
    let mut bytes = Vec::new();
    zstd::Decoder::new(file).unwrap().read_to_end(&mut bytes).unwrap();
    let text = String::from_utf8_lossy(&bytes);
    Some(text.lines().filter_map(|line| line.split(',').nth(2)).map(str::to_owned).collect())
}

#[test]
fn no_name_is_that_of_a_registered_enterprise() {
    let Some(real) = real_names() else {
        println!("skipped: no shared data");
        return;
    };
    assert!(real.len() > 900_000);
    for table in ["enterprise", "directory"] {
        for name in PROVINCE.table(table).column("name") {
            assert!(!real.contains(name), "{name} is a real name");
        }
    }
    // The rule of formation: a 字号 that begins with the mark follows a region or begins the name. No real one does.
    let places =
        include_str!("../../parameters/places.tsv").lines().filter_map(|line| line.split('\t').nth(1));
    let regions: Vec<&str> =
        places.flat_map(|place| [place, place.trim_end_matches(['省', '市', '县', '区'])]).collect();
    for name in real.iter().filter(|name| name.contains(NAME_MARK)) {
        let before = name.split(NAME_MARK).next().unwrap();
        let region =
            before.is_empty() || regions.iter().any(|region| !region.is_empty() && before.ends_with(region));
        assert!(!region, "{name} could be taken for simulated");
    }
}
