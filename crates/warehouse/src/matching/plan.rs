//! What a match set says: which tables, by which columns, from which probability on, and how golden records are made.

use super::{corrupt, refuse};
use crate::{Error, Result};
use brain_kernel::error::{ErrorKind, Failure};
use brain_matching::Specification;
use brain_matching::specification::{Assignment, preset};
use brain_standards::enterprise::Survivorship;
use brain_store::matching::SetRow;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Most steps of a plan.
const STEPS_MAX: usize = 8;
/// Most columns of a key.
const KEY_COLUMNS_MAX: usize = 4;
/// Most attributes of a golden record.
const ATTRIBUTES_MAX: usize = 40;
/// Largest random sample of automatic pairs.
const SAMPLE_MAX: u32 = 1_000;

/// What is matched (匹配对象).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "MatchPreset")]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// 企业.
    Firm,
    /// 产品.
    Product,
    /// 地址.
    Address,
    /// 个人.
    Person,
}

impl Preset {
    /// Stable name, which is that of the specification.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Firm => "firm",
            Self::Product => "product",
            Self::Address => "address",
            Self::Person => "person",
        }
    }
}

/// One table of a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "MatchSide")]
#[serde(deny_unknown_fields)]
pub struct Side {
    /// 数据集 · Dataset such as `raw.registry`.
    #[schemars(length(min = 3, max = 200))]
    pub dataset: String,
    /// 识别一行的列 · Columns that tell rows apart, one to four.
    #[schemars(length(min = 1, max = 4))]
    pub key: Vec<String>,
    /// 字段到列；留空则保存时按列名对应 · Column by field; found by the names of columns when it is saved, where empty.
    #[serde(default)]
    pub columns: BTreeMap<String, String>,
}

/// One step: two tables, or one with itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "MatchStep")]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// 左表 · First table.
    pub left: Side,
    /// 右表；不给则在左表内查重 · Second table; without it duplicates within the first are found.
    #[serde(default)]
    pub right: Option<Side>,
}

/// How golden records are made of clusters (金记录).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "MatchGoldenRules")]
#[serde(deny_unknown_fields)]
pub struct GoldenRules {
    /// 属性：各数据集中的列 · By attribute, its column by dataset.
    pub attributes: BTreeMap<String, BTreeMap<String, String>>,
    /// 各数据集中表示截至日期的列 · By dataset, the column that says as of when.
    #[serde(default)]
    pub dates: BTreeMap<String, String>,
    /// 存活规则；来源即数据集 · Survivorship; sources are datasets.
    pub survivorship: Survivorship,
}

/// A plan (匹配方案内容).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "MatchPlan")]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// 匹配对象 · What is matched.
    pub preset: Preset,
    /// 步骤 · Steps, one to eight.
    #[schemars(length(min = 1, max = 8))]
    pub steps: Vec<Step>,
    /// 自动通过的概率下限 · Pairs of this probability and above are joined without asking.
    #[serde(default = "upper")]
    #[schemars(range(min = 0.5, max = 1.0))]
    pub upper: f64,
    /// 送人工复核的概率下限 · Pairs of this probability and above, below the upper, are for people to decide.
    #[serde(default = "lower")]
    #[schemars(range(min = 0.01, max = 1.0))]
    pub lower: f64,
    /// 一对一 · A record has one partner in the other table at most.
    #[serde(default)]
    pub one_to_one: bool,
    /// 自动通过的配对中随机抽查的数量 · Automatic pairs drawn at random for people to look at, from which the precision is
    /// estimated.
    #[serde(default = "sample")]
    #[schemars(range(max = 1000))]
    pub sample: u32,
    /// 金记录规则 · Rules of golden records; none are made without.
    #[serde(default)]
    pub golden: Option<GoldenRules>,
}

fn upper() -> f64 {
    0.95
}

fn lower() -> f64 {
    0.5
}

fn sample() -> u32 {
    50
}

