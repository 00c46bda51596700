//! Keys of many rows, exactly and in bounded memory: for uniqueness and references.
//!
//! A key is 88 bits of an XXH3 hash of its values, with the 40-bit number of its row below it. For n rows the chance
//! that any two different keys look the same is below n²/2⁸⁹: 2·10⁻¹⁵ for a million rows, 2·10⁻⁹ for a billion. The
//! hash has no secret, so whoever can choose values at will could make two look the same; what he gains is a rule that
//! fails. Beyond the budget, keys are sorted and written to a file without a name in the caller's temporary folder.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read as _, Seek as _, Write as _};
use std::path::PathBuf;

use crate::error::{QualityError, Result};
use crate::profile::ValueKind;

/// Seed of the hash; equal in every process, so that keys of two tables can be compared.
const SEED: u64 = 0x6272_6169_6e51_4c54;
/// Bits of the row number.
const ROW_BITS: u32 = 40;
/// Largest row number.
pub(crate) const ROW_MAX: u64 = (1 << ROW_BITS) - 1;
/// Read at once from a file of sorted keys.
const READ_BYTES: usize = 64 << 10;

/// Hash of one value.
pub(crate) fn hash(bytes: &[u8]) -> u128 {
    xxhash_rust::xxh3::xxh3_128_with_seed(bytes, SEED)
}

/// Hash of several values in order.
pub(crate) fn hash_of_hashes(parts: impl Iterator<Item = u128>) -> u128 {
    let mut bytes = [0u8; 16 * 16];
    let mut filled = 0;
    for (room, part) in bytes.chunks_exact_mut(16).zip(parts) {
        room.copy_from_slice(&part.to_le_bytes());
        filled += 16;
    }
    hash(bytes.get(..filled).unwrap_or(&bytes))
}

/// Where keys go that do not fit into memory.
#[derive(Debug, Clone)]
pub(crate) struct Room {
    /// Most keys in memory.
    pub(crate) keys_max: usize,
    /// Folder for the rest.
    pub(crate) folder: PathBuf,
}

/// Keys with the numbers of their rows.
#[derive(Debug)]
pub struct Keys {
    /// Kinds of the parts; keys of different kinds are never the same.
    pub(crate) kinds: Vec<ValueKind>,
    held: Vec<u128>,
    runs: Vec<File>,
    room: Room,
}

impl Keys {
    pub(crate) fn in_room(kinds: Vec<ValueKind>, room: Room) -> Self {
        Self { kinds, held: Vec::new(), runs: Vec::new(), room }
    }

    /// Take a key.
    pub(crate) fn push(&mut self, hash: u128, row: u64) -> Result<()> {
        if self.held.len() >= self.room.keys_max {
            self.spill()?;
        }
        self.held.push((hash << ROW_BITS) | u128::from(row & ROW_MAX));
        Ok(())
    }

    /// Take the keys of another part of the same table.
    pub(crate) fn merge(&mut self, other: Self) -> Result<()> {
        self.runs.extend(other.runs);
        if self.held.is_empty() {
            self.held = other.held;
            return Ok(());
        }
        if self.held.len() + other.held.len() > self.room.keys_max {
            self.spill()?;
            self.held = other.held;
        } else {
            self.held.extend(other.held);
        }
        Ok(())
    }

    fn spill(&mut self) -> Result<()> {
        self.held.sort_unstable();
        let mut writer = BufWriter::with_capacity(1 << 20, tempfile::tempfile_in(&self.room.folder)?);
        for key in self.held.drain(..) {
            writer.write_all(&key.to_le_bytes())?;
        }
        let mut file = writer.into_inner().map_err(std::io::IntoInnerError::into_error)?;
        file.rewind()?;
        self.runs.push(file);
        Ok(())
    }

    /// All keys in order: pairs of hash and row.
    pub(crate) fn sorted(mut self) -> Result<Sorted> {
        self.held.sort_unstable();
        let mut sources: Vec<Source> = vec![Source::Held(self.held.into_iter())];
        sources.extend(
            self.runs.into_iter().map(|file| Source::Run(BufReader::with_capacity(READ_BYTES, file))),
        );
        let mut next = BinaryHeap::new();
        for (place, source) in sources.iter_mut().enumerate() {
            if let Some(key) = source.next()? {
                next.push(Reverse((key, place)));
            }
        }
        Ok(Sorted { sources, next })
    }
}

enum Source {
    Held(std::vec::IntoIter<u128>),
    Run(BufReader<File>),
}

impl Source {
    fn next(&mut self) -> Result<Option<u128>> {
        match self {
            Self::Held(keys) => Ok(keys.next()),
            Self::Run(file) => {
                let mut bytes = [0; 16];
                match file.read_exact(&mut bytes) {
                    Ok(()) => Ok(Some(u128::from_le_bytes(bytes))),
                    Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(None),
                    Err(error) => Err(QualityError::Spill(error)),
                }
            }
        }
    }
}

/// Keys in order of their hash, then of their row.
pub(crate) struct Sorted {
    sources: Vec<Source>,
    next: BinaryHeap<Reverse<(u128, usize)>>,
}

