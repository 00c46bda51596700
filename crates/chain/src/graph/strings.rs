//! Many short strings in one allocation, found again by number or by content.

use rayon::prelude::*;
use rustc_hash::FxHasher;
use std::hash::Hasher;

/// Strings one thread looks through at a time.
const SCAN_CHUNK: usize = 65_536;

/// Strings by number, end to end in one buffer.
#[derive(Debug, Clone, Default)]
pub struct Strings {
    bytes: String,
    ends: Vec<u32>,
}

impl Strings {
    /// Append a string; its number is the count before. Beyond 4 GiB in total, strings are stored empty.
    pub(crate) fn push(&mut self, text: &str) {
        if u32::try_from(self.bytes.len() + text.len()).is_ok() {
            self.bytes.push_str(text);
        }
        self.ends.push(self.bytes.len() as u32);
    }

    /// The string with this number; empty when there is none.
    #[must_use]
    pub fn get(&self, number: u32) -> &str {
        let at = number as usize;
        let Some(&end) = self.ends.get(at) else { return "" };
        let start = if at == 0 { 0 } else { self.ends.get(at - 1).copied().unwrap_or(0) };
        self.bytes.get(start as usize..end as usize).unwrap_or("")
    }

    /// Numbers of the strings that contain `needle`, ascending, at most `limit`: one pass over the buffer, on all
    /// threads where it is long.
    #[must_use]
    pub fn containing(&self, needle: &str, limit: usize) -> Vec<u32> {
        if needle.is_empty() {
            return Vec::new();
        }
        let count = self.ends.len();
        let chunks: Vec<usize> = (0..count).step_by(SCAN_CHUNK).collect();
        let found: Vec<Vec<u32>> = chunks
            .par_iter()
            .map(|&first| self.containing_between(needle, first, (first + SCAN_CHUNK).min(count), limit))
            .collect();
        let mut found = found.concat();
        found.truncate(limit);
        found
    }

    fn containing_between(&self, needle: &str, first: usize, last: usize, limit: usize) -> Vec<u32> {
        let mut found: Vec<u32> = Vec::new();
        let finder = memchr::memmem::Finder::new(needle);
        let start_of = |number: usize| match number.checked_sub(1) {
            Some(before) => self.ends.get(before).map_or(0, |&end| end as usize),
            None => 0,
        };
        let (mut from, to) = (start_of(first), start_of(last));
        while found.len() < limit {
            let Some(rest) = self.bytes.as_bytes().get(from..to) else { break };
            let Some(start) = finder.find(rest).map(|at| from + at) else { break };
            let number = self.ends.partition_point(|&end| end as usize <= start);
            let Some(&end) = self.ends.get(number) else { break };
            if start + needle.len() <= end as usize {
                found.push(number as u32);
                from = end as usize;
            } else {
                // The match runs over the border between two strings.
                from = start + 1;
            }
        }
        found
    }

    /// How many strings there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Bytes held.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.bytes.capacity() + self.ends.capacity() * size_of::<u32>()
    }

    pub(super) fn shrink(&mut self) {
        self.bytes.shrink_to_fit();
        self.ends.shrink_to_fit();
    }
}

/// Distinct strings with a number each: an open-addressing table of numbers beside [`Strings`], because a map with
/// owned keys would hold every string twice.
#[derive(Debug, Clone, Default)]
pub struct Names {
    strings: Strings,
    /// Length is a power of two; never full.
    slots: Vec<Slot>,
}

/// A free slot has number 0. Keeping 32 bits of the hash spares looking at the string of every collision, and
/// hashing again when the table grows.
#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    hash: u32,
    number_plus_one: u32,
}

fn hash(text: &str) -> u32 {
    let mut hasher = FxHasher::default();
    hasher.write(text.as_bytes());
    (hasher.finish() >> 20) as u32
}

impl Names {
    /// The number of a string, giving it the next one when it is new.
    pub(super) fn intern(&mut self, text: &str) -> u32 {
        if (self.strings.len() + 1) * 4 > self.slots.len() * 3 {
            self.grow();
        }
        let hash = hash(text);
        let at = self.place(hash, text);
        let Some(slot) = self.slots.get_mut(at) else { return 0 };
        if let Some(number) = slot.number_plus_one.checked_sub(1) {
            return number;
        }
        let number = self.strings.len() as u32;
        *slot = Slot { hash, number_plus_one: number + 1 };
        self.strings.push(text);
        number
    }

    /// The number of a string.
    #[must_use]
    pub fn find(&self, text: &str) -> Option<u32> {
        self.slots.get(self.place(hash(text), text))?.number_plus_one.checked_sub(1)
    }

    /// The string with this number.
    #[must_use]
    pub fn get(&self, number: u32) -> &str {
        self.strings.get(number)
    }

    /// How many distinct strings there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.strings.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.strings.is_empty()
    }

    /// Bytes held.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.strings.memory_bytes() + self.slots.capacity() * size_of::<Slot>()
    }

    pub(super) fn shrink(&mut self) {
        self.strings.shrink();
    }

    /// The slot holding `text`, or the free one where it belongs; out of range while the table is empty.
    fn place(&self, hash: u32, text: &str) -> usize {
        let mask = self.slots.len().wrapping_sub(1);
        let mut at = hash as usize & mask;
        while let Some(slot) = self.slots.get(at) {
            match slot.number_plus_one.checked_sub(1) {
                Some(number) if slot.hash != hash || self.strings.get(number) != text => at = (at + 1) & mask,
                _ => break,
            }
        }
        at
    }

    fn grow(&mut self) {
        let length = (self.slots.len() * 2).max(16);
        let old = std::mem::replace(&mut self.slots, vec![Slot::default(); length]);
        for slot in old.into_iter().filter(|slot| slot.number_plus_one != 0) {
            let mut at = slot.hash as usize & (length - 1);
            while self.slots.get(at).is_some_and(|held| held.number_plus_one != 0) {
                at = (at + 1) & (length - 1);
            }
            if let Some(free) = self.slots.get_mut(at) {
                *free = slot;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Names;

    #[test]
    fn equal_strings_share_a_number_and_every_string_is_found_again() {
        let mut names = Names::default();
        for n in 0..5_000 {
            assert_eq!(names.intern(&format!("产品{n}")), n);
        }
        for n in 0..5_000 {
            assert_eq!(names.intern(&format!("产品{n}")), n);
            assert_eq!(names.find(&format!("产品{n}")), Some(n));
            assert_eq!(names.get(n), format!("产品{n}"));
        }
        assert_eq!(names.find("没有"), None);
        assert_eq!(names.get(5_000), "");
    }
}
