//! What the node itself knows: models, mappings, code lists, components and the curated firms, read from their files.

use brain_kernel::error::Failure;
use brain_kernel::grade::Grade;
use brain_kernel::language::Text;
use brain_search::{Answer, Entry, Filters, Index, Kind, Question};
use chrono::NaiveDate;
use std::path::{Path, PathBuf};

/// Label of entries that everybody signed in may know of.
pub(crate) const EVERYBODY: &str = "everybody";

/// The day of every question in these tests.
pub(crate) fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 30).unwrap()
}

/// A folder of the repository.
pub(crate) fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// An index of everything below, in a folder that goes with the test.
pub(crate) fn index() -> (tempfile::TempDir, Index) {
    let folder = tempfile::tempdir().unwrap();
    let (index, _) = Index::open(&folder.path().join("search")).unwrap();
    for (source, entries) in [
        ("catalogue", datasets()),
        ("standards", standards()),
        ("components", components()),
        ("firms", firms()),
    ] {
        let known = entries.len() as u64;
        let done = index.refresh(source, "1", entries.into_iter().map(Ok::<_, Failure>)).unwrap();
        assert_eq!(done.added, known, "{source}");
    }
    (folder, index)
}

/// A question of somebody signed in.
pub(crate) fn question(text: &str) -> Question {
    Question {
        text: text.to_owned(),
        filters: Filters::default(),
        viewer: vec![EVERYBODY.to_owned()],
        today: today(),
        offset: 0,
        limit: 20,
    }
}

/// `kind:id` of the hits, best first.
pub(crate) fn names(answer: &Answer) -> Vec<String> {
    answer.hits.iter().map(|hit| format!("{}:{}", hit.kind.as_str(), hit.id)).collect()
}

fn entry(kind: Kind, id: &str, zh: &str, en: &str) -> Entry {
    let mut entry = Entry::new(kind, id, Text::new(zh, en));
    entry.viewers = vec![EVERYBODY.to_owned()];
    entry
}

fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let listed = std::fs::read_dir(repository(folder)).unwrap().map(|file| file.unwrap().path());
    let mut files: Vec<PathBuf> =
        listed.filter(|path| path.extension().is_some_and(|found| found == extension)).collect();
    files.sort();
    files
}

/// Subject tables with their columns, and the tables of the mappings.
pub(crate) fn datasets() -> Vec<Entry> {
    let mut entries = Vec::new();
    for path in files("crates/warehouse/models/subject", "sql") {
        from_model(&std::fs::read_to_string(path).unwrap(), &mut entries);
    }
    for path in files("crates/warehouse/mappings", "toml") {
        from_mapping(&std::fs::read_to_string(path).unwrap().parse().unwrap(), &mut entries);
    }
    entries
}

fn from_model(text: &str, entries: &mut Vec<Entry>) {
    let headers: Vec<(&str, &str)> =
        text.lines().filter_map(|line| line.strip_prefix("-- ")?.split_once(": ")).collect();
    let value = |wanted: &str| headers.iter().find(|(key, _)| *key == wanted).map_or("", |(_, value)| *value);
    let both = |text: &str| {
        let (zh, en) = text.split_once('|').unwrap_or((text, ""));
        (zh.trim().to_owned(), en.split('|').next().unwrap_or_default().trim().to_owned())
    };
    let name = value("model");
    let (zh, en) = both(value("title"));
    let mut dataset = entry(Kind::Dataset, name, &zh, &en);
    let (summary_zh, summary_en) = both(value("description"));
    dataset.summary = Text::new(summary_zh, summary_en);
    dataset.owner = Some(value("owner").to_owned());
    dataset.side = Some(value("side").to_owned());
    dataset.zone = Some("subject".to_owned());
    dataset.grade = Some(Grade::General1);
    entries.push(dataset);
    for (_, column) in headers.iter().filter(|(key, _)| *key == "column") {
        let (column, titles) = column.split_once('|').unwrap();
        let (column_zh, column_en) = both(titles);
        let mut found = entry(Kind::Column, &format!("{name}#{}", column.trim()), &column_zh, &column_en);
        found.other_names = vec![column.trim().to_owned()];
        found.words = vec![zh.clone(), en.clone()];
        found.parent = Some(name.to_owned());
        found.zone = Some("subject".to_owned());
        entries.push(found);
    }
}

