//! JSON Lines: one object per line, nested values kept as JSON text.

use super::chunk::Header;
use super::record::{Fault, Records, Row, Span};
use crate::ingest::IngestError;
use rustc_hash::FxHashMap;
use serde_json::{Map, Value};
use std::path::Path;

/// Lines looked at for column names.
const LINES_LOOKED_AT: usize = 1_000;

/// Names of the first objects, in order of first occurrence.
pub(super) fn header(path: &Path, sample: &str) -> Result<Header, IngestError> {
    let mut names: Vec<String> = Vec::new();
    let mut objects = 0;
    for line in sample.lines().map(str::trim).filter(|line| !line.is_empty()).take(LINES_LOOKED_AT) {
        let Ok(object) = serde_json::from_str::<Map<String, Value>>(line) else { continue };
        objects += 1;
        for name in object.keys() {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
    }
    if objects == 0 {
        return Err(IngestError::WrongKind { file: path.display().to_string(), expected: "JSON Lines" });
    }
    Ok(Header { names, open_ended: true, positional: false })
}

/// Take a piece of whole lines apart.
pub(super) fn split(bytes: Vec<u8>, first_line: u64, names: &[String], transcoded: bool) -> Records {
    let (text, damaged) = match String::from_utf8(bytes) {
        Ok(text) => {
            let damaged = transcoded && text.contains('\u{FFFD}');
            (text, damaged)
        }
        Err(error) => (String::from_utf8_lossy(error.as_bytes()).into_owned(), true),
    };
    let index: FxHashMap<&str, usize> = names.iter().enumerate().map(|(i, n)| (n.as_str(), i)).collect();
    let mut records = Records { width: names.len(), ..Records::default() };
    let mut values = String::new();
    let base = text.len();
    let mut start = 0;
    for (offset, piece) in text.split_inclusive('\n').enumerate() {
        let raw = piece.trim_end_matches(['\n', '\r']);
        let (from, to) = (start, start + raw.len());
        start += piece.len();
        if raw.trim().is_empty() {
            continue;
        }
        let first = records.fields.len();
        records.fields.resize(first + names.len(), Span::NULL);
        let fault = if damaged && raw.contains('\u{FFFD}') {
            Some(Fault::Encoding)
        } else {
            match serde_json::from_str::<Map<String, Value>>(raw) {
                Ok(object) => {
                    for (name, value) in &object {
                        let Some(slot) =
                            index.get(name.as_str()).and_then(|i| records.fields.get_mut(first + i))
                        else {
                            continue;
                        };
                        *slot = intern(&mut values, base, value);
                    }
                    None
                }
                Err(error) => Some(Fault::Json(error.to_string())),
            }
        };
        records.rows.push(Row { line: first_line + offset as u64, raw: Span::new(from, to), fault });
    }
    records.text = text;
    records.text.push_str(&values);
    records
}

fn intern(values: &mut String, base: usize, value: &Value) -> Span {
    let start = base + values.len();
    match value {
        Value::Null => return Span::NULL,
        Value::String(text) => values.push_str(text),
        other => values.push_str(&other.to_string()),
    }
    Span::new(start, base + values.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_become_fields_by_name_and_broken_lines_are_named() {
        let text = "{\"a\": \"杭\\n州\", \"b\": 1.5}\n\n{\"b\": null, \"a\": {\"x\": [1]}}\n{\"a\": \n[1]\n";
        let names = ["a".to_owned(), "b".to_owned()];
        let records = split(text.as_bytes().to_vec(), 10, &names, false);
        let lines: Vec<_> = records.rows.iter().map(|r| (r.line, r.fault.is_some())).collect();
        assert_eq!(lines, [(10, false), (12, false), (13, true), (14, true)]);
        assert_eq!(records.get(records.span(0, 0)), "杭\n州");
        assert_eq!(records.get(records.span(0, 1)), "1.5");
        assert_eq!(records.get(records.span(1, 0)), "{\"x\":[1]}");
        assert!(records.span(1, 1).is_null());
        assert_eq!(records.get(records.rows[2].raw), "{\"a\": ");
    }
}
