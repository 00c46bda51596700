//! Workbooks: one sheet, its first non-empty row the header; "line" is the row number the sheet shows.
//!
//! Only cells that are there take memory: a sheet whose last cell is `XFD1048576` is no larger than its file.

use super::chunk::{Chunk, ChunkKind, FileFacts, Header, Opened};
use super::record::{Records, Row, Span};
use super::xls;
use crate::ingest::IngestError;
use crate::mapping::Format;
use crate::source::FileDigest;
use calamine::{Data, ExcelDateTime, Reader, Sheets};
use std::collections::BTreeMap;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// Cells of a piece that are taken apart at once, empty ones included.
const CELLS_PER_PIECE: usize = 1 << 18;
/// Most cells of a sheet.
const CELLS_MAX: usize = 50_000_000;
/// Most columns of a table.
const COLUMNS_MAX: usize = 4_096;

/// Cells of one row by column, from 0.
type Cells = BTreeMap<u32, Data>;

/// Open a workbook held in memory.
pub(super) fn open(
    path: &Path,
    bytes: Vec<u8>,
    format: &Format,
    facts: FileFacts,
    digest: FileDigest,
) -> Result<Opened, IngestError> {
    let file = path.display().to_string();
    let broken = |reason: String| IngestError::Broken { file: file.clone(), reason };
    // The reader of the old binary format trusts lengths in the file; where it falls, the file is broken.
    let sheet = catch_unwind(AssertUnwindSafe(|| read(bytes, format.sheet.as_deref())));
    let sheet =
        sheet.unwrap_or_else(|_| Err("the workbook contradicts itself".to_owned())).map_err(broken)?;
    let mut rows = sheet.into_iter().peekable();
    let positional = format.header == Some(false);
    let Some((_, first)) = rows.peek() else { return Err(IngestError::Empty { file }) };
    let left = first.keys().next().copied().unwrap_or_default();
    let right = first.keys().next_back().copied().unwrap_or_default();
    let width = (right - left) as usize + 1;
    if width > COLUMNS_MAX {
        return Err(broken(format!("{width} columns, more than {COLUMNS_MAX}")));
    }
    let names: Vec<String> = if positional {
        (1..=width).map(|n| n.to_string()).collect()
    } else {
        let name =
            |column| first.get(&column).map(|cell| text_of(cell).trim().to_owned()).unwrap_or_default();
        let names = (left..=right).map(name).collect();
        rows.next();
        names
    };
    let rows_per_piece = (CELLS_PER_PIECE / width).max(1);
    let chunks = std::iter::from_fn(move || {
        let piece: Vec<(u64, Cells)> = rows.by_ref().take(rows_per_piece).collect();
        let first_line = piece.first()?.0;
        Some(Ok(Chunk { first_line, kind: ChunkKind::Ready(records(&piece, left, width)) }))
    });
    Ok(Opened {
        header: Header { names, open_ended: false, positional },
        facts,
        digest,
        chunks: Box::new(chunks),
    })
}

