//! Delimited text (RFC 4180) into records and fields.
//!
//! The reader thread cuts the stream where [`next_record`] says a record ends; the worker runs the same function over
//! the piece, so both agree on every record. A quote opens a field only at its start; a record whose quote is not
//! closed within [`RECORD_BYTES_MAX`] gives up its first line and reading goes on at the next one.

use super::record::{Fault, Records, Row, Span};

/// Longest record.
pub(crate) const RECORD_BYTES_MAX: usize = 1024 * 1024;

/// How fields are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dialect {
    pub(crate) delimiter: u8,
}

/// What lies at the start of a buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// A record; the next one starts here.
    End(usize),
    /// No end in sight yet: read more.
    Incomplete,
    /// A quote that is never closed; its first line ends here.
    Runaway(usize),
    /// A line longer than a record may be.
    Endless,
}

/// Find the end of the record at `start`. `last` says that nothing follows the buffer.
pub(crate) fn next_record(buffer: &[u8], start: usize, last: bool, dialect: Dialect) -> Next {
    let limit = start.saturating_add(RECORD_BYTES_MAX);
    let window_end = buffer.len().min(limit);
    let window = buffer.get(..window_end).unwrap_or_default();
    let complete = last && window_end == buffer.len();
    let mut at = start;
    loop {
        let Some(found) = window.get(at..).and_then(|rest| memchr::memchr2(b'"', b'\n', rest)) else {
            return match (complete, buffer.len() >= limit) {
                (true, _) => Next::End(window_end),
                (_, true) => Next::Endless,
                _ => Next::Incomplete,
            };
        };
        let found = at + found;
        if window.get(found) == Some(&b'\n') {
            return Next::End(found + 1);
        }
        let opens =
            found == start || found.checked_sub(1).and_then(|p| window.get(p)) == Some(&dialect.delimiter);
        at = found + 1;
        if !opens {
            continue;
        }
        match closing_quote(window, at) {
            Some(close) if close + 1 < window_end || complete => at = close + 1,
            _ if !complete && buffer.len() < limit => return Next::Incomplete,
            _ => return runaway(window, start, window_end),
        }
    }
}

fn runaway(window: &[u8], start: usize, window_end: usize) -> Next {
    let line = window.get(start..).and_then(|rest| memchr::memchr(b'\n', rest));
    Next::Runaway(line.map_or(window_end, |offset| start + offset + 1))
}

/// Position of the quote that closes a field whose text starts at `at`.
fn closing_quote(text: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let quote = at + memchr::memchr(b'"', text.get(at..)?)?;
        if text.get(quote + 1) != Some(&b'"') {
            return Some(quote);
        }
        at = quote + 2;
    }
}

/// Take a piece of whole records apart. `first_line` is the physical line the piece starts on.
pub(crate) fn split(
    mut piece: Vec<u8>,
    first_line: u64,
    width: usize,
    dialect: Dialect,
    transcoded: bool,
) -> Records {
    let estimate = piece.len() / 64;
    let mut records = Records {
        text: String::new(),
        rows: Vec::with_capacity(estimate),
        fields: Vec::with_capacity(estimate * width),
        width,
    };
    let doubt = Doubt::about(&piece, transcoded);
    let mut unescaped = Vec::new();
    let mut position = 0;
    let mut line = first_line;
    while position < piece.len() {
        let (end, broken) = match next_record(&piece, position, true, dialect) {
            Next::End(end) => (end, false),
            Next::Runaway(end) => (end, true),
            Next::Incomplete | Next::Endless => (piece.len(), true),
        };
        let body = trim_line_end(&piece, position, end);
        if body > position {
            let raw = piece.get(position..body).unwrap_or_default();
            let fault = if doubt.confirmed(raw) {
                Some(Fault::Encoding)
            } else if broken {
                Some(Fault::Quote)
            } else {
                fields(&piece, position, body, dialect, &mut records, &mut unescaped)
            };
            if fault.is_some() {
                records.fields.truncate(records.rows.len() * width);
                records.fields.resize((records.rows.len() + 1) * width, Span::NULL);
            }
            records.rows.push(Row { line, raw: Span::new(position, body), fault });
        }
        line += memchr::memchr_iter(b'\n', piece.get(position..end).unwrap_or_default()).count() as u64;
        position = end;
    }
    if doubt == Doubt::Bytes {
        mask_faulty(&mut piece, &records);
    }
    piece.extend_from_slice(&unescaped);
    records.text = String::from_utf8(piece).unwrap_or_default();
    records
}

