//! Golden records of enterprises (企业主数据): of several sources' values for one attribute, the one that survives.
//!
//! A golden value is one of the values given, as it was given; each names its source, its day and the rule that chose it.

use crate::error::{Result, StandardsError};
use crate::list::{needed, table};
use brain_kernel::date;
use brain_matching::Records;
use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Longest text of rules, bytes.
const RULES_BYTES_MAX: usize = 256 << 10;

/// How a value is chosen where sources differ (存活规则).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "SurvivorshipCriterion")]
#[serde(rename_all = "snake_case")]
pub enum Criterion {
    /// 来源优先: of the source that stands first in `sources`; those not named come last.
    SourcePriority,
    /// 最新: of the latest day; records without one come last.
    MostRecent,
    /// 最完整: of the record with the most values.
    MostComplete,
    /// 最常见: the value most records have.
    MostFrequent,
}

/// Survivorship rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Survivorship {
    /// Sources, the most trusted first.
    #[serde(default)]
    pub sources: Vec<String>,
    /// Criteria in the order they are applied, for attributes that have none of their own.
    pub default: Vec<Criterion>,
    /// Criteria by attribute.
    #[serde(default)]
    pub attributes: BTreeMap<String, Vec<Criterion>>,
}

/// One source's record of an enterprise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Line of the file or id of the row, shown with what came of it.
    pub place: u64,
    /// Enterprise, as entity resolution or the credit code says.
    pub enterprise: String,
    /// Where it is from.
    pub source: String,
    /// As of when.
    pub on: Option<NaiveDate>,
    /// Its values; missing ones are absent.
    pub values: BTreeMap<String, String>,
}

/// What chose a golden value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChosenBy {
    /// No two sources differ.
    Agreement,
    /// The source stands first.
    SourcePriority,
    /// It is the latest.
    MostRecent,
    /// Its record has the most values.
    MostComplete,
    /// Most records have it.
    MostFrequent,
    /// The criteria left several: the first in the order of texts.
    Tie,
}

/// A value with where it came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Given {
    /// The value, as it was given.
    pub value: String,
    /// Its source.
    pub source: String,
    /// As of when.
    pub on: Option<NaiveDate>,
    /// Line or row it came from.
    pub place: u64,
}

/// The value of an attribute that survived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Golden {
    /// The value and where it came from.
    #[serde(flatten)]
    pub chosen: Given,
    /// What chose it.
    pub by: ChosenBy,
    /// What other sources say, other values only.
    pub others: Vec<Given>,
}

/// A golden record (金记录).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GoldenRecord {
    /// Enterprise.
    pub enterprise: String,
    /// Records it is made of.
    pub records: usize,
    /// Its values by attribute.
    pub values: BTreeMap<String, Golden>,
}

impl Survivorship {
    /// Read rules from TOML.
    pub fn parse(toml: &str) -> Result<Self> {
        if toml.len() > RULES_BYTES_MAX {
            return Err(StandardsError::line(
                0,
                format!("规则文件超过 {RULES_BYTES_MAX} 字节。"),
                format!("The rules have more than {RULES_BYTES_MAX} bytes."),
            ));
        }
        let rules: Self = toml::from_str(toml).map_err(|error| StandardsError::toml(toml, &error))?;
        let different: BTreeSet<&String> = rules.sources.iter().collect();
        if different.len() != rules.sources.len() {
            return Err(StandardsError::value("/sources", "来源重复。", "A source is there twice."));
        }
        Ok(rules)
    }

    /// The golden record of every enterprise, by enterprise.
    #[must_use]
    pub fn golden(&self, records: &[Record]) -> Vec<GoldenRecord> {
        let mut groups: BTreeMap<&str, Vec<&Record>> = BTreeMap::new();
        for record in records {
            groups.entry(record.enterprise.as_str()).or_default().push(record);
        }
        let one = |(enterprise, records): (&str, Vec<&Record>)| {
            let attributes: BTreeSet<&String> =
                records.iter().flat_map(|record| record.values.keys()).collect();
            let values = attributes
                .into_iter()
                .filter_map(|attribute| Some((attribute.clone(), self.survivor(attribute, &records)?)));
            GoldenRecord {
                enterprise: enterprise.to_owned(),
                records: records.len(),
                values: values.collect(),
            }
        };
        groups.into_iter().map(one).collect()
    }

