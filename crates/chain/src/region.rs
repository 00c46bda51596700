//! Regions by code, as numbers: what a graph of a million firms compares.

use serde::{Deserialize, Serialize};

/// A region by its six-digit code: 330000 a province, 330100 a city, 330106 a county; 0 the whole country.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Region(pub u32);

impl Region {
    /// The whole country.
    pub const NATION: Self = Self(0);

    /// Whether a place lies in the region. A firm of unknown region (0) lies only in the country.
    #[must_use]
    pub fn contains(self, place: u32) -> bool {
        match self.0 {
            0 => true,
            province if province % 10_000 == 0 => place / 10_000 == province / 10_000,
            city if city % 100 == 0 => place / 100 == city / 100,
            county => place == county,
        }
    }

    /// From text of six digits, or empty for the country; `None` for anything else.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        match code.trim() {
            "" | "000000" | "100000" => Some(Self::NATION),
            code if code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit()) => {
                code.parse().ok().map(Self)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Region;

    #[test]
    fn a_region_contains_its_parts_and_the_country_contains_all() {
        let region = |code: &str| Region::parse(code).unwrap();
        assert!(region("330000").contains(330_106) && !region("330000").contains(320_100));
        assert!(region("330100").contains(330_106) && !region("330100").contains(330_206));
        assert!(region("330106").contains(330_106) && !region("330106").contains(330_100));
        assert!(region("").contains(0) && !region("330000").contains(0));
        assert_eq!(Region::parse("33"), None);
        assert_eq!(Region::parse("+33010"), None);
    }
}
