//! Alert rules (告警规则) and duties by law as data: built in, corrected by the node's own file, checked before use.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::language::Text;
use brain_store::incident::DutyRow;
use chrono::{DateTime, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::hours::Hours;
use crate::incidents::Severity;
use crate::{Error, Result};

const BUILT_IN: &str = include_str!("rules.toml");
/// Largest file of a node, bytes.
const FILE_BYTES_MAX: u64 = 256 * 1024;
/// Most rules, and most duties.
const RULES_MAX: usize = 200;
/// Longest window, minutes.
const WINDOW_MINUTES_MAX: u32 = 1_440;
/// Most names in one list of a rule.
const NAMES_MAX: usize = 100;
/// Largest count: what is remembered of one account and rule.
const COUNT_MAX: u64 = 5_000;

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AlertRule {
    /// Stable id, letters, digits and hyphens.
    pub id: String,
    /// What a hit is called.
    pub title: Text,
    /// How bad a hit is.
    pub severity: Severity,
    /// Minutes within which is counted, 1 to 1440.
    pub window_minutes: u32,
    /// What is counted.
    pub condition: AlertCondition,
    /// Whether it counts.
    #[serde(default = "yes")]
    pub enabled: bool,
}

/// What a rule counts, always for one account, or one subject or address of acts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlertCondition {
    /// Rows or bytes handed out.
    Volume(Volume),
    /// Number of accesses.
    Accesses(Accesses),
    /// Number of acts in the evidence log.
    Acts(Acts),
    /// Datasets touched in a day, against the account's own last thirty days.
    Breadth(Breadth),
}

/// Rows or bytes handed out within the window.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Volume {
    /// Only these actions; empty is every action.
    pub actions: Vec<String>,
    /// Only these channels; empty is every channel.
    pub channels: Vec<String>,
    /// Rows that make a hit.
    pub rows: Option<u64>,
    /// Bytes that make a hit.
    pub bytes: Option<u64>,
}

/// Accesses within the window.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Accesses {
    /// Only these actions; empty is every action.
    pub actions: Vec<String>,
    /// Only these channels; empty is every channel.
    pub channels: Vec<String>,
    /// Only these outcomes; empty is every outcome.
    pub outcomes: Vec<String>,
    /// Only outside working hours.
    pub off_hours: bool,
    /// How many make a hit.
    pub count: u64,
}

/// By what acts are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActKey {
    /// By who did it.
    Actor,
    /// By what it was done to.
    Subject,
    /// By the address it came from.
    Address,
}

/// Acts in the evidence log within the window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Acts {
    /// Kinds; one that ends in `.` is a family.
    pub kinds: Vec<String>,
    /// By what they are counted.
    pub by: ActKey,
    /// How many make a hit.
    pub count: u64,
}

/// Datasets touched in a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Breadth {
    /// Fewer than these are never a hit.
    pub least: u64,
    /// Times the account's own average of the last thirty days.
    pub times: u64,
}

/// A duty by law.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AlertDuty {
    /// Stable id.
    pub id: String,
    /// What is to be done.
    pub title: Text,
    /// Clause it comes from.
    pub law: String,
    /// Hours within which.
    pub hours: u32,
    /// Incidents it begins with; empty begins only when somebody says so.
    pub severities: Vec<Severity>,
    /// Whether it counts.
    #[serde(default = "yes")]
    pub enabled: bool,
}

impl AlertDuty {
    /// Its clock for an incident.
    pub(crate) fn row(&self, incident: &str, from: DateTime<Utc>) -> DutyRow {
        DutyRow {
            incident: incident.to_owned(),
            duty: self.id.clone(),
            title_zh: self.title.zh.clone(),
            title_en: self.title.en.clone(),
            law: self.law.clone(),
            due_at: from + TimeDelta::hours(self.hours.into()),
            done_at: None,
            done_by: None,
        }
    }
}

const fn yes() -> bool {
    true
}

/// A file of rules.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    hours: Option<Hours>,
    rule: Vec<AlertRule>,
    duty: Vec<AlertDuty>,
}

/// The rules in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Rulebook {
    /// Working hours.
    pub hours: Hours,
    /// Rules, by id.
    pub rules: Vec<AlertRule>,
    /// Duties, by id.
    pub duties: Vec<AlertDuty>,
    /// The node's own file, where there is one.
    pub file: Option<PathBuf>,
}

impl Rulebook {
    /// The built-in rules, corrected by the file where it exists.
    pub fn load(file: &Path) -> Result<Self> {
        let mut text = String::new();
        let there = std::fs::metadata(file).is_ok();
        if there {
            let place = || file.display().to_string();
            let size = std::fs::metadata(file).map_or(0, |found| found.len());
            if size > FILE_BYTES_MAX {
                return Err(wrong(&place(), &format!("{size} > {FILE_BYTES_MAX} bytes")));
            }
            text = std::fs::read_to_string(file).map_err(|cause| wrong(&place(), &cause.to_string()))?;
        }
        let mut book = Self::read(&text, &file.display().to_string())?;
        book.file = there.then(|| file.to_owned());
        Ok(book)
    }

