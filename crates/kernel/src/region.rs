//! Administrative region codes (行政区划代码), GB/T 2260.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Nationalities in names such as `延边朝鲜族自治州`, where the short name is what stands before; longer ones first where
/// one ends another.
pub const NATIONALITIES: [&str; 40] = [
    "朝鲜族",
    "土家族",
    "苗族",
    "藏族",
    "羌族",
    "彝族",
    "布依族",
    "侗族",
    "哈尼族",
    "壮族",
    "傣族",
    "白族",
    "景颇族",
    "傈僳族",
    "蒙古族",
    "回族",
    "哈萨克",
    "柯尔克孜",
    "蒙古",
    "满族",
    "畲族",
    "瑶族",
    "仡佬族",
    "水族",
    "黎族",
    "纳西族",
    "拉祜族",
    "佤族",
    "布朗族",
    "独龙族",
    "怒族",
    "普米族",
    "毛南族",
    "仫佬族",
    "各族",
    "达斡尔族",
    "东乡族",
    "保安族",
    "撒拉族",
    "土族",
];

/// How deep a region lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RegionLevel {
    /// 省、自治区、直辖市 (`330000`).
    Province,
    /// 地级市、州、盟 (`330100`).
    City,
    /// 县、区、县级市 (`330106`).
    County,
}

/// The text is not six digits with a province in front.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a region code has six digits and starts with 11..82, this is {0:?}")]
pub struct RegionError(String);

/// A six-digit region code. Says nothing about whether the region exists today.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RegionCode([u8; 6]);

impl RegionCode {
    /// Parse six digits; two- and four-digit forms are filled with zeros (`33` → `330000`).
    pub fn parse(text: &str) -> Result<Self, RegionError> {
        let text = text.trim();
        let bytes = text.as_bytes();
        let valid = matches!(bytes.len(), 2 | 4 | 6)
            && bytes.iter().all(u8::is_ascii_digit)
            && text.get(..2).is_some_and(|p| ("11"..="82").contains(&p));
        if !valid {
            return Err(RegionError(text.to_owned()));
        }
        let mut code = [b'0'; 6];
        for (slot, byte) in code.iter_mut().zip(bytes) {
            *slot = *byte;
        }
        Ok(Self(code))
    }

    /// The six digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Only ASCII digits are ever stored.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// How deep the region lies.
    #[must_use]
    pub fn level(&self) -> RegionLevel {
        match self.0 {
            [_, _, b'0', b'0', b'0', b'0'] => RegionLevel::Province,
            [_, _, _, _, b'0', b'0'] => RegionLevel::City,
            _ => RegionLevel::County,
        }
    }

    /// The province it lies in.
    #[must_use]
    pub fn province(&self) -> Self {
        let [a, b, ..] = self.0;
        Self([a, b, b'0', b'0', b'0', b'0'])
    }

    /// The city it lies in (itself for a city, the province's own code for a province).
    #[must_use]
    pub fn city(&self) -> Self {
        let [a, b, c, d, ..] = self.0;
        Self([a, b, c, d, b'0', b'0'])
    }

    /// The digits that every region inside shares: `33`, `3301` or `330106`.
    #[must_use]
    pub fn prefix(&self) -> &str {
        let length = match self.level() {
            RegionLevel::Province => 2,
            RegionLevel::City => 4,
            RegionLevel::County => 6,
        };
        self.as_str().get(..length).unwrap_or_default()
    }

    /// Whether `other` is this region or lies inside it.
    #[must_use]
    pub fn contains(&self, other: &Self) -> bool {
        other.as_str().starts_with(self.prefix())
    }
}

impl fmt::Display for RegionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl TryFrom<String> for RegionCode {
    type Error = RegionError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<RegionCode> for String {
    fn from(code: RegionCode) -> Self {
        code.as_str().to_owned()
    }
}

impl JsonSchema for RegionCode {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "RegionCode".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "format": "region-code",
            "pattern": "^[1-8][0-9](?:[0-9]{2}){0,2}$",
            "examples": ["330000", "330100"]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_forms_are_filled_and_levels_follow_the_zeros() {
        let province = RegionCode::parse("33").unwrap();
        let county = RegionCode::parse("330106").unwrap();
        assert_eq!(province.as_str(), "330000");
        assert_eq!(province.level(), RegionLevel::Province);
        assert_eq!(county.city().as_str(), "330100");
        assert_eq!(county.level(), RegionLevel::County);
        assert!(province.contains(&county) && county.city().contains(&county));
        assert!(!county.contains(&county.city()));
    }

    #[test]
    fn what_is_no_region_is_refused() {
        for bad in ["", "3", "3301061", "09", "99", "ab", "33010x"] {
            assert!(RegionCode::parse(bad).is_err(), "{bad}");
        }
    }
}
