//! Records as the caller may see them: fetched through the session when they are shown, never kept.

use super::keys::{cells, joined};
use super::plan::Plan;
use super::read::{cell, texts};
use crate::Result;
use crate::query::quoted;
use crate::query::{QueryLimits, Session};
use brain_kernel::progress::Cancel;
use datafusion::common::ScalarValue;
use std::collections::{BTreeMap, BTreeSet};

/// Rows of one dataset looked at; keys that are not unique may give more rows than keys.
const ROWS_MAX: u64 = 20_000;
/// Keys of one dataset looked up at once.
const KEYS_AT_ONCE: usize = 200;

/// A record, by dataset and key.
pub(super) type Name = (String, String);

/// Which records, and which of their columns, are to be shown.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    records: BTreeMap<String, BTreeSet<String>>,
    columns: BTreeMap<String, BTreeSet<String>>,
}

impl Wanted {
    pub(super) fn record(&mut self, dataset: &str, key: &str) {
        self.records.entry(dataset.to_owned()).or_default().insert(key.to_owned());
    }

    pub(super) fn column(&mut self, dataset: &str, column: &str) {
        self.columns.entry(dataset.to_owned()).or_default().insert(column.to_owned());
    }
}

/// Records the caller sees.
#[derive(Debug, Default)]
pub(super) struct Sight {
    rows: BTreeMap<Name, BTreeMap<String, String>>,
    masked: BTreeMap<String, BTreeSet<String>>,
}

impl Sight {
    /// Look at the records that are wanted. What the caller may not see is not there.
    pub(super) async fn of(session: &Session, plan: &Plan, wanted: &Wanted) -> Result<Self> {
        let mut sight = Self::default();
        for (dataset, keys) in &wanted.records {
            let Some(key) = plan.key_of(dataset).filter(|_| session.may_read(dataset)) else { continue };
            let known = session.columns(dataset);
            if key.iter().any(|column| !known.contains(column)) {
                continue;
            }
            let (_, grant) = session.grant_of(dataset)?;
            sight.masked.insert(dataset.clone(), grant.masks.keys().cloned().collect());
            let columns: Vec<&String> = wanted
                .columns
                .get(dataset)
                .into_iter()
                .flatten()
                .filter(|column| known.contains(column))
                .collect();
            let keys: Vec<&String> = keys.iter().collect();
            for some in keys.chunks(KEYS_AT_ONCE) {
                sight.look(session, dataset, (key, some), &columns).await?;
            }
        }
        Ok(sight)
    }

    async fn look(
        &mut self,
        session: &Session,
        dataset: &str,
        (key, wanted): (&[String], &[&String]),
        columns: &[&String],
    ) -> Result<()> {
        let mut values: Vec<ScalarValue> = Vec::new();
        let mut conditions = Vec::new();
        for (at, column) in key.iter().enumerate() {
            let cells: BTreeSet<&str> = wanted.iter().filter_map(|key| cells(key).nth(at)).collect();
            let missing = cells.contains("");
            let places: Vec<String> = cells
                .iter()
                .map(|cell| {
                    values.push(ScalarValue::Utf8(Some((*cell).to_owned())));
                    format!("${}", values.len())
                })
                .collect();
            let column = quoted(column);
            let is_one = format!("CAST({column} AS VARCHAR) IN ({})", places.join(", "));
            conditions.push(if missing { format!("({is_one} OR {column} IS NULL)") } else { is_one });
        }
        let shown: Vec<String> =
            key.iter().chain(columns.iter().copied()).map(|column| quoted(column)).collect();
        let table = dataset.split('.').map(quoted).collect::<Vec<_>>().join(".");
        // The same column may be a key and be compared; numbered names keep them apart.
        let shown: Vec<String> =
            shown.iter().enumerate().map(|(at, column)| format!("{column} AS c{at}")).collect();
        let sql = format!("SELECT {} FROM {table} WHERE {}", shown.join(", "), conditions.join(" AND "));
        let limits = QueryLimits { rows: Some(ROWS_MAX), ..QueryLimits::default() };
        let mut stream = session.query(&sql, values, limits, Cancel::new()).await?;
        let wanted: BTreeSet<&str> = wanted.iter().map(|key| key.as_str()).collect();
        while let Some(batch) = stream.next().await {
            let batch = batch?;
            let texts = texts(&batch)?;
            for row in 0..batch.num_rows() {
                let found = joined(texts.iter().take(key.len()).map(|column| cell(column, row)));
                let Some(found) = found.filter(|found| wanted.contains(found.as_str())) else { continue };
                let cells = columns.iter().zip(texts.iter().skip(key.len()));
                let cells =
                    cells.map(|(column, text)| ((*column).clone(), cell(text, row).to_owned())).collect();
                self.rows.entry((dataset.to_owned(), found)).or_insert(cells);
            }
        }
        Ok(())
    }

    /// Whether the caller sees a record.
    pub(super) fn sees(&self, dataset: &str, key: &str) -> bool {
        self.rows.contains_key(&(dataset.to_owned(), key.to_owned()))
    }

    /// A cell as the caller sees it; nothing where the record is not seen, or has no value.
    pub(super) fn value(&self, dataset: &str, key: &str, column: &str) -> Option<&str> {
        let row = self.rows.get(&(dataset.to_owned(), key.to_owned()))?;
        row.get(column).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Whether the caller's grant masks a column.
    pub(super) fn masks(&self, dataset: &str, column: &str) -> bool {
        self.masked.get(dataset).is_some_and(|columns| columns.contains(column))
    }
}
