//! The one way a cell and a line of CSV are written (RFC 4180), safe to open in a spreadsheet.
//!
//! Texts that Excel, WPS or LibreOffice would run as a formula get a leading apostrophe (OWASP, CSV injection), also where
//! the sign is of full width, as Chinese input methods write it; numbers stay numbers, so that −1 is not turned into
//! text. The portal writes tables it already has by itself: `csv_cells.json` holds both writers to the same cells.

use serde_json::Value;

/// End of a line in a file that travels (RFC 4180, section 2).
pub const FILE_LINE_END: &str = "\r\n";
/// End of a line on a terminal, where `cut`, `sort` and `awk` would take a carriage return for part of the last cell.
pub const TERMINAL_LINE_END: &str = "\n";

/// One cell as text: nothing for null, numbers and plain decimals as they are, other texts defused, nested values as
/// compact JSON.
#[must_use]
pub fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) if is_number(text) => text.clone(),
        Value::String(text) => defused(text),
        other => other.to_string(),
    }
}

/// A text that no spreadsheet runs: headers go through it too, for a caller may name a column `=cmd()`.
#[must_use]
pub fn defused(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠', '\t', '\r', '\n', '\0']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

/// Append one line of cells that went through [`cell`] or [`defused`], quoted where needed: also where a spreadsheet of
/// another country would end the cell and begin a new one, which nobody defused.
pub fn append_line(out: &mut Vec<u8>, cells: impl IntoIterator<Item = String>, line_end: &str) {
    for (at, cell) in cells.into_iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        if cell.contains(['"', ',', ';', '\t', '\n', '\r']) {
            out.push(b'"');
            out.extend_from_slice(cell.replace('"', "\"\"").as_bytes());
            out.push(b'"');
        } else {
            out.extend_from_slice(cell.as_bytes());
        }
    }
    out.extend_from_slice(line_end.as_bytes());
}

/// Whether a text is a plain number, such as a decimal or an integer beyond what JSON numbers carry.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    all_digits(whole) && all_digits(fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_defused_while_numbers_and_plain_text_are_not() {
        let cases: Vec<Value> = serde_json::from_str(include_str!("csv_cells.json")).unwrap();
        assert!(cases.len() > 20);
        for case in cases {
            assert_eq!(cell(&case["value"]), case["cell"].as_str().unwrap(), "{case}");
        }
    }

    #[test]
    fn a_line_quotes_what_needs_it_and_ends_as_asked() {
        let mut out = Vec::new();
        append_line(&mut out, ["a,\"b\"".to_owned(), "两\n行".to_owned(), String::new()], FILE_LINE_END);
        append_line(&mut out, ["x".to_owned()], TERMINAL_LINE_END);
        append_line(&mut out, ["a;=1+1".to_owned(), "b\t=1+1".to_owned()], TERMINAL_LINE_END);
        let expected = "\"a,\"\"b\"\"\",\"两\n行\",\r\nx\n\"a;=1+1\",\"b\t=1+1\"\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
