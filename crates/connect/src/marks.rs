//! What is remembered of many things: twelve bytes of a digest each, in a set that is one short text when stored.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

/// Bytes of a mark. Two of 200,000 things share one with a probability below 10⁻¹⁷; twelve bytes are sixteen letters of
/// Base64 without padding.
const MARK_BYTES: usize = 12;

/// What a thing is known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Mark([u8; MARK_BYTES]);

impl Mark {
    /// The mark of a thing that these parts describe.
    pub(crate) fn of(parts: &[&str]) -> Self {
        let mut digest = Sha256::new();
        for part in parts {
            // Lengths keep ("ab", "c") and ("a", "bc") apart.
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part.as_bytes());
        }
        let mut mark = [0; MARK_BYTES];
        mark.iter_mut().zip(digest.finalize()).for_each(|(to, from)| *to = from);
        Self(mark)
    }

    /// As a text of sixteen letters.
    pub(crate) fn text(self) -> String {
        STANDARD.encode(self.0)
    }
}

/// A set of marks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Marks(BTreeSet<Mark>);

impl Marks {
    /// Whether it is among them.
    pub(crate) fn contains(&self, mark: Mark) -> bool {
        self.0.contains(&mark)
    }

    /// Remember it; whether it is new.
    pub(crate) fn insert(&mut self, mark: Mark) -> bool {
        self.0.insert(mark)
    }

    /// The marks that are in both.
    pub(crate) fn within(&self, others: &Self) -> Self {
        Self(self.0.intersection(&others.0).copied().collect())
    }
}

impl FromIterator<Mark> for Marks {
    fn from_iter<T: IntoIterator<Item = Mark>>(marks: T) -> Self {
        Self(marks.into_iter().collect())
    }
}

impl Serialize for Marks {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let bytes: Vec<u8> = self.0.iter().flat_map(|mark| mark.0).collect();
        serializer.serialize_str(&STANDARD.encode(bytes))
    }
}

impl<'de> Deserialize<'de> for Marks {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = STANDARD.decode(text).map_err(D::Error::custom)?;
        let (marks, rest) = bytes.as_chunks::<MARK_BYTES>();
        if rest.is_empty() {
            return Ok(Self(marks.iter().copied().map(Mark).collect()));
        }
        Err(D::Error::custom("a set of marks that is cut short"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_set_is_stored_in_sixteen_letters_each() {
        let marks: Marks = (0..1_000).map(|n| Mark::of(&["key", &n.to_string()])).collect();
        let stored = serde_json::to_string(&marks).unwrap();
        assert_eq!(stored.len(), 16 * 1_000 + 2);
        assert_eq!(serde_json::from_str::<Marks>(&stored).unwrap(), marks);
    }

    #[test]
    fn what_is_no_set_is_refused() {
        for wrong in ["\"AAAA\"", "\"?\"", "7", "\"AAAAAAAAAAAAAAAAAAAA\""] {
            assert!(serde_json::from_str::<Marks>(wrong).is_err(), "{wrong}");
        }
        assert_eq!(serde_json::from_str::<Marks>("\"\"").unwrap(), Marks::default());
    }

    proptest! {
        #[test]
        fn parts_are_not_confused(one in "[ab]{0,4}", other in "[ab]{0,4}", a in "[ab]{0,4}", b in "[ab]{0,4}") {
            prop_assert_eq!(Mark::of(&[&one, &other]) == Mark::of(&[&a, &b]), (one, other) == (a, b));
        }
    }
}