impl Plan {
    /// Check limits and that the parts fit each other. Whether columns exist is known when a run reads.
    pub(super) fn check(&self) -> Result<()> {
        if !(1..=STEPS_MAX).contains(&self.steps.len()) {
            return wrong(
                "/plan/steps",
                format!("步骤应为 1 到 {STEPS_MAX} 个。"),
                format!("There are 1 to {STEPS_MAX} steps."),
            );
        }
        let falling = (0.5..=1.0).contains(&self.upper) && (0.01..=self.upper).contains(&self.lower);
        if !falling {
            return wrong(
                "/plan/upper",
                "阈值应满足 0.01 ≤ lower ≤ upper ≤ 1，且 upper ≥ 0.5。",
                "Thresholds are 0.01 ≤ lower ≤ upper ≤ 1, and upper ≥ 0.5.",
            );
        }
        if self.sample > SAMPLE_MAX {
            return wrong(
                "/plan/sample",
                format!("抽查至多 {SAMPLE_MAX} 对。"),
                format!("A sample has up to {SAMPLE_MAX} pairs."),
            );
        }
        let mut keys: BTreeMap<&str, &Vec<String>> = BTreeMap::new();
        for (at, step) in self.steps.iter().enumerate() {
            if step.right.as_ref().is_some_and(|right| right.dataset == step.left.dataset) {
                return wrong(
                    format!("/plan/steps/{at}/right"),
                    "左右是同一数据集；在表内查重请不写右表。",
                    "Both sides are one dataset; leave the right one out to find duplicates within it.",
                );
            }
            for (side, name) in [Some(&step.left), step.right.as_ref()].into_iter().zip(["left", "right"]) {
                let Some(side) = side else { continue };
                let place = format!("/plan/steps/{at}/{name}");
                self.check_side(&place, side)?;
                if *keys.entry(side.dataset.as_str()).or_insert(&side.key) != &side.key {
                    return wrong(
                        format!("{place}/key"),
                        format!("{} 在各步骤中的识别列须相同。", side.dataset),
                        format!("The key of {} is the same in every step.", side.dataset),
                    );
                }
            }
        }
        self.check_golden(&keys)
    }

    fn check_side(&self, place: &str, side: &Side) -> Result<()> {
        let specification = self.specification()?;
        let text =
            |text: &String| !text.trim().is_empty() && text.len() <= 200 && !text.contains(['\0', '"']);
        if !text(&side.dataset) || !side.dataset.contains('.') {
            return wrong(format!("{place}/dataset"), "请写“层.表名”。", "Write zone.table.");
        }
        let different: BTreeSet<&String> = side.key.iter().collect();
        if !(1..=KEY_COLUMNS_MAX).contains(&side.key.len())
            || different.len() != side.key.len()
            || !side.key.iter().all(text)
        {
            return wrong(
                format!("{place}/key"),
                format!("识别列应为 1 到 {KEY_COLUMNS_MAX} 个不同的列名。"),
                format!("A key is 1 to {KEY_COLUMNS_MAX} different columns."),
            );
        }
        for (field, column) in &side.columns {
            let known = specification.fields.iter().any(|known| known.name == *field);
            if !known || !text(column) {
                let fields: Vec<&str> =
                    specification.fields.iter().map(|field| field.name.as_str()).collect();
                return wrong(
                    format!("{place}/columns"),
                    format!("字段应是 {}，列名不得为空。", fields.join("、")),
                    format!("Fields are {}; a column is named.", fields.join(", ")),
                );
            }
        }
        Ok(())
    }

    fn check_golden(&self, datasets: &BTreeMap<&str, &Vec<String>>) -> Result<()> {
        let Some(golden) = &self.golden else { return Ok(()) };
        if !(1..=ATTRIBUTES_MAX).contains(&golden.attributes.len()) {
            return wrong(
                "/plan/golden/attributes",
                format!("属性应为 1 到 {ATTRIBUTES_MAX} 个。"),
                format!("There are 1 to {ATTRIBUTES_MAX} attributes."),
            );
        }
        let sources = golden.attributes.values().flat_map(BTreeMap::keys).chain(golden.dates.keys());
        let named = sources.chain(&golden.survivorship.sources);
        if let Some(foreign) = named.into_iter().find(|dataset| !datasets.contains_key(dataset.as_str())) {
            return wrong(
                "/plan/golden",
                format!("{foreign} 不在步骤中。"),
                format!("{foreign} is in no step."),
            );
        }
        let ordered: BTreeSet<&String> = golden.survivorship.sources.iter().collect();
        if ordered.len() != golden.survivorship.sources.len() {
            return wrong("/plan/golden/survivorship/sources", "来源重复。", "A source is there twice.");
        }
        Ok(())
    }

