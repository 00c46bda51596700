//! Workbooks: one sheet, its first non-empty row the header; "line" is the row number the sheet shows.
//!
//! Whoever sends a workbook may mean harm: each kind is looked through before the library that trusts it opens it.

mod archive;
mod area;
mod ods;
mod xls;

use super::chunk::{Chunk, ChunkKind, FileFacts, Header, Opened};
use super::contained::contained;
use super::record::{Records, Row, Span};
use crate::ingest::IngestError;
use crate::mapping::Format;
use crate::source::{FileDigest, Unpack};
use area::Area;
use calamine::{Cell, Data, DataRef, ExcelDateTime, Ods, Range, Reader, Xls, Xlsb, Xlsx};
use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

const ROWS_PER_PIECE: usize = 8_192;
/// Cells of a piece: a wide sheet is cut into fewer rows.
const CELLS_PER_PIECE: usize = 1 << 22;

/// Open a workbook held in memory.
pub(super) fn open(
    path: &Path,
    bytes: Vec<u8>,
    format: &Format,
    facts: FileFacts,
    digest: FileDigest,
    unpack: Unpack,
) -> Result<Opened, IngestError> {
    let file = path.display().to_string();
    let range = contained(&file, || range(&file, bytes, format.sheet.as_deref(), unpack))?;
    let first_row = range.start().map_or(1, |(row, _)| u64::from(row) + 1);
    let rows: Vec<Vec<Data>> = range.rows().map(<[Data]>::to_vec).collect();
    drop(range);
    let mut rows = rows
        .into_iter()
        .enumerate()
        .map(move |(offset, cells)| (first_row + offset as u64, cells))
        .filter(|(_, cells)| cells.iter().any(|cell| *cell != Data::Empty))
        .peekable();
    let positional = format.header == Some(false);
    let names: Vec<String> = match (positional, rows.peek()) {
        (_, None) => return Err(IngestError::Empty { file }),
        (true, Some((_, cells))) => (1..=cells.len()).map(|n| n.to_string()).collect(),
        (false, Some((_, cells))) => {
            let names = cells.iter().map(|cell| text_of(cell).trim().to_owned()).collect();
            rows.next();
            names
        }
    };
    let width = names.len();
    let together = (CELLS_PER_PIECE / width.max(1)).clamp(1, ROWS_PER_PIECE);
    let chunks = std::iter::from_fn(move || {
        let piece: Vec<(u64, Vec<Data>)> = rows.by_ref().take(together).collect();
        let first_line = piece.first()?.0;
        Some(Ok(Chunk { first_line, kind: ChunkKind::Ready(records(&piece, width)) }))
    });
    Ok(Opened {
        header: Header { names, open_ended: false, positional },
        facts,
        digest,
        chunks: Box::new(chunks),
    })
}

/// The cells of the sheet asked for, or of the first.
fn range(
    file: &str,
    bytes: Vec<u8>,
    sheet: Option<&str>,
    unpack: Unpack,
) -> Result<Range<Data>, IngestError> {
    if !bytes.starts_with(b"PK") {
        xls::check(file, &bytes)?;
        let mut book = Xls::new(Cursor::new(bytes)).map_err(|error| broken(file, &error))?;
        let name = named(file, &book.sheet_names(), sheet)?;
        return book.worksheet_range(&name).map_err(|error| broken(file, &error));
    }
    archive::check(file, &bytes, unpack)?;
    let bytes: Arc<[u8]> = bytes.into();
    if let Ok(mut book) = Xlsx::new(Cursor::new(bytes.clone())) {
        let name = named(file, &book.sheet_names(), sheet)?;
        let mut reader = book.worksheet_cells_reader(&name).map_err(|error| broken(file, &error))?;
        return laid_out(file, || reader.next_cell());
    }
    if let Ok(mut book) = Xlsb::new(Cursor::new(bytes.clone())) {
        let name = named(file, &book.sheet_names(), sheet)?;
        let mut reader = book.worksheet_cells_reader(&name).map_err(|error| broken(file, &error))?;
        return laid_out(file, || reader.next_cell());
    }
    ods::check(file, &bytes)?;
    let mut book = Ods::new(Cursor::new(bytes)).map_err(|error| broken(file, &error))?;
    let name = named(file, &book.sheet_names(), sheet)?;
    book.worksheet_range(&name).map_err(|error| broken(file, &error))
}

/// Cells as they come, laid out as a rectangle that has room.
fn laid_out<'a, E: std::fmt::Display>(
    file: &str,
    mut next: impl FnMut() -> Result<Option<Cell<DataRef<'a>>>, E>,
) -> Result<Range<Data>, IngestError> {
    let (mut cells, mut area) = (Vec::new(), Area::new());
    while let Some(cell) = next().map_err(|error| broken(file, &error))? {
        if !matches!(cell.get_value(), DataRef::Empty) {
            area.grow(file, cell.get_position())?;
            cells.push(Cell::new(cell.get_position(), Data::from(cell.get_value().clone())));
        }
    }
    Ok(Range::from_sparse(cells))
}

fn named(file: &str, sheets: &[String], wanted: Option<&str>) -> Result<String, IngestError> {
    match wanted {
        Some(wanted) if sheets.iter().any(|sheet| sheet == wanted) => Ok(wanted.to_owned()),
        Some(wanted) => Err(broken(file, &format!("no sheet {wanted:?}; sheets: {}", sheets.join(", ")))),
        None => sheets.first().cloned().ok_or_else(|| IngestError::Empty { file: file.to_owned() }),
    }
}

fn broken(file: &str, error: &dyn std::fmt::Display) -> IngestError {
    IngestError::Broken { file: file.to_owned(), reason: error.to_string() }
}

fn records(rows: &[(u64, Vec<Data>)], width: usize) -> Records {
    let mut records = Records { width, ..Records::default() };
    for (line, cells) in rows {
        let start = records.text.len();
        for column in 0..width {
            let span = match cells.get(column) {
                None | Some(Data::Empty) => Span::NULL,
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
