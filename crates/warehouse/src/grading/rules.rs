//! Rules from recognised identifiers to labels, as data that an operator corrects.

use crate::{Error, Result};
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::grade::Grade;
use brain_privacy::recognise::Kind;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// The rules every node starts with.
const BUILT_IN: &str = include_str!("rules.toml");
/// A node's own corrections, in its data folder.
const OWN_FILE: &str = "grading.toml";

/// What one kind of identifier says about a column.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KindRule {
    /// Least grade.
    pub(crate) grade: Grade,
    /// Personal information (个人信息).
    pub(crate) personal: bool,
    /// Sensitive personal information (敏感个人信息).
    pub(crate) sensitive: bool,
    /// Where it is written.
    pub(crate) clause: String,
}

/// Every rule.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rules {
    pub(crate) industry_class: String,
    pub(crate) business_class: String,
    pub(crate) personal_business_class: String,
    pub(crate) important_persons: u64,
    pub(crate) alarm_persons: u64,
    pub(crate) filing_change_share: f64,
    pub(crate) filing_months: u32,
    pub(crate) kind: BTreeMap<Kind, KindRule>,
}

impl Rules {
    /// The built-in rules with the corrections of the data folder `root`.
    pub(crate) fn load(root: &Path) -> Result<Self> {
        let own = match std::fs::read_to_string(root.join(OWN_FILE)) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error.into()),
        };
        Self::parse(&own)
    }

    /// The built-in rules with `own` corrections over them.
    pub(crate) fn parse(own: &str) -> Result<Self> {
        let wrong = |error: toml::de::Error| {
            let message = error.message().to_owned();
            Error::Failure(
                Failure::new(
                    ErrorKind::InvalidArgument,
                    "warehouse/grading-rules",
                    format!("分类分级规则 {OWN_FILE} 有误：{message}"),
                    format!("The grading rules {OWN_FILE} are wrong: {message}"),
                )
                .with_hint(
                    "键与内置规则相同，见 docs/operate.md。",
                    "The keys are those of the built-in rules, see docs/operate.md.",
                ),
            )
        };
        let mut rules: toml::Table = BUILT_IN.parse().map_err(wrong)?;
        let mut own: toml::Table = own.parse().map_err(wrong)?;
        if let Some(toml::Value::Table(kinds)) = own.remove("kind")
            && let Some(known) = rules.get_mut("kind").and_then(toml::Value::as_table_mut)
        {
            known.extend(kinds);
        }
        rules.extend(own);
        rules.try_into().map_err(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_rule_and_own_ones_replace_only_what_they_name() {
        let rules = Rules::parse("").unwrap();
        assert!(Kind::ALL.iter().all(|kind| rules.kind.contains_key(kind)));
        let own = "alarm_persons = 5\n[kind.address]\ngrade = \"general3\"\npersonal = true\nsensitive = false\nclause = \"本地规定\"\n";
        let changed = Rules::parse(own).unwrap();
        assert_eq!((changed.alarm_persons, changed.important_persons), (5, rules.important_persons));
        assert_eq!(changed.kind[&Kind::Address].grade, Grade::General3);
        assert_eq!(changed.kind[&Kind::ResidentId], rules.kind[&Kind::ResidentId]);
        assert!(Rules::parse("unknown = 1").is_err());
        assert!(Rules::parse("[kind.address]\ngrade = \"secret\"").is_err());
    }
}