    /// The same plan with every column named; `known` gives the columns of a dataset.
    pub(super) fn resolved(mut self, known: impl Fn(&str) -> Vec<String>) -> Result<Self> {
        let specification = self.specification()?;
        for (at, step) in self.steps.iter_mut().enumerate() {
            for (side, name) in [Some(&mut step.left), step.right.as_mut()].into_iter().zip(["left", "right"])
            {
                let Some(side) = side else { continue };
                let columns = known(&side.dataset);
                side.resolve(&specification, &columns);
                let place = format!("/plan/steps/{at}/{name}");
                if side.columns.is_empty() {
                    return wrong(
                        format!("{place}/columns"),
                        format!("{} 的列名无法自动对应，请写明字段到列。", side.dataset),
                        format!(
                            "No column of {} has a name that is known; say which field is in which column.",
                            side.dataset
                        ),
                    );
                }
                if let Some(unknown) = side.read().into_iter().find(|column| !columns.contains(column)) {
                    return wrong(
                        place,
                        format!("{} 没有列 {unknown}。", side.dataset),
                        format!("{} has no column {unknown}.", side.dataset),
                    );
                }
            }
        }
        for (dataset, columns) in self.reads() {
            let there = known(&dataset);
            if let Some(unknown) = columns.into_iter().find(|column| !there.contains(column)) {
                return wrong(
                    "/plan/golden",
                    format!("{dataset} 没有列 {unknown}。"),
                    format!("{dataset} has no column {unknown}."),
                );
            }
        }
        Ok(self)
    }

    /// The specification that compares, with the thresholds of the plan.
    pub(super) fn specification(&self) -> Result<Specification> {
        let name = self.preset.name();
        let mut specification = preset(name).ok_or_else(|| corrupt("match preset", name))?;
        specification.threshold = self.lower;
        if self.one_to_one {
            specification.assignment = Assignment::OneToOne;
        }
        Ok(specification)
    }

    /// Every side, by step.
    pub(super) fn sides(&self) -> impl Iterator<Item = (usize, &Side)> {
        self.steps.iter().enumerate().flat_map(|(at, step)| {
            [Some(&step.left), step.right.as_ref()].into_iter().flatten().map(move |side| (at, side))
        })
    }

    /// Datasets of the plan, each once, sorted.
    #[must_use]
    pub fn datasets(&self) -> Vec<String> {
        let all: BTreeSet<&String> = self.sides().map(|(_, side)| &side.dataset).collect();
        all.into_iter().cloned().collect()
    }

    /// What a run reads: dataset and columns, those of golden records too.
    pub(super) fn reads(&self) -> Vec<(String, Vec<String>)> {
        let mut reads: Vec<(String, Vec<String>)> =
            self.sides().map(|(_, side)| (side.dataset.clone(), side.read())).collect();
        if let Some(golden) = &self.golden {
            let columns = golden.attributes.values().flatten().chain(&golden.dates);
            reads.extend(columns.map(|(dataset, column)| (dataset.clone(), vec![column.clone()])));
        }
        reads
    }

    /// The columns that tell the rows of a dataset apart.
    pub(super) fn key_of(&self, dataset: &str) -> Option<&[String]> {
        self.sides().find(|(_, side)| side.dataset == dataset).map(|(_, side)| side.key.as_slice())
    }
}

impl Side {
    /// Fill in which column each field is read from, where the side does not say: the first of a name that the
    /// specification knows.
    fn resolve(&mut self, specification: &Specification, known: &[String]) {
        if !self.columns.is_empty() {
            return;
        }
        let found = specification.fields.iter().filter_map(|field| {
            let mut names = [&field.name].into_iter().chain(&field.columns);
            let column = names.find_map(|name| known.iter().find(|known| known.eq_ignore_ascii_case(name)));
            Some((field.name.clone(), column?.clone()))
        });
        self.columns = found.collect();
    }