impl Sorted {
    /// Hash and row of the next key.
    pub(crate) fn next(&mut self) -> Result<Option<(u128, u64)>> {
        let key = match self.sources.as_mut_slice() {
            // Nothing was written aside: no need to choose.
            [Source::Held(rest)] => match self.next.pop() {
                Some(Reverse((key, _))) => Some(key),
                None => rest.next(),
            },
            sources => match self.next.pop() {
                None => None,
                Some(Reverse((key, place))) => {
                    if let Some(source) = sources.get_mut(place)
                        && let Some(following) = source.next()?
                    {
                        self.next.push(Reverse((following, place)));
                    }
                    Some(key)
                }
            },
        };
        Ok(key.map(|key| (key >> ROW_BITS, (key & u128::from(ROW_MAX)) as u64)))
    }
}

/// Rows that violate, of which the first few are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Violations {
    /// How many.
    pub(crate) count: u64,
    /// The smallest row numbers, ascending.
    pub(crate) rows: Vec<u64>,
}

impl Violations {
    /// Take one; at most `keep` are remembered.
    pub(crate) fn push(&mut self, row: u64, keep: usize) {
        self.count += 1;
        self.remember(row, keep);
    }

    /// Remember a row that was counted elsewhere.
    pub(crate) fn remember(&mut self, row: u64, keep: usize) {
        if self.rows.len() < keep || self.rows.last().is_some_and(|last| row < *last) {
            let place = self.rows.partition_point(|other| *other < row);
            self.rows.insert(place, row);
            self.rows.truncate(keep);
        }
    }

    /// Add those of another part.
    pub(crate) fn merge(&mut self, other: &Self, keep: usize) {
        self.count += other.count;
        for row in &other.rows {
            self.remember(*row, keep);
        }
    }
}

/// Rows that share their key with another, and how many different keys there are.
pub(crate) fn repeated(keys: Keys, keep: usize) -> Result<(Violations, u64)> {
    let (mut found, mut different) = (Violations::default(), 0);
    let mut sorted = keys.sorted()?;
    let mut group: Option<(u128, u64, bool)> = None;
    while let Some((hash, row)) = sorted.next()? {
        match &mut group {
            Some((same, first, told)) if *same == hash => {
                if !std::mem::replace(told, true) {
                    found.push(*first, keep);
                }
                found.push(row, keep);
            }
            _ => {
                different += 1;
                group = Some((hash, row, false));
            }
        }
    }
    Ok((found, different))
}

/// Rows whose key is not among `known`.
pub(crate) fn missing_in(keys: Keys, known: Keys, keep: usize) -> Result<Violations> {
    let mut found = Violations::default();
    let (mut keys, mut known) = (keys.sorted()?, known.sorted()?);
    let mut at = known.next()?;
    while let Some((hash, row)) = keys.next()? {
        while at.is_some_and(|(other, _)| other < hash) {
            at = known.next()?;
        }
        if at.is_none_or(|(other, _)| other != hash) {
            found.push(row, keep);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn keys(values: &[u16], first: u64, keys_max: usize) -> Keys {
        let mut keys = Keys::in_room(Vec::new(), Room { keys_max, folder: std::env::temp_dir() });
        for (place, value) in values.iter().enumerate() {
            keys.push(hash(&value.to_le_bytes()), first + place as u64).unwrap();
        }
        keys
    }

    proptest! {
        #[test]
        fn repeated_and_missing_keys_are_found_whether_or_not_they_were_written_aside(
            left in proptest::collection::vec(0u16..300, 0..400),
            right in proptest::collection::vec(0u16..300, 0..400),
            keys_max in 1usize..500,
        ) {
            let mut counts = BTreeMap::new();
            left.iter().chain(&right).for_each(|value| *counts.entry(*value).or_insert(0u64) += 1);
            let all: Vec<u16> = left.iter().chain(&right).copied().collect();
            let expected: Vec<u64> =
                (0..).zip(&all).filter(|(_, value)| counts[value] > 1).map(|(row, _)| row).collect();
            let mut joined = keys(&right, left.len() as u64, keys_max);
            joined.merge(keys(&left, 0, keys_max)).unwrap();
            let (found, different) = repeated(joined, 5).unwrap();
            prop_assert_eq!(found.count, expected.len() as u64);
            prop_assert_eq!(&found.rows, &expected[..expected.len().min(5)]);
            prop_assert_eq!(different, counts.len() as u64);

            let expected: Vec<u64> =
                (0..).zip(&left).filter(|(_, value)| !right.contains(value)).map(|(row, _)| row).collect();
            let found = missing_in(keys(&left, 0, keys_max), keys(&right, 0, keys_max), 5).unwrap();
            prop_assert_eq!(found.count, expected.len() as u64);
            prop_assert_eq!(&found.rows, &expected[..expected.len().min(5)]);
        }
    }

    #[test]
    fn keys_of_several_values_differ_where_their_order_does() {
        let (a, b) = (hash(b"a"), hash(b"b"));
        assert_ne!(hash_of_hashes([a, b].into_iter()), hash_of_hashes([b, a].into_iter()));
        assert_ne!(hash_of_hashes([a].into_iter()), hash_of_hashes([a, a].into_iter()));
    }
}
