//! Levels of agreement and what a comparison says about a pair.

use brain_kernel::language::Text;

/// The number that says a pair was not compared: a value is missing, or another comparison says it already.
pub(crate) const NOT_COMPARED: u8 = 15;

/// A level: what it means, and how often true and false pairs are thought to reach it before EM has looked.
#[derive(Debug, Clone)]
pub(crate) struct Level {
    pub(crate) name: Text,
    /// Share of true pairs.
    pub(crate) m: f64,
    /// Share of chance pairs.
    pub(crate) u: f64,
    /// Share of pairs of relatives, where they share the field.
    pub(crate) kin: f64,
    /// Whether the rarity of the shared value decides how much it means; then `u` is not estimated.
    pub(crate) by_rarity: bool,
}

/// A level without rarity.
pub(crate) fn level(zh: &str, en: &str, m: f64, u: f64) -> Level {
    // Relatives share half of what one thing shares with itself, for want of better; EM moves it.
    Level { name: Text::new(zh, en), m, u, kin: 0.5 * (m + u), by_rarity: false }
}

/// A level whose weight goes by the rarity of the value both share.
pub(crate) fn rare(zh: &str, en: &str, m: f64, u: f64) -> Level {
    Level { by_rarity: true, ..level(zh, en, m, u) }
}

/// What a comparison says about a pair.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Outcome {
    /// Its level, or [`NOT_COMPARED`].
    pub(crate) level: u8,
    /// Bits of the rarity of the shared value, −log₂ of its frequency; 0 at a level without rarity.
    pub(crate) rarity: f32,
}

impl Outcome {
    pub(crate) const NONE: Self = Self { level: NOT_COMPARED, rarity: 0.0 };

    pub(crate) fn at(level: usize) -> Self {
        Self { level: level as u8, rarity: 0.0 }
    }

    pub(crate) fn sharing(level: usize, rarity: f32) -> Self {
        Self { level: level as u8, rarity }
    }
}