    /// The columns that are read: the key, then what is compared.
    pub(super) fn read(&self) -> Vec<String> {
        self.key.iter().chain(self.columns.values()).cloned().collect()
    }
}

/// The plan of a stored set.
pub(super) fn stored(row: &SetRow) -> Result<Plan> {
    serde_json::from_value(row.plan.clone()).map_err(|_| corrupt("match_set.plan", &row.id))
}

fn wrong<T>(place: impl Into<String>, zh: impl Into<String>, en: impl Into<String>) -> Result<T> {
    let Error::Failure(failure) = refuse(ErrorKind::InvalidArgument, "warehouse/match-plan", zh, en) else {
        return Err(corrupt("match plan", ""));
    };
    Err(Error::Failure(Failure::with_pointer(failure, place.into())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(change: impl FnOnce(&mut serde_json::Value)) -> Result<()> {
        let mut value = serde_json::json!({
            "preset": "firm",
            "steps": [{ "left": { "dataset": "raw.a", "key": ["code"] }, "right": { "dataset": "raw.b", "key": ["id"] } }],
        });
        change(&mut value);
        serde_json::from_value::<Plan>(value).unwrap().check()
    }

    #[test]
    fn a_plan_that_does_not_fit_itself_is_refused_with_its_place() {
        plan(|_| {}).unwrap();
        let pointer = |change: fn(&mut serde_json::Value)| {
            let Err(Error::Failure(failure)) = plan(change) else { panic!("it was accepted") };
            failure.pointer.clone().unwrap_or_default()
        };
        assert_eq!(pointer(|plan| plan["steps"] = serde_json::json!([])), "/plan/steps");
        assert_eq!(pointer(|plan| plan["lower"] = 0.99.into()), "/plan/upper");
        assert_eq!(pointer(|plan| plan["upper"] = 0.4.into()), "/plan/upper");
        assert_eq!(pointer(|plan| plan["sample"] = 1001.into()), "/plan/sample");
        assert_eq!(
            pointer(|plan| plan["steps"][0]["left"]["key"] = serde_json::json!([])),
            "/plan/steps/0/left/key"
        );
        assert_eq!(
            pointer(|plan| plan["steps"][0]["right"]["dataset"] = "b".into()),
            "/plan/steps/0/right/dataset"
        );
        assert_eq!(
            pointer(|plan| plan["steps"][0]["left"]["columns"] = serde_json::json!({ "colour": "c" })),
            "/plan/steps/0/left/columns"
        );
        assert_eq!(
            pointer(|plan| {
                let again = serde_json::json!({ "left": { "dataset": "raw.a", "key": ["other"] } });
                plan["steps"].as_array_mut().unwrap().push(again);
            }),
            "/plan/steps/1/left/key"
        );
        assert_eq!(
            pointer(|plan| plan["golden"] = serde_json::json!({
                "attributes": { "name": { "raw.c": "n" } }, "survivorship": { "default": ["most_recent"] }
            })),
            "/plan/golden"
        );
    }

    #[test]
    fn columns_are_found_by_name_where_none_are_given() {
        let plan = |key: &str| -> Plan {
            let left = serde_json::json!({ "dataset": "raw.a", "key": [key] });
            serde_json::from_value(serde_json::json!({ "preset": "firm", "steps": [{ "left": left }] }))
                .unwrap()
        };
        let known = |columns: [&str; 3]| columns.map(str::to_owned).to_vec();
        let found = plan("代码").resolved(|_| known(["代码", "企业名称", "USCC"])).unwrap();
        let columns: Vec<(&str, &str)> = found.steps[0]
            .left
            .columns
            .iter()
            .map(|(field, column)| (field.as_str(), column.as_str()))
            .collect();
        assert_eq!(columns, [("name", "企业名称"), ("uscc", "USCC")]);
        assert!(plan("代码").resolved(|_| known(["代码", "甲", "乙"])).is_err());
        assert!(plan("没有").resolved(|_| known(["代码", "企业名称", "乙"])).is_err());
    }
}