/// Rows with anything in them, by the number the sheet shows; an error is words for the caller.
fn read(bytes: Vec<u8>, wanted: Option<&str>) -> Result<BTreeMap<u64, Cells>, String> {
    xls::check(&bytes)?;
    let mut book =
        calamine::open_workbook_auto_from_rs(Cursor::new(bytes)).map_err(|error| error.to_string())?;
    let names = book.sheet_names();
    let name = match wanted {
        Some(wanted) if names.iter().any(|name| name == wanted) => wanted.to_owned(),
        Some(wanted) => return Err(format!("no sheet {wanted:?}; sheets: {}", names.join(", "))),
        None => names.first().cloned().ok_or("no sheet")?,
    };
    let mut rows: BTreeMap<u64, Cells> = BTreeMap::new();
    let mut count = 0;
    let mut keep = |row: u32, column: u32, cell: Data| {
        if cell == Data::Empty {
            return Ok(());
        }
        count += 1;
        if count > CELLS_MAX {
            return Err(format!("more than {CELLS_MAX} cells"));
        }
        rows.entry(u64::from(row) + 1).or_default().insert(column, cell);
        Ok(())
    };
    match &mut book {
        Sheets::Xlsx(book) => {
            let mut cells = book.worksheet_cells_reader(&name).map_err(|error| error.to_string())?;
            while let Some(cell) = cells.next_cell().map_err(|error| error.to_string())? {
                let (row, column) = cell.get_position();
                keep(row, column, cell.get_value().clone().into())?;
            }
        }
        Sheets::Xlsb(book) => {
            let mut cells = book.worksheet_cells_reader(&name).map_err(|error| error.to_string())?;
            while let Some(cell) = cells.next_cell().map_err(|error| error.to_string())? {
                let (row, column) = cell.get_position();
                keep(row, column, cell.get_value().clone().into())?;
            }
        }
        other => {
            let range = other.worksheet_range(&name).map_err(|error| error.to_string())?;
            let (top, left) = range.start().unwrap_or_default();
            for (row, column, cell) in range.used_cells() {
                keep(top + row as u32, left + column as u32, cell.clone())?;
            }
        }
    }
    Ok(rows)
}

/// Rows as records of `width` fields from column `left` on; what stands outside has no name.
fn records(rows: &[(u64, Cells)], left: u32, width: usize) -> Records {
    let mut records = Records { width, ..Records::default() };
    for (line, cells) in rows {
        let start = records.text.len();
        for column in (left..).take(width) {
            let span = match cells.get(&column) {
                None => Span::NULL,
                Some(cell) => {
                    let text = text_of(cell);
                    records.intern(&text)
                }
            };
            records.fields.push(span);
            records.text.push('\t');
        }
        let end = records.text.len().saturating_sub(1).max(start);
        records.rows.push(Row { line: *line, raw: Span::new(start, end), fault: None });
    }
    records
}

fn text_of(cell: &Data) -> String {
    match cell {
        Data::Empty => String::new(),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => text.clone(),
        Data::Int(whole) => whole.to_string(),
        Data::Float(number) => number.to_string(),
        Data::Bool(truth) => truth.to_string(),
        Data::DateTime(instant) => instant_text(instant),
        Data::Error(error) => error.to_string(),
        #[allow(unreachable_patterns, reason = "the type grows with formats of the library")]
        other => other.to_string(),
    }
}

fn instant_text(instant: &ExcelDateTime) -> String {
    if !instant.is_datetime() {
        return instant.as_f64().to_string();
    }
    let (year, month, day, hour, minute, second, _) = instant.to_ymd_hms_milli();
    if (hour, minute, second) == (0, 0, 0) {
        format!("{year:04}-{month:02}-{day:02}")
    } else {
        format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::{Cells, Data, read, records};

    #[test]
    fn a_cell_at_the_far_end_of_a_sheet_costs_what_it_weighs() {
        // Found by the fuzz target `excel`: half a terabyte was asked for.
        let far = include_bytes!("../../../../fuzz/seeds/excel/far.xlsx");
        let rows = read(far.to_vec(), None).unwrap();
        assert_eq!(rows.keys().copied().collect::<Vec<_>>(), [1, 1_048_576]);
    }

    #[test]
    fn a_row_has_the_fields_of_the_header_whatever_stands_beside() {
        let cell = |text: &str| Data::String(text.to_owned());
        let row = Cells::from([(1, cell("left")), (3, cell("b")), (9, cell("right"))]);
        let records = records(&[(7, row)], 2, 2);
        assert_eq!((records.rows.len(), records.fields.len(), records.rows[0].line), (1, 2, 7));
        assert!(records.span(0, 0).is_null());
        assert_eq!(records.get(records.span(0, 1)), "b");
    }
}
