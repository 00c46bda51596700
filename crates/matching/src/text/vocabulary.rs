//! Texts by number, so that comparing for equality is comparing numbers and each text's characters lie once.
#![expect(clippy::indexing_slicing, reason = "numbers come from this table")]

use super::similarity;
use rustc_hash::FxHashMap;

/// The number of the empty text, which means missing.
pub(crate) const MISSING: u32 = 0;

/// An interner. Numbers go up from 1 in the order of first sight.
#[derive(Debug)]
pub(crate) struct Vocabulary {
    chars: Vec<char>,
    ends: Vec<usize>,
    signatures: Vec<u64>,
    index: FxHashMap<u64, u32>,
}

impl Vocabulary {
    pub(crate) fn new() -> Self {
        Self { chars: Vec::new(), ends: vec![0], signatures: vec![0], index: FxHashMap::default() }
    }

    /// The number of a text, new or known.
    pub(crate) fn intern(&mut self, text: &str) -> u32 {
        if text.is_empty() {
            return MISSING;
        }
        let mut hash = hash_text(text);
        loop {
            match self.index.get(&hash) {
                // A collision of 64 bits is rare and still told apart: the text is compared, the next place tried.
                Some(known) if self.chars(*known).iter().copied().eq(text.chars()) => return *known,
                Some(_) => hash = mix(hash, 0x5EED),
                None => break,
            }
        }
        let number = self.ends.len() as u32;
        let start = self.chars.len();
        self.chars.extend(text.chars());
        self.ends.push(self.chars.len());
        self.signatures.push(similarity::signature(&self.chars[start..]));
        self.index.insert(hash, number);
        number
    }

    pub(crate) fn chars(&self, number: u32) -> &[char] {
        let place = number as usize;
        if place == 0 { &[] } else { &self.chars[self.ends[place - 1]..self.ends[place]] }
    }

    /// Length and signature, for bounds.
    pub(crate) fn shape(&self, number: u32) -> (usize, u64) {
        (self.chars(number).len(), self.signatures[number as usize])
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.ends.len()
    }

    /// Give the memory of the index back once nothing will be interned any more.
    pub(crate) fn freeze(&mut self) {
        self.index = FxHashMap::default();
    }
}

/// Mix two words into one whose bits all depend on both (the multiply-fold of wyhash).
pub(crate) fn mix(a: u64, b: u64) -> u64 {
    let product = u128::from(a ^ 0xA076_1D64_78BD_642F) * u128::from(b ^ 0xE703_7ED1_A0B4_28DB);
    (product as u64) ^ ((product >> 64) as u64)
}

/// A hash of a text that is the same on every machine and run.
pub(crate) fn hash_text(text: &str) -> u64 {
    let mut hash = mix(text.len() as u64, 0x9E37_79B9_7F4A_7C15);
    for chunk in text.as_bytes().chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        hash = mix(hash, u64::from_le_bytes(word));
    }
    hash
}

/// The same for characters.
pub(crate) fn hash_chars(chars: &[char]) -> u64 {
    chars.iter().fold(0x9E37_79B9_7F4A_7C15, |hash, c| mix(hash, u64::from(*c)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_one_number_and_comes_back() {
        let mut words = Vocabulary::new();
        let (a, b) = (words.intern("恒达"), words.intern("hengda"));
        assert_eq!((words.intern("恒达"), words.intern(""), words.len()), (a, MISSING, 3));
        assert_ne!(a, b);
        assert_eq!(words.chars(a), ['恒', '达']);
        assert_eq!(words.chars(MISSING), []);
        assert_eq!(words.shape(b).0, 6);
    }
}