    fn survivor(&self, attribute: &str, records: &[&Record]) -> Option<Golden> {
        let mut all: Vec<(&Record, &String)> =
            records.iter().filter_map(|record| Some((*record, record.values.get(attribute)?))).collect();
        // One order whatever the order of the records was.
        all.sort_by(|(a, one), (b, other)| {
            (one, &a.source, a.on, a.place).cmp(&(other, &b.source, b.on, b.place))
        });
        let mut left = all.clone();
        let mut by = ChosenBy::Agreement;
        let criteria = self.attributes.get(attribute).unwrap_or(&self.default);
        for criterion in criteria {
            if agree(&left) {
                break;
            }
            let before = left.len();
            left = self.keep(*criterion, left);
            if left.len() < before {
                by = criterion.chooses();
            }
        }
        if !agree(&left) {
            by = ChosenBy::Tie;
        }
        let (record, value) = left.first().copied()?;
        let others = all.iter().filter(|(_, other)| *other != value);
        let others = others.map(|(record, value)| given(record, value)).collect();
        Some(Golden { chosen: given(record, value), by, others })
    }

    /// Those a criterion thinks best; never none of some.
    fn keep<'a>(
        &self,
        criterion: Criterion,
        values: Vec<(&'a Record, &'a String)>,
    ) -> Vec<(&'a Record, &'a String)> {
        let times = |value: &String| values.iter().filter(|(_, other)| *other == value).count();
        // Smaller is better.
        let rank = |(record, value): &(&Record, &String)| match criterion {
            Criterion::SourcePriority => {
                let place = self.sources.iter().position(|source| *source == record.source);
                (place.unwrap_or(usize::MAX), None)
            }
            Criterion::MostRecent => (usize::from(record.on.is_none()), Some(Reverse(record.on))),
            Criterion::MostComplete => (usize::MAX - record.values.len(), None),
            Criterion::MostFrequent => (usize::MAX - times(value), None),
        };
        let ranks: Vec<_> = values.iter().map(rank).collect();
        let best = ranks.iter().min().copied();
        values
            .into_iter()
            .zip(ranks)
            .filter(|(_, rank)| Some(*rank) == best)
            .map(|(value, _)| value)
            .collect()
    }
}

impl Criterion {
    const fn chooses(self) -> ChosenBy {
        match self {
            Self::SourcePriority => ChosenBy::SourcePriority,
            Self::MostRecent => ChosenBy::MostRecent,
            Self::MostComplete => ChosenBy::MostComplete,
            Self::MostFrequent => ChosenBy::MostFrequent,
        }
    }
}

fn agree(values: &[(&Record, &String)]) -> bool {
    values.windows(2).all(|pair| matches!(pair, [(_, one), (_, other)] if one == other))
}

fn given(record: &Record, value: &str) -> Given {
    Given { value: value.to_owned(), source: record.source.clone(), on: record.on, place: record.place }
}

/// Records of a CSV table with columns `enterprise` and `source`, `on` where days are known, and a column an attribute.
pub fn read(csv: &[u8]) -> Result<Vec<Record>> {
    let table = table(csv)?;
    let (enterprise, source, on) =
        (needed(&table, "enterprise")?, needed(&table, "source")?, table.find(["on"]));
    (0..table.len()).map(|row| record(&table, row, (enterprise, source, on))).collect()
}

fn record(
    table: &Records,
    row: usize,
    (enterprise, source, on): (usize, usize, Option<usize>),
) -> Result<Record> {
    let line = row as u64 + 2;
    let key = table.cell(row, enterprise);
    if key.is_empty() {
        return Err(StandardsError::line(line, "没有写明企业。", "It names no enterprise."));
    }
    let text = on.map_or("", |on| table.cell(row, on));
    let day = date::parse(text).map_err(|_| {
        let text: String = text.chars().take(40).collect();
        StandardsError::line(line, format!("“{text}”不是日期。"), format!("{text:?} is not a date."))
    })?;
    let special = |column: usize| column == enterprise || column == source || Some(column) == on;
    let columns = table.names().iter().enumerate().filter(|(column, _)| !special(*column));
    let values = columns
        .map(|(column, name)| (name.clone(), table.cell(row, column).to_owned()))
        .filter(|(_, value)| !date::is_none(value));
    Ok(Record {
        place: line,
        enterprise: key.to_owned(),
        source: table.cell(row, source).to_owned(),
        on: day,
        values: values.collect(),
    })
}
