//! What the catalogue and the code lists have to be found by.

use super::{EVERYBODY, Entry, Kind};
use crate::Result;
use crate::catalogue::entry::Entry as Dataset;
use crate::handle::Inner;
use crate::standard::{industries, regions};
use brain_kernel::language::Text;
use brain_kernel::side::DataSide;

/// Code lists of this program: `(id, Chinese, English, dataset with the same codes)`.
const LISTS: [(&str, &str, &str, &str); 2] = [
    (
        "gbt4754",
        "国民经济行业分类（GB/T 4754—2017）",
        "Industrial classification GB/T 4754-2017",
        "subject.industry",
    ),
    ("gbt2260", "行政区划代码（GB/T 2260）", "Codes of administrative divisions GB/T 2260", "subject.region"),
];

impl Inner {
    /// Datasets and their columns, as the catalogue has them now.
    pub(super) async fn catalogue_entries(&self) -> Result<Vec<Entry>> {
        let uses = self.uses().await?;
        let snapshot = self.catalogue.snapshot();
        let mut entries = Vec::new();
        for known in snapshot.values() {
            let mut dataset = dataset(known);
            dataset.uses = uses.get(&known.name).copied().unwrap_or_default();
            let columns = known.columns.iter().map(|card| {
                let mut column =
                    Entry::new(Kind::Column, format!("{}#{}", known.name, card.name), card.title.clone());
                column.other_names = vec![card.name.clone()];
                column.words = [&known.title.zh, &known.title.en].map(String::clone).into();
                column.parent = Some(known.name.clone());
                column.grade = Some(card.grade);
                Entry {
                    zone: dataset.zone.clone(),
                    side: dataset.side.clone(),
                    owner: dataset.owner.clone(),
                    uses: dataset.uses,
                    changed_on: dataset.changed_on,
                    viewers: dataset.viewers.clone(),
                    ..column
                }
            });
            let columns: Vec<Entry> = columns.collect();
            entries.push(dataset);
            entries.extend(columns);
        }
        Ok(entries)
    }
}

fn dataset(known: &Dataset) -> Entry {
    let mut entry = Entry::new(Kind::Dataset, known.name.clone(), known.title.clone());
    entry.summary = known.description.clone();
    entry.words = vec![known.source.clone(), known.owner.clone()];
    entry.zone = Some(known.zone.clone());
    entry.side = Some(side(known.side).to_owned());
    entry.grade = Some(known.grade);
    entry.owner = Some(known.owner.clone());
    entry.changed_on = Some(known.updated_at.date_naive());
    entry.viewers = vec![EVERYBODY.to_owned()];
    entry
}

const fn side(side: DataSide) -> &'static str {
    match side {
        DataSide::Public => "public",
        DataSide::Industry => "industry",
        DataSide::Enterprise => "enterprise",
    }
}

/// The code lists of this program with their codes.
pub(super) fn standards() -> Vec<Entry> {
    let codes = |list: &str| -> Vec<(String, String)> {
        match list {
            "gbt4754" => {
                industries::built_in_rows().map(|row| (row.code.to_owned(), row.name.to_owned())).collect()
            }
            _ => regions::built_in_rows().collect(),
        }
    };
    let mut entries = Vec::new();
    for (list, zh, en, dataset) in LISTS {
        let mut standard = Entry::new(Kind::Standard, list, Text::new(zh, en));
        standard.parent = Some(dataset.to_owned());
        standard.viewers = vec![EVERYBODY.to_owned()];
        entries.push(standard);
        entries.extend(codes(list).into_iter().map(|(code, name)| {
            let mut entry = Entry::new(Kind::Code, format!("{list}#{code}"), Text::new(name, ""));
            entry.other_names = vec![code];
            entry.words = vec![zh.to_owned(), en.to_owned()];
            entry.parent = Some(list.to_owned());
            entry.viewers = vec![EVERYBODY.to_owned()];
            entry
        }));
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_lists_are_whole() {
        let entries = standards();
        let count = |kind| entries.iter().filter(|entry| entry.kind == kind).count();
        assert_eq!(count(Kind::Standard), LISTS.len());
        assert!(count(Kind::Code) > 1381 + 340, "{}", count(Kind::Code));
        assert!(entries.iter().any(|entry| entry.id == "gbt4754#3491" && entry.title.zh == "工业机器人制造"));
        assert!(entries.iter().all(|entry| entry.viewers == [EVERYBODY]));
    }
}