fn from_mapping(mapping: &toml::Table, entries: &mut Vec<Entry>) {
    let text = |value: &toml::Value, key: &str| {
        value.get(key).and_then(|v| v.as_str()).unwrap_or_default().to_owned()
    };
    let both = |table: &toml::Table, key: &str| {
        table.get(key).map(|value| (text(value, "zh"), text(value, "en"))).unwrap_or_default()
    };
    for table in mapping.get("table").and_then(|tables| tables.as_array()).into_iter().flatten() {
        let table = table.as_table().unwrap();
        let (mut zh, mut en) = both(table, "title");
        if zh.is_empty() {
            (zh, en) = both(mapping, "title");
        }
        let name = table["dataset"].as_str().unwrap();
        let mut dataset = entry(Kind::Dataset, name, &zh, &en);
        let (summary_zh, summary_en) = both(mapping, "description");
        dataset.summary = Text::new(summary_zh, summary_en);
        dataset.owner = mapping.get("owner").and_then(|owner| Some(owner.as_str()?.to_owned()));
        dataset.zone = name.split_once('.').map(|(zone, _)| zone.to_owned());
        entries.push(dataset);
    }
}

/// GB/T 4754 and the administrative divisions, with their codes.
pub(crate) fn standards() -> Vec<Entry> {
    let mut entries = vec![
        entry(Kind::Standard, "gbt4754", "国民经济行业分类", "Industrial classification GB/T 4754-2017"),
        entry(Kind::Standard, "gbt2260", "行政区划代码", "Codes of administrative divisions GB/T 2260"),
    ];
    for (list, file) in [("gbt4754", "gbt4754.tsv"), ("gbt2260", "regions.tsv")] {
        let text =
            std::fs::read_to_string(repository("crates/warehouse/src/standard/data").join(file)).unwrap();
        for line in text.lines().skip(1) {
            let mut cells = line.split('\t');
            let (code, name) = (cells.next().unwrap(), cells.next().unwrap());
            let mut found = entry(Kind::Code, &format!("{list}#{code}"), name, "");
            found.other_names = vec![code.to_owned()];
            found.parent = Some(list.to_owned());
            entries.push(found);
        }
    }
    entries
}

/// The components of the government side, as their definitions call them.
pub(crate) fn components() -> Vec<Entry> {
    let quoted =
        |text: &str| -> Vec<String> { text.split('"').skip(1).step_by(2).map(str::to_owned).collect() };
    let mut entries = Vec::new();
    for folder in std::fs::read_dir(repository("apps/governance/src")).unwrap() {
        for file in std::fs::read_dir(folder.unwrap().path()).into_iter().flatten() {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap_or_default();
            for definition in text.split("Definition {").skip(1).filter(|part| part.contains("summary:")) {
                let field = |name: &str, end: &str| {
                    let (_, rest) = definition.split_once(name).unwrap();
                    quoted(rest.split_once(end).unwrap().0)
                };
                let (id, title, summary) =
                    (field("id: ", ",\n"), field("title: (", ")"), field("summary: (", "kind:"));
                let (Some(id), Some(zh), Some(en)) = (id.first(), title.first(), title.get(1)) else {
                    continue;
                };
                let mut found = entry(Kind::Component, id, zh, en);
                found.summary = Text::new(
                    summary.first().cloned().unwrap_or_default(),
                    summary.get(1).cloned().unwrap_or_default(),
                );
                entries.push(found);
            }
        }
    }
    entries.sort_by(|a, b| a.id.cmp(&b.id));
    entries
}

/// The curated firms.
pub(crate) fn firms() -> Vec<Entry> {
    let mut reader = csv::Reader::from_path(repository("demo/data/enterprises.csv")).unwrap();
    let rows = reader.records().map(|row| {
        let row = row.unwrap();
        let mut firm = entry(Kind::Firm, &format!("code:{}", &row[0]), &row[2], "");
        firm.other_names =
            [0, 1, 3].iter().map(|at| row[*at].to_owned()).filter(|name| !name.is_empty()).collect();
        firm.words = vec![row[4].to_owned(), row[5].to_owned()];
        firm
    });
    rows.collect()
}
