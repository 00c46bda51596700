//! The open document spreadsheet (ods), looked through before a reader that trusts it opens it: "this cell, sixteen
//! thousand times, in a million rows" is a line of text (ODF 1.2 §19.675).

use super::area::{CELLS_MAX, too_large};
use crate::ingest::IngestError;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;
use std::io::{BufReader, Cursor};
use zip::ZipArchive;

/// Refuse a spreadsheet that repeats cells beyond what a sheet may have.
pub(super) fn check(file: &str, bytes: &[u8]) -> Result<(), IngestError> {
    let broken = |reason: String| IngestError::Broken { file: file.to_owned(), reason };
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| broken(error.to_string()))?;
    // Any other archive has no such part.
    let Ok(content) = archive.by_name("content.xml") else { return Ok(()) };
    let mut reader = Reader::from_reader(BufReader::new(content));
    let (mut all, mut row, mut empties, mut rows, mut buffer) = (0_u64, 0_u64, 0_u64, 1_u64, Vec::new());
    loop {
        let event = reader.read_event_into(&mut buffer).map_err(|error| broken(error.to_string()))?;
        match &event {
            Event::Eof => return Ok(()),
            Event::Start(start) | Event::Empty(start) => match start.name().as_ref() {
                "table:table-row" => {
                    (row, empties, rows) = (0, 0, repeats(start, "table:number-rows-repeated"));
                }
                "table:table-cell" | "table:covered-table-cell" => {
                    let times = repeats(start, "table:number-columns-repeated");
                    let empty = matches!(event, Event::Empty(_)) && !has_value(start);
                    // Empty cells count once something stands behind them.
                    if empty {
                        empties = empties.saturating_add(times);
                    } else {
                        row = row.saturating_add(empties).saturating_add(times);
                        empties = 0;
                    }
                }
                _ => {}
            },
            Event::End(end) if end.name().as_ref() == "table:table-row" => {
                // The reader keeps a row once while it reads, and as often as it repeats when it lays it out.
                all = all.saturating_add(row.saturating_mul(rows));
            }
            _ => {}
        }
        if all.saturating_add(row) > CELLS_MAX {
            return Err(too_large(file));
        }
        buffer.clear();
    }
}

fn repeats(start: &BytesStart<'_>, name: &str) -> u64 {
    let found = start.attributes().flatten().find(|attribute| attribute.key.as_ref() == name);
    found.and_then(|attribute| attribute.value.trim().parse().ok()).unwrap_or(1)
}

fn has_value(start: &BytesStart<'_>) -> bool {
    start.attributes().flatten().any(|attribute| {
        let key = attribute.key.as_ref();
        key.starts_with("office:") || key == "table:formula"
    })
}

#[cfg(test)]
mod tests {
    use super::super::archive::tests::archive;
    use super::*;

    fn checked(rows: &str) -> Result<(), IngestError> {
        let xml = format!("<office:spreadsheet><table:table>{rows}</table:table></office:spreadsheet>");
        check("x", &archive(&[("content.xml", xml.as_bytes())]))
    }

    #[test]
    fn a_cell_repeated_without_end_is_refused_and_the_empty_rest_of_a_row_is_not() {
        let value = r#"office:value-type="float" office:value="1""#;
        let cell =
            |times: u32| format!(r#"<table:table-cell {value} table:number-columns-repeated="{times}"/>"#);
        let rest = r#"<table:table-cell table:number-columns-repeated="16380"/>"#;
        let row = |times: u32, cells: &str| {
            format!(r#"<table:table-row table:number-rows-repeated="{times}">{cells}</table:table-row>"#)
        };
        assert!(checked(&(row(1, &(cell(3) + rest)) + &row(1_048_000, rest))).is_ok());
        assert!(checked(&row(1_000_000, &cell(16_384))).is_err());
        assert!(checked(&row(1, &cell(16_384)).repeat(4_000)).is_err());
        assert!(
            checked(&row(1, &(rest.to_owned() + &cell(1))).repeat(4_000)).is_err(),
            "empties before a value"
        );
        assert!(checked(&row(u32::MAX, &cell(u32::MAX))).is_err());
        assert!(check("x", &archive(&[("xl/workbook.xml", b"")])).is_ok());
    }
}
