//! A rule of retention, and the file they stand in.

use super::refuse;
use crate::Result;
use crate::catalogue::entry::Entry;
use brain_kernel::error::ErrorKind;
use brain_kernel::grade::Grade;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Largest file of rules, bytes.
const FILE_BYTES_MAX: u64 = 1 << 20;
/// Rules at most.
const RULES_MAX: usize = 1_000;
/// Longest time data is kept by a rule, days.
const DAYS_MAX: u32 = 36_525;

/// What goes when the time is up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "RetentionWhat")]
pub enum What {
    /// 历史版本: versions, counted from when a newer one took their place.
    PastVersions,
    /// 全部内容: everything, counted from the last commit.
    Everything,
}

/// How long data is kept, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RetentionRule")]
pub struct Rule {
    /// Name of the rule.
    pub name: String,
    /// `zone.table`, `zone.*` or `*`.
    pub datasets: String,
    /// Only datasets of these grades; all when left out.
    #[serde(default)]
    pub grades: Vec<Grade>,
    /// What goes.
    pub what: What,
    /// Days it is kept.
    pub keep_days: u32,
    /// Law, contract or policy behind it.
    pub basis: String,
}

impl Rule {
    /// Whether the rule is about this dataset.
    pub(super) fn covers(&self, entry: &Entry) -> bool {
        let named = match self.datasets.strip_suffix(".*") {
            Some(zone) => entry.zone == zone,
            None => self.datasets == "*" || self.datasets == entry.name,
        };
        named && (self.grades.is_empty() || self.grades.contains(&entry.grade))
    }

    fn check(&self) -> std::result::Result<(), String> {
        let fits = |text: &str, most: usize| !text.trim().is_empty() && text.chars().count() <= most;
        if !fits(&self.name, 64) {
            return Err("name".to_owned());
        }
        let word = |c: char| c.is_ascii_alphanumeric() || "._*".contains(c);
        let stars = self.datasets.matches('*').count();
        let shaped = self.datasets == "*"
            || (self.datasets.contains('.') && (stars == 0 || self.datasets.ends_with(".*")));
        if !fits(&self.datasets, 128) || !self.datasets.chars().all(word) || stars > 1 || !shaped {
            return Err(format!("{}: datasets = {:?}", self.name, self.datasets));
        }
        if !(1..=DAYS_MAX).contains(&self.keep_days) {
            return Err(format!("{}: keep_days = {} (1 … {DAYS_MAX})", self.name, self.keep_days));
        }
        if !fits(&self.basis, 500) {
            return Err(format!("{}: basis", self.name));
        }
        Ok(())
    }
}

/// The rule that counts for a dataset: the first that covers it, so that exceptions stand above the general.
pub(super) fn of<'a>(rules: &'a [Rule], entry: &Entry, what: What) -> Option<&'a Rule> {
    rules.iter().find(|rule| rule.what == what && rule.covers(entry))
}

/// Read the file; none is no rules.
pub(super) fn read(path: &Path) -> Result<Vec<Rule>> {
    let text = match std::fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
        Ok(file) if file.len() > FILE_BYTES_MAX => return Err(wrong("1 MiB")),
        Ok(_) => std::fs::read_to_string(path)?,
    };
    parse(&text)
}

fn parse(text: &str) -> Result<Vec<Rule>> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        #[serde(default)]
        rule: Vec<Rule>,
    }
    let file: File = toml::from_str(text).map_err(|error| wrong(error.to_string().trim()))?;
    if file.rule.len() > RULES_MAX {
        return Err(wrong(&format!("{RULES_MAX} rules at most")));
    }
    let mut names: Vec<&str> = Vec::new();
    for rule in &file.rule {
        rule.check().map_err(|reason| wrong(&reason))?;
        if names.contains(&rule.name.as_str()) {
            return Err(wrong(&format!("name {:?} twice", rule.name)));
        }
        names.push(&rule.name);
    }
    Ok(file.rule)
}

fn wrong(reason: &str) -> crate::Error {
    refuse(
        ErrorKind::InvalidArgument,
        "warehouse/retention-rules",
        format!("retention.toml 无效：{reason}。格式见 docs/security/lifecycle.md。"),
        format!("retention.toml is not valid: {reason}. Its shape is in docs/security/lifecycle.md."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(change: &str) -> Result<Vec<Rule>> {
        let good = "[[rule]]\nname = \"a\"\ndatasets = \"raw.*\"\nwhat = \"past_versions\"\nkeep_days = 30\nbasis = \"x\"\n";
        let (from, to) = change.split_once('>').unwrap_or(("", ""));
        parse(&good.replace(from, to))
    }

    #[test]
    fn a_rule_says_what_how_long_and_why_or_is_refused_by_its_name() {
        assert_eq!(rule("").unwrap()[0].keep_days, 30);
        for bad in [
            "keep_days = 30>keep_days = 0",
            "basis = \"x\">basis = \" \"",
            "raw.*>raw",
            "raw.*>*.raw",
            "raw.*>../x",
            "past_versions>nothing",
            "basis>base",
        ] {
            let failure = Failure::from(rule(bad).unwrap_err());
            assert_eq!(failure.code, "warehouse/retention-rules", "{bad}");
        }
        assert_eq!(parse("").unwrap(), []);
    }

    use brain_kernel::error::Failure;
}