/// What may be wrong with a piece's characters; looked at once per piece, per record only when something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doubt {
    None,
    /// The piece is not UTF-8 throughout.
    Bytes,
    /// The transcoder met bytes that are no text and left U+FFFD.
    Replaced,
}

impl Doubt {
    fn about(piece: &[u8], transcoded: bool) -> Self {
        if std::str::from_utf8(piece).is_err() {
            Self::Bytes
        } else if transcoded && memchr::memmem::find(piece, REPLACEMENT).is_some() {
            Self::Replaced
        } else {
            Self::None
        }
    }

    fn confirmed(self, raw: &[u8]) -> bool {
        match self {
            Self::None => false,
            Self::Bytes => std::str::from_utf8(raw).is_err(),
            Self::Replaced => memchr::memmem::find(raw, REPLACEMENT).is_some(),
        }
    }
}

const REPLACEMENT: &[u8] = "\u{FFFD}".as_bytes();

/// Bytes of records that are no UTF-8 become question marks, so that the piece as a whole is text.
fn mask_faulty(piece: &mut [u8], records: &Records) {
    for row in records.rows.iter().filter(|row| row.fault == Some(Fault::Encoding)) {
        let Some(raw) = piece.get_mut(row.raw.start as usize..row.raw.end as usize) else { continue };
        raw.iter_mut().filter(|byte| !byte.is_ascii()).for_each(|byte| *byte = b'?');
    }
}

fn trim_line_end(piece: &[u8], start: usize, end: usize) -> usize {
    let mut body = end;
    for mark in [b'\n', b'\r'] {
        if body > start && piece.get(body - 1) == Some(&mark) {
            body -= 1;
        }
    }
    body
}

fn fields(
    piece: &[u8],
    start: usize,
    end: usize,
    dialect: Dialect,
    records: &mut Records,
    unescaped: &mut Vec<u8>,
) -> Option<Fault> {
    let mut at = start;
    let mut found = 0;
    loop {
        let (span, next) = if piece.get(at) == Some(&b'"') && at < end {
            match quoted(piece, at + 1, end, dialect, unescaped) {
                Some(field) => field,
                None => return Some(Fault::Quote),
            }
        } else {
            let rest = piece.get(at..end).unwrap_or_default();
            match memchr::memchr(dialect.delimiter, rest) {
                Some(offset) => (Span::new(at, at + offset), Some(at + offset + 1)),
                None => (Span::new(at, end), None),
            }
        };
        found += 1;
        if found <= records.width {
            records.fields.push(span);
        }
        match next {
            Some(next) => at = next,
            None => break,
        }
    }
    (found != records.width).then_some(Fault::FieldCount { found, expected: records.width })
}

