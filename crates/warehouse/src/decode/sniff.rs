//! What kind of file it is and which delimiter it uses, told from its first bytes.

use super::split::{Dialect, Next, next_record};
use crate::mapping::Kind;

const DELIMITERS: [u8; 5] = [b',', b'\t', b';', b'|', 0x01];
const RECORDS_LOOKED_AT: usize = 20;

/// Kind of a decompressed file by its first bytes.
pub(crate) fn kind(head: &[u8]) -> Kind {
    match head {
        [b'P', b'A', b'R', b'1', ..] => Kind::Parquet,
        // ZIP local file header (xlsx, xlsb, ods) or compound file (xls).
        [b'P', b'K', 3, 4, ..] | [0xD0, 0xCF, 0x11, 0xE0, ..] => Kind::Excel,
        _ => Kind::Auto,
    }
}

/// JSON Lines start with an object; anything else is delimited text.
pub(crate) fn text_kind(sample: &str) -> Kind {
    match sample.trim_start().as_bytes() {
        [b'{', rest @ ..]
            if rest.iter().find(|b| !b.is_ascii_whitespace()).is_some_and(|b| matches!(b, b'"' | b'}')) =>
        {
            Kind::Jsonl
        }
        _ => Kind::Csv,
    }
}

/// The delimiter that cuts the first records into the same number (> 1) of fields most often; a comma when none does.
pub(crate) fn delimiter(sample: &[u8]) -> u8 {
    let score = |delimiter: &u8| {
        let counts = field_counts(sample, *delimiter);
        let first = counts.first().copied().unwrap_or(1);
        let same = counts.iter().filter(|count| **count == first).count();
        if first < 2 { (0, 0) } else { (same * 100 / counts.len().max(1), first) }
    };
    // `max_by_key` keeps the last maximum; in reverse order the comma wins ties.
    DELIMITERS.iter().rev().max_by_key(|d| score(d)).copied().filter(|d| score(d).1 > 1).unwrap_or(b',')
}

fn field_counts(sample: &[u8], delimiter: u8) -> Vec<usize> {
    let dialect = Dialect { delimiter };
    let mut counts = Vec::new();
    let mut at = 0;
    while counts.len() < RECORDS_LOOKED_AT && at < sample.len() {
        let Next::End(end) = next_record(sample, at, false, dialect) else { break };
        let record = sample.get(at..end).unwrap_or_default();
        if record.len() > 2 {
            counts.push(memchr::memchr_iter(delimiter, &without_quoted(record)).count() + 1);
        }
        at = end;
    }
    if counts.is_empty() && !sample.is_empty() {
        counts.push(memchr::memchr_iter(delimiter, &without_quoted(sample)).count() + 1);
    }
    counts
}

fn without_quoted(record: &[u8]) -> Vec<u8> {
    let mut inside = false;
    record
        .iter()
        .copied()
        .filter(|byte| {
            inside ^= *byte == b'"';
            !inside
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delimiter_that_gives_even_rows_wins() {
        assert_eq!(delimiter(b"a,b,c\n1,2,3\n"), b',');
        assert_eq!(delimiter(b"a\tb\n1,5\t2\n3\t4,4\n"), b'\t');
        assert_eq!(delimiter(b"a;b\n\"x,y,z\";2\n"), b';');
        assert_eq!(delimiter(b"one\ntwo\n"), b',');
        assert_eq!(delimiter(b"date\thead\trelation\ttail\n2025-01-01\tA, B, C\tx\ty\n"), b'\t');
        assert_eq!(delimiter(b""), b',');
    }

    #[test]
    fn kinds_are_told_by_content() {
        assert_eq!(kind(b"PAR1\x15"), Kind::Parquet);
        assert_eq!(kind(b"PK\x03\x04"), Kind::Excel);
        assert_eq!(text_kind("  {\"a\": 1}"), Kind::Jsonl);
        assert_eq!(text_kind("{a},b\n"), Kind::Csv);
    }
}
