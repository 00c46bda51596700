//! Records out of CSV as spreadsheets write it: a header, then rows of as many cells, in UTF-8 or GB 18030.

use crate::error::MatchError;
use crate::records::Records;
use brain_kernel::error::Failure;
use brain_kernel::language::Text;
use encoding_rs::GB18030;
use std::borrow::Cow;
use std::io::Read;

/// What is wrong with a file, and in which line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}", what = self.what.en)]
pub struct FileFault {
    /// Line, counted from 1; 0 where it is not known.
    pub line: u64,
    /// What is wrong.
    pub what: Text,
}

/// Read a file to its end.
///
/// # Errors
/// [`FileFault`] where it is no CSV, or a record is refused as [`Records::push`] refuses it.
pub fn read(source: impl Read) -> Result<Records, FileFault> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(source);
    let header = reader.byte_headers().map_err(|error| no_csv(&error))?.clone();
    let names: Vec<Cow<'_, str>> = header.iter().map(text).collect();
    let mut records = Records::new(&names).map_err(|error| refused(1, error))?;
    let mut row = csv::ByteRecord::new();
    while reader.read_byte_record(&mut row).map_err(|error| no_csv(&error))? {
        let line = row.position().map_or(0, csv::Position::line);
        records.push(row.iter().map(text)).map_err(|error| refused(line, error))?;
    }
    Ok(records)
}

/// UTF-8 where it is; else GB 18030, which spreadsheets in China write.
fn text(cell: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(cell) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => GB18030.decode_without_bom_handling(cell).0,
    }
}

fn no_csv(error: &csv::Error) -> FileFault {
    let line = error.position().map_or(0, csv::Position::line);
    FileFault { line, what: Text::new(format!("不是 CSV：{error}"), format!("this is no CSV: {error}")) }
}

fn refused(line: u64, error: MatchError) -> FileFault {
    FileFault { line, what: Failure::from(error).detail }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_encodings_are_read_and_a_fault_names_its_line() {
        let (gb, _, _) = GB18030.encode("名称,城市\n精工轴承,杭州\n");
        for bytes in ["\u{FEFF}名称,城市\r\n精工轴承,杭州\r\n".as_bytes(), gb.as_ref()] {
            let records = read(bytes).unwrap();
            assert_eq!((records.len(), records.cell(0, 0), records.cell(0, 1)), (1, "精工轴承", "杭州"));
            assert_eq!(records.find(["名称"]), Some(0));
        }
        let fault = read("a,b\n1,2\n3\n".as_bytes()).unwrap_err();
        assert_eq!(fault.line, 3);
        assert!(fault.what.zh.contains("列") && fault.to_string().starts_with("line 3: "), "{fault}");
        assert_eq!(read("a,A\n".as_bytes()).unwrap_err().line, 1);
        assert!(read(&b""[..]).unwrap().is_empty());
    }
}
