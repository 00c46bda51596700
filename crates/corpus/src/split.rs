//! Splits (数据划分) by the family of a document, so that what is alike is on one side.

use crate::options::Splits;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// One of three.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "CorpusSplit")]
pub enum Split {
    /// For training.
    Train,
    /// For choosing between models.
    Validation,
    /// For the last word.
    Test,
}

impl Split {
    /// All, in the order they are written.
    pub const ALL: [Self; 3] = [Self::Train, Self::Validation, Self::Test];

    /// Name in paths and cards.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Validation => "validation",
            Self::Test => "test",
        }
    }
}

/// The split of a family: a function of its name and the salt alone, so that a document keeps its side when others come.
#[must_use]
pub fn split_of(family: &str, options: &Splits) -> Split {
    let mut hash = Sha256::new();
    hash.update(options.salt.to_le_bytes());
    hash.update(family.as_bytes());
    let head = hash.finalize().iter().take(8).fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
    let place = head as f64 / 2.0_f64.powi(64);
    if place < options.validation {
        Split::Validation
    } else if place < options.validation + options.test {
        Split::Test
    } else {
        Split::Train
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_kept_and_a_family_keeps_its_side() {
        let options = Splits { validation: 0.1, test: 0.2, salt: 3 };
        let mut counts = [0; 3];
        for number in 0..20_000 {
            let name = number.to_string();
            let split = split_of(&name, &options);
            assert_eq!(split, split_of(&name, &options));
            counts[split as usize] += 1;
        }
        assert!((1_850..2_150).contains(&counts[1]) && (3_800..4_200).contains(&counts[2]), "{counts:?}");
        let none = Splits { validation: 0.0, test: 0.0, salt: 3 };
        assert!((0..100).all(|number: i32| split_of(&number.to_string(), &none) == Split::Train));
    }
}