    /// The built-in rules, corrected by this text; `place` names it in refusals.
    pub fn read(text: &str, place: &str) -> Result<Self> {
        let parse = |text: &str, place: &str| -> Result<File> {
            toml::from_str(text).map_err(|cause| wrong(place, cause.to_string().trim()))
        };
        let (built_in, own) = (parse(BUILT_IN, "built-in alert rules")?, parse(text, place)?);
        let hours = own.hours.or(built_in.hours).unwrap_or_default();
        let by_id = |rules: Vec<AlertRule>| rules.into_iter().map(|rule| (rule.id.clone(), rule));
        let mut rules: BTreeMap<_, _> = by_id(built_in.rule).collect();
        refuse_twice(own.rule.iter().map(|rule| rule.id.as_str()), place)?;
        rules.extend(by_id(own.rule));
        let by_id = |duties: Vec<AlertDuty>| duties.into_iter().map(|duty| (duty.id.clone(), duty));
        let mut duties: BTreeMap<_, _> = by_id(built_in.duty).collect();
        refuse_twice(own.duty.iter().map(|duty| duty.id.as_str()), place)?;
        duties.extend(by_id(own.duty));
        let book = Self {
            hours,
            rules: rules.into_values().collect(),
            duties: duties.into_values().collect(),
            file: None,
        };
        book.check(place)?;
        Ok(book)
    }

    fn check(&self, place: &str) -> Result<()> {
        if self.rules.len() > RULES_MAX || self.duties.len() > RULES_MAX {
            return Err(wrong(place, &format!("more than {RULES_MAX} rules or duties")));
        }
        self.hours.check().map_err(|reason| wrong(place, &reason))?;
        for rule in &self.rules {
            check_rule(rule).map_err(|reason| wrong(place, &format!("rule {}: {reason}", rule.id)))?;
        }
        for duty in &self.duties {
            let fine = is_id(&duty.id) && is_title(&duty.title) && (1..=8_760).contains(&duty.hours);
            if !fine || duty.law.chars().count() > 200 {
                return Err(wrong(place, &format!("duty {}: id, title, law or hours (1..=8760)", duty.id)));
            }
        }
        Ok(())
    }

    /// Duties that begin with an incident of this severity.
    pub(crate) fn duties_of(&self, severity: Severity) -> impl Iterator<Item = &AlertDuty> {
        self.duties.iter().filter(move |duty| duty.enabled && duty.severities.contains(&severity))
    }

    /// A duty by id.
    pub(crate) fn duty(&self, id: &str) -> Option<&AlertDuty> {
        self.duties.iter().find(|duty| duty.enabled && duty.id == id)
    }

    /// The longest window of any rule.
    pub(crate) fn longest_window(&self) -> TimeDelta {
        let minutes = self.rules.iter().map(|rule| rule.window_minutes).max().unwrap_or(1);
        TimeDelta::minutes(minutes.into())
    }
}

fn refuse_twice<'a>(ids: impl Iterator<Item = &'a str>, place: &str) -> Result<()> {
    let mut seen = std::collections::BTreeSet::new();
    for id in ids {
        if !seen.insert(id) {
            return Err(wrong(place, &format!("{id} twice")));
        }
    }
    Ok(())
}

fn check_rule(rule: &AlertRule) -> std::result::Result<(), String> {
    if !is_id(&rule.id) || !is_title(&rule.title) {
        return Err("id: letters, digits, hyphens; title: 1 to 200 characters in both languages".to_owned());
    }
    if !(1..=WINDOW_MINUTES_MAX).contains(&rule.window_minutes) {
        return Err(format!("window_minutes = {}: 1 to {WINDOW_MINUTES_MAX}", rule.window_minutes));
    }
    let names = |lists: &[&Vec<String>]| {
        let fine = |name: &String| !name.is_empty() && name.len() <= 100;
        if lists.iter().all(|list| list.len() <= NAMES_MAX && list.iter().all(fine)) {
            Ok(())
        } else {
            Err(format!("lists have up to {NAMES_MAX} names of 1 to 100 characters"))
        }
    };
    let count = |count: u64| {
        if (1..=COUNT_MAX).contains(&count) {
            Ok(())
        } else {
            Err(format!("count = {count}: 1 to {COUNT_MAX}"))
        }
    };
    match &rule.condition {
        AlertCondition::Volume(volume) => {
            names(&[&volume.actions, &volume.channels])?;
            let given = [volume.rows, volume.bytes];
            if given.iter().flatten().any(|most| *most == 0) || given.iter().all(Option::is_none) {
                return Err("volume needs rows or bytes, 1 or more".to_owned());
            }
        }
        AlertCondition::Accesses(accesses) => {
            names(&[&accesses.actions, &accesses.channels, &accesses.outcomes])?;
            count(accesses.count)?;
        }
        AlertCondition::Acts(acts) => {
            names(&[&acts.kinds])?;
            count(acts.count)?;
            if acts.kinds.is_empty() || acts.kinds.iter().any(|kind| kind.starts_with("incident.")) {
                return Err(
                    "acts needs kinds, and none of incident.*: an incident must not raise another".to_owned()
                );
            }
        }
        AlertCondition::Breadth(breadth) => {
            count(breadth.least)?;
            if !(1..=1_000).contains(&breadth.times) {
                return Err(format!("times = {}: 1 to 1000", breadth.times));
            }
        }
    }
    Ok(())
}

