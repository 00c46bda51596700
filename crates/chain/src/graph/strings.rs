//! Many short strings in one allocation, found again by number or by content.

use rustc_hash::FxHasher;
use std::hash::Hasher;

/// Strings by number, end to end in one buffer.
#[derive(Debug, Clone, Default)]
pub struct Strings {
    bytes: String,
    ends: Vec<u32>,
}

impl Strings {
    /// Append a string; its number is the count before. Beyond 4 GiB in total, strings are stored empty.
    pub(crate) fn push(&mut self, text: &str) {
        if self.bytes.len() + text.len() <= u32::MAX as usize {
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

    /// Numbers of the strings that contain `needle`, ascending, at most `limit`: one pass over the buffer.
    #[must_use]
    pub fn containing(&self, needle: &str, limit: usize) -> Vec<u32> {
        let mut found: Vec<u32> = Vec::new();
        if needle.is_empty() {
            return found;
        }
        let finder = memchr::memmem::Finder::new(needle);
        let mut from = 0;
        while found.len() < limit {
            let Some(rest) = self.bytes.as_bytes().get(from..) else { break };
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
    /// Number + 1, 0 = free; length is a power of two.
    slots: Vec<u32>,
}

impl Names {
    /// The number of a string, giving it the next one when it is new.
    pub(super) fn intern(&mut self, text: &str) -> u32 {
        if (self.strings.len() + 1) * 4 > self.slots.len() * 3 {
            self.grow();
        }
        let slot = self.slot(text);
        if let Some(number) = self.slots[slot].checked_sub(1) {
            return number;
        }
        let number = self.strings.len() as u32;
        self.strings.push(text);
        self.slots[slot] = number + 1;
        number
    }

    /// The number of a string.
    #[must_use]
    pub fn find(&self, text: &str) -> Option<u32> {
        if self.slots.is_empty() {
            return None;
        }
        self.slots[self.slot(text)].checked_sub(1)
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
        self.strings.memory_bytes() + self.slots.capacity() * size_of::<u32>()
    }

    pub(super) fn shrink(&mut self) {
        self.strings.shrink();
    }

    /// The slot holding `text`, or the free one where it belongs. The table is never full.
    fn slot(&self, text: &str) -> usize {
        let mask = self.slots.len() - 1;
        let mut hasher = FxHasher::default();
        hasher.write(text.as_bytes());
        // FxHash's good bits are the high ones.
        let mut slot = (hasher.finish() >> 20) as usize & mask;
        loop {
            match self.slots[slot].checked_sub(1) {
                Some(number) if self.strings.get(number) != text => slot = (slot + 1) & mask,
                _ => return slot,
            }
        }
    }

    fn grow(&mut self) {
        self.slots = vec![0; (self.slots.len() * 2).max(16)];
        for number in 0..self.strings.len() as u32 {
            let slot = self.slot(self.strings.get(number));
            self.slots[slot] = number + 1;
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
