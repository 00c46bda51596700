//! The grade that counts: what is declared, what was approved, and what is inherited (就高从严).

use crate::catalogue::entry::Entry;
use brain_kernel::grade::Grade;
use brain_store::grading::{ClassificationRow, ColumnOrigin};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// End of the name of a table of refused rows; it holds the raw lines of the table it belongs to.
const REFUSED: &str = "_quarantine";

/// Dataset and column; the empty column is the dataset as a whole.
type Place = (String, String);

/// Everything besides the declared grades that decides.
#[derive(Debug, Default)]
pub(crate) struct Decided {
    labels: BTreeMap<Place, Grade>,
    /// Most that is inherited.
    limits: BTreeMap<Place, Grade>,
    /// Inputs of each dataset's latest version.
    inputs: BTreeMap<String, BTreeSet<String>>,
    origins: BTreeMap<String, Vec<ColumnOrigin>>,
    /// When the next de-grading runs out.
    pub(crate) next_end: Option<DateTime<Utc>>,
}

impl Decided {
    /// From the store's rows. A label whose time ran out still counts (a grade is never lowered by itself); a
    /// de-grading whose time ran out does not.
    pub(crate) fn new(
        approved: Vec<ClassificationRow>,
        inputs: Vec<(String, String)>,
        origins: Vec<ColumnOrigin>,
        now: DateTime<Utc>,
    ) -> Result<Self, brain_store::Error> {
        let mut decided = Self::default();
        for row in approved {
            let grade = serde_json::from_value(row.grade.clone().into()).map_err(|_| {
                brain_store::Error::Corrupt { field: "classification.grade", value: row.grade.clone() }
            })?;
            let place = (row.dataset, row.column_name);
            if row.kind != super::DEGRADING {
                decided.labels.insert(place, grade);
            } else if row.valid_to.is_none_or(|end| now <= end) {
                decided.next_end = decided.next_end.into_iter().chain(row.valid_to).min();
                decided.limits.insert(place, grade);
            }
        }
        for (dataset, input) in inputs {
            decided.inputs.entry(dataset).or_default().insert(input);
        }
        for origin in origins {
            decided.origins.entry(origin.dataset.clone()).or_default().push(origin);
        }
        Ok(decided)
    }

    /// Raise the grades of `entries` to those that count.
    pub(crate) fn apply(&self, entries: &mut BTreeMap<String, Entry>) {
        for entry in entries.values_mut() {
            entry.grade = self.labelled(&entry.name, "", entry.grade);
            for column in &mut entry.columns {
                column.grade = self.labelled(&entry.name, &column.name, column.grade);
            }
        }
        // Grades only rise and there are finitely many, so this ends; a chain is as long as there are datasets.
        for _ in 0..=entries.len() {
            let raised: Vec<(String, Grade, Vec<Grade>)> =
                entries.values().filter_map(|entry| self.inherited(entry, entries)).collect();
            if raised.is_empty() {
                return;
            }
            for (name, grade, columns) in raised {
                if let Some(entry) = entries.get_mut(&name) {
                    entry.grade = grade;
                    for (column, grade) in entry.columns.iter_mut().zip(columns) {
                        column.grade = grade;
                    }
                }
            }
        }
    }

    fn labelled(&self, dataset: &str, column: &str, declared: Grade) -> Grade {
        let label = self.labels.get(&(dataset.to_owned(), column.to_owned()));
        label.map_or(declared, |label| declared.max(*label))
    }

    /// The grades of an entry after one step of inheritance; `None` where nothing changes.
    fn inherited(
        &self,
        entry: &Entry,
        entries: &BTreeMap<String, Entry>,
    ) -> Option<(String, Grade, Vec<Grade>)> {
        let refused_of = entry.name.strip_suffix(REFUSED);
        let inputs: Vec<&Entry> = self
            .inputs
            .get(&entry.name)
            .into_iter()
            .flatten()
            .map(String::as_str)
            .chain(refused_of)
            .filter_map(|input| entries.get(input))
            .collect();
        let highest = |grades: &mut dyn Iterator<Item = Grade>| grades.max();
        let from_datasets = highest(&mut inputs.iter().map(|input| input.grade));
        let grade = self.raised(&entry.name, "", entry.grade, from_datasets);
        let origins = self.origins.get(&entry.name);
        let columns: Vec<Grade> = entry
            .columns
            .iter()
            .map(|column| {
                let above = match origins {
                    Some(origins) => highest(
                        &mut origins
                            .iter()
                            .filter(|origin| origin.column_name == column.name)
                            .filter_map(|origin| column_grade(entries, &origin.input, &origin.input_column)),
                    ),
                    // Not known which column: any of them.
                    None => {
                        highest(&mut inputs.iter().flat_map(|input| input.columns.iter().map(|c| c.grade)))
                    }
                };
                self.raised(&entry.name, &column.name, column.grade, above)
            })
            .collect();
        let changed = grade != entry.grade || columns.iter().ne(entry.columns.iter().map(|c| &c.grade));
        changed.then(|| (entry.name.clone(), grade, columns))
    }

    /// `own`, or what is inherited as far as no approved de-grading limits it.
    fn raised(&self, dataset: &str, column: &str, own: Grade, above: Option<Grade>) -> Grade {
        let Some(above) = above else { return own };
        let limit = |column: &str| self.limits.get(&(dataset.to_owned(), column.to_owned())).copied();
        // A de-grading of the dataset as a whole speaks for each of its columns.
        match limit(column).or_else(|| limit("")) {
            Some(limit) => own.max(above.min(limit)),
            None => own.max(above),
        }
    }
}

fn column_grade(entries: &BTreeMap<String, Entry>, dataset: &str, column: &str) -> Option<Grade> {
    entries.get(dataset)?.columns.iter().find(|known| known.name == column).map(|known| known.grade)
}
