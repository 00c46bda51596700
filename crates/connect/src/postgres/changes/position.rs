//! How far changes have been read: a place in the write-ahead log, and a place inside a transaction.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A place in the write-ahead log (LSN).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Lsn(pub(super) u64);

impl fmt::Display for Lsn {
    /// As PostgreSQL reads it, with all zeros: places then sort as texts.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08X}/{:08X}", self.0 >> 32, self.0 & 0xFFFF_FFFF)
    }
}

impl FromStr for Lsn {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:.40} is no LSN");
        let half = |half: &str| {
            let plain = (1..=8).contains(&half.len()) && half.bytes().all(|byte| byte.is_ascii_hexdigit());
            u64::from_str_radix(half, 16).ok().filter(|_| plain).ok_or_else(wrong)
        };
        let (high, low) = text.split_once('/').ok_or_else(wrong)?;
        Ok(Self((half(high)? << 32) | half(low)?))
    }
}

impl Serialize for Lsn {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Lsn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// How far a table's changes have been handed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Read {
    /// Of transactions whose commit stands before this, everything.
    pub(super) upto: Lsn,
    /// Of the transaction that follows, a part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) inside: Option<Inside>,
    /// What the rows that were read first, all at one moment, contain already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) seen: Option<Seen>,
}

/// A part of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Inside {
    /// Where its commit stands.
    pub(super) commit: Lsn,
    /// Its lines that have been handed over.
    pub(super) lines: u64,
}

/// A snapshot as `pg_current_snapshot()` tells it: all transactions below `xmax` but those that were under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Seen {
    /// First number not given out yet.
    pub(super) xmax: u64,
    /// Numbers under way.
    pub(super) under_way: Vec<u64>,
    /// Commits beyond this place were made after the snapshot, whatever their numbers.
    pub(super) until: Lsn,
}

impl Seen {
    /// `xmin:xmax:xip_list`, and a place in the log that was reached when it was taken.
    pub(super) fn of(snapshot: &str, until: Lsn) -> Result<Self, String> {
        let wrong = || format!("{snapshot:.80} is no snapshot");
        let mut parts = snapshot.splitn(3, ':');
        let (_, xmax, list) =
            (parts.next(), parts.next().ok_or_else(wrong)?, parts.next().ok_or_else(wrong)?);
        let number = |text: &str| text.parse::<u64>().map_err(|_| wrong());
        let list = list.split(',').filter(|text| !text.is_empty());
        Ok(Self { xmax: number(xmax)?, under_way: list.map(number).collect::<Result<_, _>>()?, until })
    }

    /// Whether the snapshot contains a transaction that committed at this place. Its number lacks the epoch: it is the
    /// one nearest to the snapshot, as numbers are compared in PostgreSQL.
    pub(super) fn contains(&self, transaction: u32, commit: Lsn) -> bool {
        let distance = transaction.wrapping_sub(self.xmax as u32).cast_signed();
        let number = self.xmax.wrapping_add_signed(i64::from(distance));
        commit < self.until && number < self.xmax && !self.under_way.contains(&number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_written_so_that_they_sort_and_read_back() {
        let place: Lsn = "16/B374D848".parse().unwrap();
        assert_eq!(place.to_string(), "00000016/B374D848");
        assert_eq!(place.to_string().parse(), Ok(place));
        assert!(Lsn(9).to_string() < Lsn(0x1_0000_0000).to_string());
        for wrong in ["", "/", "1", "1/", "+1/1", "1/123456789", "x/1"] {
            assert!(wrong.parse::<Lsn>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_snapshot_contains_what_was_committed_before_it() {
        let seen = Seen::of("10:15:11,13", Lsn(100)).unwrap();
        let contained: Vec<u32> = (8..18).filter(|number| seen.contains(*number, Lsn(50))).collect();
        assert_eq!(contained, [8, 9, 10, 12, 14]);
        assert!(!seen.contains(9, Lsn(100)), "committed later, whatever its number");
        assert!(Seen::of("5:5:", Lsn(1)).unwrap().under_way.is_empty());
        for wrong in ["", "1:2", "a:b:", "1:2:x"] {
            assert!(Seen::of(wrong, Lsn(1)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn numbers_are_compared_across_the_end_of_an_epoch() {
        let epoch = 1u64 << 32;
        let seen = Seen { xmax: epoch + 5, under_way: vec![epoch - 1], until: Lsn(100) };
        assert!(seen.contains(4, Lsn(1)) && seen.contains(u32::MAX - 1, Lsn(1)));
        assert!(!seen.contains(u32::MAX, Lsn(1)), "under way");
        assert!(!seen.contains(5, Lsn(1)) && !seen.contains(7, Lsn(1)));
    }
}
