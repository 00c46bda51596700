//! Workbooks: one sheet, its first non-empty row the header; "line" is the row number the sheet shows.

use super::chunk::{Chunk, ChunkKind, FileFacts, Header, Opened};
use super::record::{Records, Row, Span};
use crate::ingest::IngestError;
use crate::mapping::Format;
use crate::source::FileDigest;
use calamine::{Data, ExcelDateTime, Reader};
use std::io::Cursor;
use std::path::Path;

const ROWS_PER_PIECE: usize = 8_192;

/// Open a workbook held in memory.
pub(super) fn open(
    path: &Path,
    bytes: Vec<u8>,
    format: &Format,
    facts: FileFacts,
    digest: FileDigest,
) -> Result<Opened, IngestError> {
    let file = path.display().to_string();
    let broken =
        |error: &dyn std::fmt::Display| IngestError::Broken { file: file.clone(), reason: error.to_string() };
    let mut book =
        calamine::open_workbook_auto_from_rs(Cursor::new(bytes)).map_err(|error| broken(&error))?;
    let sheets = book.sheet_names();
    let sheet = match &format.sheet {
        Some(wanted) if sheets.contains(wanted) => wanted.clone(),
        Some(wanted) => return Err(broken(&format!("no sheet {wanted:?}; sheets: {}", sheets.join(", ")))),
        None => sheets.first().cloned().ok_or_else(|| IngestError::Empty { file: file.clone() })?,
    };
    let range = book.worksheet_range(&sheet).map_err(|error| broken(&error))?;
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
    let chunks = std::iter::from_fn(move || {
        let piece: Vec<(u64, Vec<Data>)> = rows.by_ref().take(ROWS_PER_PIECE).collect();
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
