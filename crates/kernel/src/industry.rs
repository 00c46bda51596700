//! Industry codes (国民经济行业分类), GB/T 4754-2017.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Depth of an industry code (门类／大类／中类／小类).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum IndustryLevel {
    /// 门类, one letter.
    Section,
    /// 大类, two digits.
    Division,
    /// 中类, three digits.
    Group,
    /// 小类, four digits.
    Class,
}

/// The text has not the form of a GB/T 4754 code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an industry code is a letter A..T or two to four digits, this is {0:?}")]
pub struct IndustryError(String);

/// A GB/T 4754 code by form. Says nothing about whether the class exists.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IndustryCode(String);

impl IndustryCode {
    /// Parse; a section letter in front of digits (`C3670`) is dropped.
    pub fn parse(text: &str) -> Result<Self, IndustryError> {
        let text = text.trim();
        let letter = text.chars().next().filter(|c| ('A'..='T').contains(c));
        let digits = letter.map_or(text, |c| text.get(c.len_utf8()..).unwrap_or_default());
        let valid_digits = (2..=4).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        match (letter, digits.is_empty()) {
            (Some(section), true) => Ok(Self(section.to_string())),
            _ if valid_digits => Ok(Self(digits.to_owned())),
            _ => Err(IndustryError(text.to_owned())),
        }
    }

    /// The code without a section letter in front.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Depth of the code.
    #[must_use]
    pub fn level(&self) -> IndustryLevel {
        match self.0.len() {
            1 => IndustryLevel::Section,
            2 => IndustryLevel::Division,
            3 => IndustryLevel::Group,
            _ => IndustryLevel::Class,
        }
    }

    /// The code one level up; `None` for sections and divisions (the section is not part of a division's code).
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        match self.level() {
            IndustryLevel::Section | IndustryLevel::Division => None,
            _ => self.0.get(..self.0.len() - 1).map(|p| Self(p.to_owned())),
        }
    }
}

impl fmt::Display for IndustryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for IndustryCode {
    type Error = IndustryError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<IndustryCode> for String {
    fn from(code: IndustryCode) -> Self {
        code.0
    }
}

impl JsonSchema for IndustryCode {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "IndustryCode".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^([A-T]|[0-9]{2,4})$" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_digits_and_both_together_parse() {
        assert_eq!(IndustryCode::parse("C").unwrap().level(), IndustryLevel::Section);
        assert_eq!(IndustryCode::parse(" C3670 ").unwrap().as_str(), "3670");
        assert_eq!(IndustryCode::parse("3670").unwrap().parent().unwrap().as_str(), "367");
        assert!(IndustryCode::parse("36").unwrap().parent().is_none());
        for bad in ["", "U", "3", "36701", "C3", "CC36", "三六"] {
            assert!(IndustryCode::parse(bad).is_err(), "{bad}");
        }
    }
}
