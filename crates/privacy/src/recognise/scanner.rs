//! The one pass over free text.

use super::name::Names;
use super::{Kind, network, token};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How sure a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Strength {
    /// It has the form; anything else of this form would be found too.
    Shape,
    /// It has the form and words beside it say what it is.
    Context,
    /// Its check digit was computed and is right.
    Checked,
}

/// One identifier in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Finding {
    /// What it is.
    pub kind: Kind,
    /// First byte.
    pub start: usize,
    /// Byte after the last.
    pub end: usize,
    /// How sure.
    pub strength: Strength,
}

impl Finding {
    pub(crate) const fn new(kind: Kind, start: usize, end: usize, strength: Strength) -> Self {
        Self { kind, start, end, strength }
    }
}

/// Kinds that the surroundings of a text (a column's name) announce.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Announced(u32);

impl Announced {
    pub(crate) fn with(self, kind: Kind) -> Self {
        Self(self.0 | 1 << kind.place())
    }

    pub(crate) const fn has(self, kind: Kind) -> bool {
        self.0 & (1 << kind.place()) != 0
    }
}

/// Classes of bytes the pass stops at.
const WORD: u8 = 1;
const AT_SIGN: u8 = 2;

#[expect(clippy::indexing_slicing, reason = "evaluated at compile time, where a panic is a compile error")]
const CLASSES: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 128 {
        if (byte as u8).is_ascii_alphanumeric() {
            table[byte] = WORD;
        }
        byte += 1;
    }
    table[b'@' as usize] = AT_SIGN;
    table
};

/// Finds identifiers; make one and share it between threads.
#[derive(Debug)]
pub struct Scanner {
    pub(crate) names: Names,
}

impl Default for Scanner {
    fn default() -> Self {
        Self::new()
    }
}

impl Scanner {
    /// A scanner with the built-in tables.
    #[must_use]
    pub fn new() -> Self {
        Self { names: Names::new() }
    }

    /// Append every identifier of `text` to `found`, ordered by place and not overlapping.
    pub fn scan(&self, text: &str, found: &mut Vec<Finding>) {
        self.scan_announced(text, Announced::default(), found);
    }

    /// [`Scanner::scan`] where the kinds in `announced` need no word beside them.
    pub(crate) fn scan_announced(&self, text: &str, announced: Announced, found: &mut Vec<Finding>) {
        let first = found.len();
        let bytes = text.as_bytes();
        let mut at = 0;
        while let Some(step) = bytes.get(at..).and_then(|rest| rest.iter().position(|byte| class(*byte) != 0))
        {
            at += step;
            at = if bytes.get(at).is_some_and(|byte| *byte == b'@') {
                network::email(bytes, at, found)
            } else {
                let end = word_end(bytes, at);
                token::look(text, at, end, announced, found).max(end)
            };
        }
        let numbers = found.len();
        self.names.scan(text, found);
        if found.len() > numbers || numbers > first + 1 {
            settle(found, first);
        }
    }
}

fn class(byte: u8) -> u8 {
    CLASSES.get(usize::from(byte)).copied().unwrap_or_default()
}

/// End of the run of ASCII letters and digits that starts at `at`.
pub(crate) fn word_end(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().position(|byte| class(*byte) != WORD).unwrap_or(rest.len())
}

/// Order by place; where two overlap the surer one stays, then the longer one.
fn settle(found: &mut Vec<Finding>, first: usize) {
    let mut own = found.split_off(first);
    own.sort_by_key(|finding| (finding.start, finding.end));
    for finding in own {
        match found.get(first..).and_then(<[Finding]>::last).copied() {
            Some(last) if finding.start < last.end => {
                let rank = |f: &Finding| (f.strength == Strength::Checked, f.end - f.start);
                if rank(&finding) > rank(&last) {
                    found.pop();
                    found.push(finding);
                }
            }
            _ => found.push(finding),
        }
    }
}
