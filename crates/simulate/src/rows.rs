//! Rows of CSV in memory, without an allocation for each cell.

use crate::calendar;
use std::io::Write as _;

/// Rows of one part of a table (RFC 4180, lines end as on a terminal).
#[derive(Debug, Default)]
pub(crate) struct Rows {
    pub(crate) bytes: Vec<u8>,
    /// Rows ended so far.
    pub(crate) count: u64,
    begun: bool,
}

impl Rows {
    fn next(&mut self) {
        if self.begun {
            self.bytes.push(b',');
        }
        self.begun = true;
    }

    /// A text, quoted where needed.
    pub(crate) fn text(&mut self, text: &str) -> &mut Self {
        self.next();
        if text.bytes().any(|byte| matches!(byte, b',' | b'"' | b'\n' | b'\r')) {
            self.bytes.push(b'"');
            for (at, part) in text.split('"').enumerate() {
                if at > 0 {
                    self.bytes.extend_from_slice(b"\"\"");
                }
                self.bytes.extend_from_slice(part.as_bytes());
            }
            self.bytes.push(b'"');
        } else {
            self.bytes.extend_from_slice(text.as_bytes());
        }
        self
    }

    /// A whole number.
    pub(crate) fn number(&mut self, number: i64) -> &mut Self {
        self.next();
        // Writing to memory cannot fail.
        let _ = write!(self.bytes, "{number}");
        self
    }

    /// A number with two decimals.
    pub(crate) fn hundredths(&mut self, number: f64) -> &mut Self {
        self.next();
        let cents = libm::round(number * 100.0) as i64;
        let sign = if cents < 0 { "-" } else { "" };
        let _ = write!(self.bytes, "{sign}{}.{:02}", cents.unsigned_abs() / 100, cents.unsigned_abs() % 100);
        self
    }

    /// A number with four decimals.
    pub(crate) fn fraction(&mut self, number: f64) -> &mut Self {
        self.next();
        let _ = write!(self.bytes, "{number:.4}");
        self
    }

    /// A day as `2024-02-29`.
    pub(crate) fn day(&mut self, day: i32) -> &mut Self {
        self.next();
        calendar::write(&mut self.bytes, day);
        self
    }

    /// A day, or nothing where there is none.
    pub(crate) fn day_before(&mut self, day: i32, bound: i32) -> &mut Self {
        if day < bound { self.day(day) } else { self.text("") }
    }

    /// The label every row bears, and the end of the row.
    pub(crate) fn end(&mut self) {
        self.text("true");
        self.bytes.push(b'\n');
        self.count += 1;
        self.begun = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_where_needed_and_every_row_says_simulated() {
        let mut rows = Rows::default();
        rows.text("1,500(万元)").text("a\"b").number(-3).hundredths(-0.5).day(19_782).day_before(9, 9).end();
        rows.fraction(0.25).end();
        let text = String::from_utf8(rows.bytes).unwrap();
        assert_eq!(text, "\"1,500(万元)\",\"a\"\"b\",-3,-0.50,2024-02-29,,true\n0.2500,true\n");
        assert_eq!(rows.count, 2);
    }
}
