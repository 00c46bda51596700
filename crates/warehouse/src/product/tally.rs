//! What is delivered of a range of versions (版本区间的交付): the rows that came and went, how many, and a digest that
//! both ends compute by themselves.
//!
//! A change is a row and how many copies of it came (positive) or went (negative), so that tables without a key are
//! delivered exactly. A line of the digest is the number, a tab, the row as a JSON array, and a line feed; lines are in
//! the order of delivery. Who sends, who receives and over what is not known here.

use brain_kernel::hexadecimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// One row that came or went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "DeliveredChange")]
pub struct Change {
    /// Copies of the row: above 0 added, below 0 removed.
    pub times: i64,
    /// The row, as an array of cells in the order of the columns.
    pub row: Value,
}

/// Number of rows of a delivery and the digest of its lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DeliveryTally")]
pub struct Tally {
    /// Rows added, copies counted.
    pub added: u64,
    /// Rows removed, copies counted.
    pub removed: u64,
    /// SHA-256 over the lines, hexadecimal.
    pub digest: String,
}

/// Counts and digests lines as they are sent or received.
#[derive(Debug, Default)]
pub struct Counter {
    added: u64,
    removed: u64,
    hash: Sha256,
}

impl Counter {
    /// Take in one change.
    pub fn take(&mut self, change: &Change) {
        let copies = change.times.unsigned_abs();
        let side = if change.times > 0 { &mut self.added } else { &mut self.removed };
        *side = side.saturating_add(copies);
        self.hash.update(format!("{}\t{}\n", change.times, change.row));
    }

    /// Everything taken in so far.
    #[must_use]
    pub fn tally(self) -> Tally {
        let digest = hexadecimal::encode(&self.hash.finalize());
        Tally { added: self.added, removed: self.removed, digest }
    }
}

/// Number and digest of these changes.
pub fn tally<'a>(changes: impl IntoIterator<Item = &'a Change>) -> Tally {
    let mut counter = Counter::default();
    changes.into_iter().for_each(|change| counter.take(change));
    counter.tally()
}

#[cfg(test)]
mod tests {
    use super::{Change, tally};
    use serde_json::json;

    fn change(times: i64, row: serde_json::Value) -> Change {
        Change { times, row }
    }

    #[test]
    fn the_digest_is_that_of_the_documented_lines() {
        let changes = [change(2, json!(["轴承", 1.5])), change(-1, json!([null, "a\tb"]))];
        let expected = <sha2::Sha256 as sha2::Digest>::digest("2\t[\"轴承\",1.5]\n-1\t[null,\"a\\tb\"]\n");
        let expected = brain_kernel::hexadecimal::encode(&expected);
        let found = tally(&changes);
        assert_eq!((found.added, found.removed, found.digest), (2, 1, expected));
    }

    #[test]
    fn another_row_another_number_and_another_order_have_another_digest() {
        let whole = [change(1, json!([1])), change(1, json!([2]))];
        let digest = tally(&whole).digest;
        for other in [
            vec![change(1, json!([1]))],
            vec![change(1, json!([2])), change(1, json!([1]))],
            vec![change(1, json!([1])), change(2, json!([2]))],
            vec![change(1, json!([1])), change(1, json!(["2"]))],
        ] {
            assert_ne!(tally(&other).digest, digest, "{other:?}");
        }
    }
}
