//! The old binary workbook (`.xls`, BIFF in a compound file): places of cells are looked at before it is read.
//!
//! Its reader makes a grid from the first cell to the last. Places are 16 bits each way there, so that a few bytes could
//! ask for a grid of four thousand million cells; a sheet of this format has 256 columns.

use std::io::{Cursor, Read as _};

/// Compound files begin with this.
const MAGIC: [u8; 4] = [0xD0, 0xCF, 0x11, 0xE0];
/// Names of the stream with the sheets, newer first.
const STREAMS: [&str; 2] = ["Workbook", "Book"];
/// Columns of a sheet (MS-XLS 2.2.1).
const COLUMNS: u16 = 256;
/// Records that begin with row and column: FORMULA, NUMBER, LABEL, BOOLERR, RK, LABELSST, RSTRING and those of BIFF 2
/// to 4, and MULRK, whose last column stands at its end.
const CELLS: [u16; 14] = [
    0x0002, 0x0003, 0x0004, 0x0005, 0x0006, 0x00BD, 0x00D6, 0x00FD, 0x0203, 0x0204, 0x0205, 0x027E, 0x0206,
    0x0406,
];
const MULRK: u16 = 0x00BD;

/// Refuse a compound file with a cell where no cell can be; other files pass.
pub(super) fn check(bytes: &[u8]) -> Result<(), String> {
    if !bytes.starts_with(&MAGIC) {
        return Ok(());
    }
    let mut file = cfb::CompoundFile::open(Cursor::new(bytes)).map_err(|error| error.to_string())?;
    let name = STREAMS.into_iter().find(|name| file.is_stream(name)).ok_or("no workbook in it")?;
    let mut stream = Vec::new();
    let opened = file.open_stream(name).map_err(|error| error.to_string())?;
    opened.take(bytes.len() as u64).read_to_end(&mut stream).map_err(|error| error.to_string())?;
    check_records(&stream)
}

fn check_records(mut rest: &[u8]) -> Result<(), String> {
    while let Some((head, after)) = rest.split_first_chunk::<4>() {
        let [kind_low, kind_high, length_low, length_high] = *head;
        let kind = u16::from_le_bytes([kind_low, kind_high]);
        let length = usize::from(u16::from_le_bytes([length_low, length_high]));
        let Some((body, next)) = after.split_at_checked(length) else { break };
        if CELLS.contains(&kind) {
            let at = |place: usize| body.get(place..place + 2)?.try_into().ok().map(u16::from_le_bytes);
            let last = if kind == MULRK { length.checked_sub(2).and_then(at) } else { None };
            let column = at(2).unwrap_or_default().max(last.unwrap_or_default());
            if column >= COLUMNS {
                return Err(format!("a cell in column {column}, of {COLUMNS}"));
            }
        }
        rest = next;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check_records;

    fn record(kind: u16, body: &[u8]) -> Vec<u8> {
        [&kind.to_le_bytes()[..], &(body.len() as u16).to_le_bytes(), body].concat()
    }

    #[test]
    fn a_cell_beyond_the_last_column_is_refused_before_a_grid_is_made() {
        let number = |column: u16| record(0x0203, &[&[0, 0], &column.to_le_bytes()[..], &[0; 10]].concat());
        assert_eq!(check_records(&number(255)), Ok(()));
        assert!(check_records(&[number(1), number(256)].concat()).is_err());
        let many = record(0x00BD, &[&[0, 0, 0, 0][..], &[0; 6], &300_u16.to_le_bytes()].concat());
        assert!(check_records(&many).is_err());
        assert_eq!(check_records(&record(0x00BD, &[])), Ok(()), "a cut record is left to the reader");
        assert_eq!(check_records(&[1, 2, 3]), Ok(()));
    }
}