fn is_id(id: &str) -> bool {
    (1..=64).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn is_title(title: &Text) -> bool {
    [&title.zh, &title.en].iter().all(|text| (1..=200).contains(&text.trim().chars().count()))
}

fn wrong(place: &str, reason: &str) -> Error {
    Error::Configuration(
        Failure::new(
            ErrorKind::InvalidArgument,
            "trust/alert-rules",
            format!("告警规则 {place} 有误：{reason}"),
            format!("The alert rules {place} are wrong: {reason}"),
        )
        .with_hint(
            "请对照使用文档的规则样例更正，或移走该文件以使用内置规则。",
            "Mend it after the examples in the operation manual, or move the file away to use the built-in rules.",
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::{AlertCondition, Rulebook};

    #[test]
    fn the_built_in_rules_are_valid_and_cover_what_the_requirement_names() {
        let book = Rulebook::read("", "none").unwrap();
        for id in ["bulk-export", "off-hours-export", "privilege-change", "repeated-denial", "many-datasets"]
        {
            assert!(book.rules.iter().any(|rule| rule.id == id && rule.enabled), "{id}");
        }
        assert!(book.duty("notify-persons").is_some());
    }

    #[test]
    fn a_nodes_file_replaces_by_id_and_switches_off() {
        let own = r#"
            [hours]
            utc_offset_minutes = 0
            from = "08:30"
            to = "18:00"
            weekends_off = false
            [[rule]]
            id = "bulk-export"
            title = { zh = "导出", en = "Export" }
            severity = "major"
            window_minutes = 5
            condition = { volume = { rows = 10 } }
            [[rule]]
            id = "repeated-denial"
            title = { zh = "拒绝", en = "Denial" }
            severity = "general"
            window_minutes = 5
            enabled = false
            condition = { accesses = { outcomes = ["denied"], count = 3 } }
        "#;
        let (book, built_in) = (Rulebook::read(own, "own").unwrap(), Rulebook::read("", "none").unwrap());
        assert_eq!(book.rules.len(), built_in.rules.len());
        let rule = |id: &str| book.rules.iter().find(|rule| rule.id == id).unwrap();
        assert!(!rule("repeated-denial").enabled);
        assert!(matches!(&rule("bulk-export").condition, AlertCondition::Volume(v) if v.rows == Some(10)));
        assert_eq!(book.hours.utc_offset_minutes, 0);
    }

    #[test]
    fn what_is_wrong_is_refused_and_named() {
        let rule = |inner: &str| {
            format!("[[rule]]\nid=\"x\"\ntitle={{zh=\"中\",en=\"e\"}}\nseverity=\"major\"\n{inner}")
        };
        let cases = [
            ("nonsense".to_owned(), "own"),
            ("[[rule]]\nid=\"x\"".to_owned(), "missing field"),
            (rule("window_minutes=0\ncondition={volume={rows=1}}"), "window_minutes"),
            (rule("window_minutes=1441\ncondition={volume={rows=1}}"), "window_minutes"),
            (rule("window_minutes=1\ncondition={volume={}}"), "rows or bytes"),
            (rule("window_minutes=1\ncondition={volume={rows=0}}"), "rows or bytes"),
            (rule("window_minutes=1\ncondition={accesses={count=0}}"), "count"),
            (
                rule("window_minutes=1\ncondition={acts={kinds=[\"incident.open\"],by=\"actor\",count=1}}"),
                "incident",
            ),
            (rule("window_minutes=1\ncondition={acts={kinds=[\"a\"],by=\"nobody\",count=1}}"), "nobody"),
            (rule("window_minutes=1\nextra=1\ncondition={volume={rows=1}}"), "extra"),
            (
                "[hours]\nutc_offset_minutes=0\nfrom=\"25:00\"\nto=\"18:00\"\nweekends_off=true".to_owned(),
                "25:00",
            ),
        ];
        for (text, named) in cases {
            let refused = Rulebook::read(&text, "own").unwrap_err();
            assert_eq!(refused.code(), "trust/alert-rules");
            assert!(refused.to_string().contains(named), "{named}: {refused}");
        }
    }
}
