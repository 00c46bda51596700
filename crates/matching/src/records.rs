//! Records as columns of text in one arena each: a million names cost their bytes and four more each.

use crate::error::{MatchError, Result};

/// Longest cell, bytes.
pub const CELL_BYTES_MAX: usize = 4096;
/// Most records of one file: places are 32 bits, and pairs need one value that is no place.
pub const RECORDS_MAX: usize = 50_000_000;

/// A file's records; the empty text means missing.
#[derive(Debug, Clone, Default)]
pub struct Records {
    names: Vec<String>,
    columns: Vec<Column>,
    rows: usize,
}

#[derive(Debug, Clone, Default)]
struct Column {
    text: String,
    /// Where each cell ends in `text`.
    ends: Vec<usize>,
}

impl Records {
    /// No records yet, with these columns. Names are trimmed; a byte order mark in front is dropped.
    pub fn new<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> Result<Self> {
        let mut all: Vec<String> = Vec::new();
        for name in names {
            let name = name.as_ref().trim_start_matches('\u{FEFF}').trim();
            if all.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                return Err(MatchError::DuplicateColumn(name.to_owned()));
            }
            all.push(name.to_owned());
        }
        let columns = all.iter().map(|_| Column::default()).collect();
        Ok(Self { names: all, columns, rows: 0 })
    }

    /// Append one record. Cells are trimmed.
    pub fn push<S: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = S>) -> Result<()> {
        let row = self.rows + 1;
        if row > RECORDS_MAX {
            return Err(MatchError::TooManyRecords { max: RECORDS_MAX });
        }
        let mut found = 0;
        let mut cells = cells.into_iter();
        for (column, name) in self.columns.iter_mut().zip(&self.names) {
            let Some(cell) = cells.next() else { break };
            let cell = cell.as_ref().trim();
            if cell.len() > CELL_BYTES_MAX {
                let (bytes, column) = (cell.len(), name.clone());
                self.forget_half_a_row();
                return Err(MatchError::CellTooLong { row, column, bytes, max: CELL_BYTES_MAX });
            }
            column.text.push_str(cell);
            column.ends.push(column.text.len());
            found += 1;
        }
        let found = found + cells.count();
        if found != self.names.len() {
            self.forget_half_a_row();
            return Err(MatchError::Width { row, found, expected: self.names.len() });
        }
        self.rows += 1;
        Ok(())
    }

    fn forget_half_a_row(&mut self) {
        for column in &mut self.columns {
            column.ends.truncate(self.rows);
            column.text.truncate(column.ends.last().copied().unwrap_or(0));
        }
    }

    /// How many records.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Column names.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Place of the first column among `wanted` that there is, whatever the case.
    #[must_use]
    pub fn find<'a>(&self, wanted: impl IntoIterator<Item = &'a str>) -> Option<usize> {
        wanted
            .into_iter()
            .find_map(|wanted| self.names.iter().position(|name| name.eq_ignore_ascii_case(wanted.trim())))
    }

    /// One cell; empty when missing or out of range.
    #[must_use]
    pub fn cell(&self, row: usize, column: usize) -> &str {
        let Some(column) = self.columns.get(column) else { return "" };
        let Some(end) = column.ends.get(row).copied() else { return "" };
        let start = row.checked_sub(1).and_then(|before| column.ends.get(before)).copied().unwrap_or(0);
        column.text.get(start..end).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_come_back_trimmed_and_names_are_found_in_any_case() {
        let mut records = Records::new(["\u{FEFF}Name ", "城市"]).unwrap();
        records.push([" 精工 ", ""]).unwrap();
        records.push(["恒达", "杭州"]).unwrap();
        let name = records.find(["firm", "NAME"]).unwrap();
        assert_eq!((records.cell(0, name), records.cell(0, 1), records.cell(1, 1)), ("精工", "", "杭州"));
        assert_eq!((records.cell(2, name), records.cell(0, 9)), ("", ""));
    }

    #[test]
    fn a_refused_record_leaves_nothing_behind() {
        let mut records = Records::new(["a", "b"]).unwrap();
        records.push(["1", "2"]).unwrap();
        assert!(matches!(records.push(["3"]), Err(MatchError::Width { row: 2, found: 1, expected: 2 })));
        assert!(matches!(records.push(["3", "4", "5"]), Err(MatchError::Width { found: 3, .. })));
        let long = "x".repeat(CELL_BYTES_MAX + 1);
        assert!(matches!(records.push(["3", &long]), Err(MatchError::CellTooLong { row: 2, .. })));
        records.push(["5", "6"]).unwrap();
        assert_eq!((records.len(), records.cell(1, 0), records.cell(1, 1)), (2, "5", "6"));
        assert!(matches!(Records::new(["a", "A"]), Err(MatchError::DuplicateColumn(_))));
    }
}
