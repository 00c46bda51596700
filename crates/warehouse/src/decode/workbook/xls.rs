//! The binary workbook of old (xls), looked through before a reader that trusts it opens it: it reserves memory by what
//! a sheet claims to be, and lays every sheet out as a rectangle ([MS-XLS] 2.1).

use super::area::{Area, CELLS_MAX, too_large};
use crate::ingest::IngestError;
use std::io::{Cursor, Read};

/// Most rows and columns there can be ([MS-XLS] 2.4.90).
const ROWS_MAX: u32 = 65_536;
const COLUMNS_MAX: u16 = 256;
/// Longest record kept; cells are short.
const RECORD_BYTES: usize = 16;

/// Refuse a workbook whose sheets claim or need more memory than a sheet may have.
pub(super) fn check(file: &str, bytes: &[u8]) -> Result<(), IngestError> {
    let broken = |reason: String| IngestError::Broken { file: file.to_owned(), reason };
    let mut folder =
        cfb::CompoundFile::open(Cursor::new(bytes)).map_err(|error| broken(error.to_string()))?;
    let name = ["/Workbook", "/Book"].into_iter().find(|name| folder.is_stream(name));
    let name = name.ok_or_else(|| broken("no workbook in it (password-protected?)".to_owned()))?;
    let stream = folder.open_stream(name).map_err(|error| broken(error.to_string()))?;
    scan(file, std::io::BufReader::new(stream))
}

fn scan(file: &str, mut stream: impl Read) -> Result<(), IngestError> {
    let (mut all, mut sheet) = (0_u64, Area::new());
    while let Some((kind, data)) = record(&mut stream) {
        match kind {
            // Beginning of a substream: another sheet.
            0x0809 => {
                all = all.saturating_add(sheet.cells());
                sheet = Area::new();
            }
            0x0200 if !is_honest(&data) => return Err(too_large(file)),
            // FORMULA, MULRK, RSTRING, LABELSST, NUMBER, LABEL, BOOLERR, RK.
            0x0006 | 0x00BD | 0x00D6 | 0x00FD | 0x0203 | 0x0204 | 0x0205 | 0x027E => {
                let (row, column) = (short(&data, 0), short(&data, 2));
                sheet.grow(file, (row.into(), column.into()))?;
                if kind == 0x00BD {
                    // Its last column is its last field; no sheet has more than there are.
                    sheet.grow(file, (row.into(), COLUMNS_MAX.into()))?;
                }
            }
            _ => {}
        }
        if all.saturating_add(sheet.cells()) > CELLS_MAX {
            return Err(too_large(file));
        }
    }
    Ok(())
}

/// Whether the size a sheet claims is one that a sheet can have.
fn is_honest(data: &[u8]) -> bool {
    let word = |at: usize| {
        data.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |bytes| u32::from_le_bytes(*bytes))
    };
    // BIFF5 and older write rows as two bytes.
    let (first_row, last_row, at) = if data.len() < 14 {
        (u32::from(short(data, 0)), u32::from(short(data, 2)), 4)
    } else {
        (word(0), word(4), 8)
    };
    let (first_column, last_column) = (short(data, at), short(data, at + 2));
    first_row <= last_row && last_row <= ROWS_MAX && first_column <= last_column && last_column <= COLUMNS_MAX
}

fn short(data: &[u8], at: usize) -> u16 {
    data.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |bytes| u16::from_le_bytes(*bytes))
}

/// The next record's kind and its first bytes; `None` at the end, also where the stream breaks off: its reader will say.
fn record(stream: &mut impl Read) -> Option<(u16, Vec<u8>)> {
    let mut head = [0_u8; 4];
    stream.read_exact(&mut head).ok()?;
    let [kind_low, kind_high, low, high] = head;
    let length = usize::from(u16::from_le_bytes([low, high]));
    let mut data = vec![0; length.min(RECORD_BYTES)];
    stream.read_exact(&mut data).ok()?;
    let rest = length.saturating_sub(RECORD_BYTES) as u64;
    std::io::copy(&mut stream.take(rest), &mut std::io::sink()).ok()?;
    Some((u16::from_le_bytes([kind_low, kind_high]), data))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn one(kind: u16, data: &[u8]) -> Vec<u8> {
        [&kind.to_le_bytes()[..], &(data.len() as u16).to_le_bytes(), data].concat()
    }

    fn cell(row: u16, column: u16) -> Vec<u8> {
        one(0x0203, &[&row.to_le_bytes()[..], &column.to_le_bytes(), &[0; 10]].concat())
    }

    fn dimensions(rows: (u32, u32), columns: (u16, u16)) -> Vec<u8> {
        let rows = [rows.0.to_le_bytes(), rows.1.to_le_bytes()].concat();
        let columns = [columns.0.to_le_bytes(), columns.1.to_le_bytes()].concat();
        one(0x0200, &[rows, columns, vec![0; 2]].concat())
    }

    fn scanned(records: &[Vec<u8>]) -> Result<(), IngestError> {
        scan("x", Cursor::new(records.concat()))
    }

    #[test]
    fn a_sheet_that_claims_or_needs_too_much_is_refused() {
        let sheet = one(0x0809, &[0; 16]);
        assert!(scanned(&[sheet.clone(), dimensions((0, 100), (0, 9)), cell(0, 0), cell(99, 8)]).is_ok());
        for claimed in [((0, u32::MAX), (0, 9)), ((9, 1), (0, 9)), ((0, 9), (9, 1)), ((0, 9), (0, 60_000))] {
            let refused = scanned(&[sheet.clone(), dimensions(claimed.0, claimed.1)]);
            assert!(matches!(refused, Err(IngestError::SheetTooLarge { .. })), "{claimed:?}");
        }
        let corners = [sheet.clone(), cell(0, 0), cell(65_535, 255)].concat();
        assert!(scanned(&[corners.clone()]).is_ok(), "a full sheet is a sheet");
        assert!(matches!(scanned(&vec![corners; 4]), Err(IngestError::SheetTooLarge { .. })));
    }

    #[test]
    fn what_is_no_workbook_or_breaks_off_is_refused_or_left_to_its_reader() {
        assert!(matches!(check("x", b"\xd0\xcf\x11\xe0 nothing"), Err(IngestError::Broken { .. })));
        assert!(scan("x", Cursor::new(vec![0x09, 0x08, 0xff])).is_ok());
        let mut folder = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
        folder.create_stream("/Workbook").unwrap().write_all(&dimensions((0, u32::MAX), (0, 1))).unwrap();
        folder.flush().unwrap();
        let bytes = folder.into_inner().into_inner();
        assert!(matches!(check("x", &bytes), Err(IngestError::SheetTooLarge { .. })));
    }
}