/// A quoted field whose text starts at `start`: its span and where the next field starts.
fn quoted(
    piece: &[u8],
    start: usize,
    end: usize,
    dialect: Dialect,
    unescaped: &mut Vec<u8>,
) -> Option<(Span, Option<usize>)> {
    let record = piece.get(..end)?;
    let close = closing_quote(record, start)?;
    let next = match record.get(close + 1) {
        None => None,
        Some(byte) if *byte == dialect.delimiter => Some(close + 2),
        Some(_) => return None,
    };
    let inner = record.get(start..close)?;
    if memchr::memchr(b'"', inner).is_none() {
        return Some((Span::new(start, close), next));
    }
    let from = piece.len() + unescaped.len();
    let mut rest = inner;
    while let Some(quote) = memchr::memchr(b'"', rest) {
        unescaped.extend_from_slice(rest.get(..=quote)?);
        rest = rest.get(quote + 2..)?;
    }
    unescaped.extend_from_slice(rest);
    Some((Span::new(from, piece.len() + unescaped.len()), next))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const COMMA: Dialect = Dialect { delimiter: b',' };

    fn rows(text: &[u8], width: usize) -> Vec<(u64, Result<Vec<String>, Fault>)> {
        let records = split(text.to_vec(), 1, width, COMMA, false);
        records
            .rows
            .iter()
            .enumerate()
            .map(|(index, row)| {
                let fields =
                    (0..width).map(|c| records.get(records.span(index, c)).to_owned()).collect::<Vec<_>>();
                (row.line, row.fault.clone().map_or(Ok(fields), Err))
            })
            .collect()
    }

    fn ok(line: u64, fields: &[&str]) -> (u64, Result<Vec<String>, Fault>) {
        (line, Ok(fields.iter().map(|f| (*f).to_owned()).collect()))
    }

    #[test]
    fn quotes_newlines_and_blank_lines_keep_physical_line_numbers() {
        let text = "a,b\r\n\"x, \"\"y\"\"\nz\",2\n\n3,4".as_bytes();
        assert_eq!(rows(text, 2), [ok(1, &["a", "b"]), ok(2, &["x, \"y\"\nz", "2"]), ok(5, &["3", "4"])]);
    }

    #[test]
    fn a_quote_inside_a_field_is_a_character() {
        assert_eq!(rows(b"5\" pipe,1\nb,2\n", 2), [ok(1, &["5\" pipe", "1"]), ok(2, &["b", "2"])]);
    }

    #[test]
    fn a_broken_row_does_not_take_its_neighbours_along() {
        let text = b"\"a\"x,1\nb,2\nc\nd,3,4\n\"never closed,5\ne,6\n";
        let found = rows(text, 2);
        assert_eq!(found[0], (1, Err(Fault::Quote)));
        assert_eq!(found[1], ok(2, &["b", "2"]));
        assert_eq!(found[2], (3, Err(Fault::FieldCount { found: 1, expected: 2 })));
        assert_eq!(found[3], (4, Err(Fault::FieldCount { found: 3, expected: 2 })));
        assert_eq!(found[4], (5, Err(Fault::Quote)));
        assert_eq!(found[5], ok(6, &["e", "6"]));
    }

    #[test]
    fn bytes_that_are_no_text_cost_their_row_only() {
        let found = rows(b"a,1\n\xC4\xE3,2\n\"b\"\"\",3\n", 2);
        assert_eq!(found, [ok(1, &["a", "1"]), (2, Err(Fault::Encoding)), ok(3, &["b\"", "3"])]);
    }

    fn quote(field: &str) -> String {
        format!("\"{}\"", field.replace('"', "\"\""))
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(table in prop::collection::vec(prop::collection::vec("[a-c\"\n,\r杭州 ]{0,6}", 3), 1..20)) {
            let text: String =
                table.iter().map(|r| r.iter().map(|f| quote(f)).collect::<Vec<_>>().join(",") + "\n").collect();
            let read: Vec<_> = rows(text.as_bytes(), 3).into_iter().map(|(_, r)| r.unwrap()).collect();
            prop_assert_eq!(read, table);
        }

        #[test]
        fn any_bytes_are_taken_apart_without_panic_and_cover_every_line(bytes in prop::collection::vec(prop::sample::select(b"a,\"\n\r\xE6\x9D\xAD\xFF".to_vec()), 0..200)) {
            let records = split(bytes.clone(), 1, 2, COMMA, false);
            prop_assert_eq!(records.fields.len(), records.rows.len() * 2);
            let mut last = 0;
            for row in &records.rows {
                prop_assert!(row.line > last);
                last = row.line;
            }
        }
    }
}
