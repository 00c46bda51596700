//! The warehouse's mappings know every table by its columns.

use crate::load::PROVINCE;
use std::collections::BTreeMap;

const MAPPINGS: [&str; 3] = [
    include_str!("../../../warehouse/mappings/simulated.toml"),
    include_str!("../../../warehouse/mappings/simulated_enterprise.toml"),
    include_str!("../../../warehouse/mappings/simulated_truth.toml"),
];

#[test]
fn every_table_has_a_mapping_with_its_columns_that_calls_it_simulated() {
    let mut mapped = BTreeMap::new();
    for text in MAPPINGS {
        let mapping: toml::Value = toml::from_str(text).unwrap();
        assert!(mapping["title"]["zh"].as_str().unwrap().starts_with("模拟"));
        for table in mapping["table"].as_array().unwrap() {
            let title = &table["title"];
            assert!(title["zh"].as_str().unwrap().starts_with("模拟"));
            assert!(title["en"].as_str().unwrap().starts_with("Simulated"));
            let columns: Vec<String> = table["column"]
                .as_array()
                .unwrap()
                .iter()
                .map(|column| column["name"].as_str().unwrap().to_owned())
                .collect();
            let pattern = table["files"][0].as_str().unwrap().to_owned();
            mapped.insert(table["dataset"].as_str().unwrap().to_owned(), (pattern, columns));
        }
    }
    let tables = PROVINCE
        .manifest
        .data
        .iter()
        .map(|table| (table, ""))
        .chain(PROVINCE.manifest.truth.iter().map(|table| (table, "truth-")));
    for (table, prefix) in tables {
        let dataset = format!("raw.simulated_{}{}", prefix.replace('-', "_"), table.name);
        let (pattern, columns) =
            mapped.remove(&dataset).unwrap_or_else(|| panic!("no mapping makes {dataset}"));
        assert_eq!(columns, table.columns, "{dataset}");
        let start = pattern.strip_suffix("*.csv").unwrap();
        for file in &table.files {
            let name = file.path.rsplit('/').next().unwrap();
            assert!(
                name.starts_with(start) && start == format!("{prefix}{}-", table.name),
                "{name} {pattern}"
            );
        }
    }
    assert!(mapped.is_empty(), "mappings of tables nobody writes: {mapped:?}");
}
