//! Rules (质量规则) as people write them.

mod describe;
pub(crate) mod load;

use brain_kernel::language::Text;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Most rules of one table.
pub const RULES_MAX: usize = 500;

/// The rules of one table, as in its TOML file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "QualityRules")]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// Who answers for rules that name nobody; the table's owner where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Weights of the dimensions in the score; 1 where left out.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub weights: BTreeMap<Dimension, f64>,
    /// The rules, in the order they are shown.
    #[serde(default, rename = "rule")]
    pub rules: Vec<Rule>,
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "QualityRule")]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Name within the table: letters, digits, `-`, `_`, `.`; history follows it.
    pub id: String,
    /// What it means, where the check alone does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    /// How bad a violation is.
    #[serde(default)]
    pub severity: Severity,
    /// Who answers for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Share of the rows checked that must pass, 0 to 1; for rules about rows only.
    #[serde(default = "whole", skip_serializing_if = "is_whole")]
    pub at_least: f64,
    /// Only rows that meet all of these are checked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub when: Vec<Condition>,
    /// What is checked.
    pub check: Check,
}

const fn whole() -> f64 {
    1.0
}

#[expect(clippy::float_cmp, reason = "the default, written nowhere else")]
fn is_whole(share: &f64) -> bool {
    *share == 1.0
}

/// How bad a violation is; a failed rule of `error` or worse opens a ticket.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[schemars(rename = "QualitySeverity")]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// 提示: worth knowing.
    Info,
    /// 警告: to be looked at.
    Warning,
    /// 错误: to be mended.
    #[default]
    Error,
    /// 严重: the table should not be used before it is mended.
    Critical,
}

impl Severity {
    /// Weight in the score: 1, 2, 4, 8.
    #[must_use]
    pub const fn weight(self) -> f64 {
        match self {
            Self::Info => 1.0,
            Self::Warning => 2.0,
            Self::Error => 4.0,
            Self::Critical => 8.0,
        }
    }

    /// Stable name, as written and stored.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Critical => "critical",
        }
    }
}

/// What a rule is about (GB/T 36344-2018 names the first six; distribution is ours).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "QualityDimension")]
#[serde(rename_all = "snake_case")]
pub enum Dimension {
    /// 完整性: what should be there is there.
    Completeness,
    /// 唯一性: a thing is there once.
    Uniqueness,
    /// 规范性: a value has the form and range it should have.
    Validity,
    /// 一致性: values do not contradict each other.
    Consistency,
    /// 时效性: the table is as fresh as it should be.
    Timeliness,
    /// 分布: the table looks as it used to.
    Distribution,
}

impl Dimension {
    /// Every dimension, in the order they are shown.
    pub const ALL: [Self; 6] = [
        Self::Completeness,
        Self::Uniqueness,
        Self::Validity,
        Self::Consistency,
        Self::Timeliness,
        Self::Distribution,
    ];

    /// What people call it.
    #[must_use]
    pub fn title(self) -> Text {
        let (zh, en) = match self {
            Self::Completeness => ("完整性", "completeness"),
            Self::Uniqueness => ("唯一性", "uniqueness"),
            Self::Validity => ("规范性", "validity"),
            Self::Consistency => ("一致性", "consistency"),
            Self::Timeliness => ("时效性", "timeliness"),
            Self::Distribution => ("分布", "distribution"),
        };
        Text::new(zh, en)
    }
}

/// A value as written in a rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "QualityLiteral")]
#[serde(untagged)]
pub enum Literal {
    /// Yes or no.
    Truth(bool),
    /// Whole number.
    Whole(i64),
    /// Number.
    Real(f64),
    /// Text; for date columns a day, a moment, `today`, `today-30d` or `now`.
    Text(String),
}

impl std::fmt::Display for Literal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Truth(truth) => write!(f, "{truth}"),
            Self::Whole(whole) => write!(f, "{whole}"),
            Self::Real(real) => write!(f, "{real}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// What a column of the same row must be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "QualityCondition")]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// Column.
    pub column: String,
    /// Relation. A missing value meets `missing` only.
    pub is: Relation,
    /// One value, or a pattern.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Literal>,
    /// Several values, for `one_of`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<Literal>,
}

/// How a value stands to what a condition says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "QualityRelation")]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// There is a value; an empty or blank text is none.
    Present,
    /// There is none.
    Missing,
    /// `=`
    Equal,
    /// `≠`
    NotEqual,
    /// `<`
    Less,
    /// `≤`
    AtMost,
    /// `>`
    More,
    /// `≥`
    AtLeast,
    /// One of `values`.
    OneOf,
    /// The whole text matches the regular expression `to`.
    Matches,
}

/// Order of two columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "QualityOrder")]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// `=`
    Equal,
    /// `≠`
    NotEqual,
    /// `<`
    Less,
    /// `≤`
    AtMost,
    /// `>`
    More,
    /// `≥`
    AtLeast,
}

impl Order {
    pub(crate) fn holds(self, order: std::cmp::Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::AtMost => order.is_le(),
            Self::More => order.is_gt(),
            Self::AtLeast => order.is_ge(),
        }
    }
}

/// Identifiers with a check digit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "QualityScheme")]
#[serde(rename_all = "snake_case")]
pub enum Scheme {
    /// 统一社会信用代码, GB 32100-2015.
    Uscc,
    /// 公民身份号码, GB 11643-1999.
    ResidentId,
    /// Barcodes of goods: EAN-8, UPC-A, EAN-13, GTIN-14.
    Gtin,
    /// Bank cards, ISO/IEC 7812-1.
    Luhn,
}

/// Which age a timeliness rule bounds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "QualityAgeOf")]
#[serde(rename_all = "snake_case")]
pub enum AgeOf {
    /// Of the newest row: is the table still fed?
    #[default]
    Newest,
    /// Of each row: how much of it is out of date?
    Each,
}

/// A number about a whole column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "QualityMeasure")]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Smallest value.
    Min,
    /// Largest value.
    Max,
    /// Arithmetic mean.
    Mean,
    /// Sum.
    Sum,
    /// Standard deviation of the population.
    Deviation,
    /// Median; estimated.
    Median,
    /// Different values; estimated.
    Distinct,
    /// Different values per value; estimated.
    DistinctShare,
    /// Missing values.
    Missing,
    /// Missing values per row.
    MissingShare,
}

/// How two distributions are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "QualityDriftMeasure")]
#[serde(rename_all = "snake_case")]
pub enum DriftMeasure {
    /// Population stability index over ten parts of the profile, or over its categories.
    Psi,
    /// Kolmogorov–Smirnov: the largest distance of the two cumulative shares. Numbers and days.
    Ks,
    /// Chi-square test of homogeneity over categories; bounded is Cramér's V. Texts and truths.
    ChiSquare,
}

/// A column that must be there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "QualityColumnWanted")]
#[serde(deny_unknown_fields)]
pub struct ColumnWanted {
    /// Name.
    pub name: String,
    /// Kind of its values; any where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<crate::profile::ValueKind>,
}

/// What a rule checks. A missing value is a violation of `complete` only; the other checks of rows skip it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "QualityRuleCheck")]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Check {
    /// 非空: each row has a value.
    Complete {
        /// Column.
        column: String,
        /// Whether a text of blanks counts as a value.
        #[serde(default)]
        blank_counts: bool,
    },
    /// 唯一: no two rows have the same values in these columns; each row of such a group is a violation.
    Unique {
        /// Columns of the key; a row with one missing is skipped.
        columns: Vec<String>,
    },
    /// 格式: the whole text matches.
    Pattern {
        /// Column.
        column: String,
        /// Regular expression.
        regex: String,
    },
    /// 值域: one of these values.
    OneOf {
        /// Column.
        column: String,
        /// The values allowed.
        values: Vec<Literal>,
    },
    /// 代码表: a code of a registered list.
    CodeList {
        /// Column.
        column: String,
        /// Name of the list.
        list: String,
    },
    /// 取值范围: not below `min`, not above `max`.
    Range {
        /// Column of numbers, days or moments.
        column: String,
        /// Smallest value allowed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        min: Option<Literal>,
        /// Largest value allowed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<Literal>,
    },
    /// 长度: characters of a text.
    Length {
        /// Column.
        column: String,
        /// Fewest.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        min: Option<u32>,
        /// Most.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<u32>,
    },
    /// 校验位: the check digit is right.
    CheckDigit {
        /// Column.
        column: String,
        /// Which identifier.
        scheme: Scheme,
    },
    /// 日期: the text can be read as a day.
    Date {
        /// Column.
        column: String,
    },
    /// 列间比较: two columns of a row stand in this order; rows with one missing are skipped.
    Compare {
        /// Left column.
        left: String,
        /// Order.
        order: Order,
        /// Right column.
        right: String,
    },
    /// 条件规则: a row that meets `when` meets all of these; a missing value meets none but `missing`.
    Holds {
        /// What must hold.
        conditions: Vec<Condition>,
    },
    /// 表达式: an SQL condition on the row holds; rows for which it is unknown, as a value is missing, are skipped.
    Expression {
        /// The condition, over columns of the table and functions of the node.
        sql: String,
    },
    /// 时效: not older than so many days, as of the moment of the check.
    Age {
        /// Column of days or moments.
        column: String,
        /// Most days.
        max_days: f64,
        /// Of the newest row, or of each.
        #[serde(default)]
        of: AgeOf,
    },
    /// 引用: the values are there in columns of another table; rows with one missing are skipped.
    Reference {
        /// Columns here.
        columns: Vec<String>,
        /// Other table.
        dataset: String,
        /// Its columns, in the same order.
        target: Vec<String>,
    },
    /// 行数: how many rows, and how much their number changed since the last check.
    RowCount {
        /// Fewest.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        min: Option<u64>,
        /// Most.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<u64>,
        /// Largest change since the last check, as a share of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        change_at_most: Option<f64>,
    },
    /// 统计量: a number about the column is within bounds.
    Statistic {
        /// Column.
        column: String,
        /// Which number.
        measure: Measure,
        /// Smallest allowed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        min: Option<f64>,
        /// Largest allowed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<f64>,
    },
    /// 分布漂移: the column is distributed as in the stored profile.
    Drift {
        /// Column.
        column: String,
        /// How they are compared.
        measure: DriftMeasure,
        /// Largest distance allowed.
        at_most: f64,
    },
    /// 表结构: these columns are there.
    Columns {
        /// Columns wanted.
        wanted: Vec<ColumnWanted>,
        /// Whether others may be there.
        #[serde(default = "yes")]
        others: bool,
    },
}

const fn yes() -> bool {
    true
}

impl Check {
    /// What the check is about.
    #[must_use]
    pub const fn dimension(&self) -> Dimension {
        match self {
            Self::Complete { .. } | Self::RowCount { .. } | Self::Columns { .. } => Dimension::Completeness,
            Self::Unique { .. } => Dimension::Uniqueness,
            Self::Pattern { .. }
            | Self::OneOf { .. }
            | Self::CodeList { .. }
            | Self::Range { .. }
            | Self::Length { .. }
            | Self::CheckDigit { .. }
            | Self::Date { .. } => Dimension::Validity,
            Self::Compare { .. } | Self::Holds { .. } | Self::Expression { .. } | Self::Reference { .. } => {
                Dimension::Consistency
            }
            Self::Age { .. } => Dimension::Timeliness,
            Self::Statistic { .. } | Self::Drift { .. } => Dimension::Distribution,
        }
    }

    /// Its name in TOML.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Complete { .. } => "complete",
            Self::Unique { .. } => "unique",
            Self::Pattern { .. } => "pattern",
            Self::OneOf { .. } => "one_of",
            Self::CodeList { .. } => "code_list",
            Self::Range { .. } => "range",
            Self::Length { .. } => "length",
            Self::CheckDigit { .. } => "check_digit",
            Self::Date { .. } => "date",
            Self::Compare { .. } => "compare",
            Self::Holds { .. } => "holds",
            Self::Expression { .. } => "expression",
            Self::Age { .. } => "age",
            Self::Reference { .. } => "reference",
            Self::RowCount { .. } => "row_count",
            Self::Statistic { .. } => "statistic",
            Self::Drift { .. } => "drift",
            Self::Columns { .. } => "columns",
        }
    }

    /// Whether it judges each row, so that a share of rows fails; otherwise it judges the table.
    #[must_use]
    pub const fn is_about_rows(&self) -> bool {
        !matches!(
            self,
            Self::Age { of: AgeOf::Newest, .. }
                | Self::RowCount { .. }
                | Self::Statistic { .. }
                | Self::Drift { .. }
                | Self::Columns { .. }
        )
    }

    /// Columns of the table it reads.
    #[must_use]
    pub fn columns(&self) -> Vec<&str> {
        match self {
            Self::Complete { column, .. }
            | Self::Pattern { column, .. }
            | Self::OneOf { column, .. }
            | Self::CodeList { column, .. }
            | Self::Range { column, .. }
            | Self::Length { column, .. }
            | Self::CheckDigit { column, .. }
            | Self::Date { column }
            | Self::Age { column, .. }
            | Self::Statistic { column, .. }
            | Self::Drift { column, .. } => vec![column],
            Self::Unique { columns } | Self::Reference { columns, .. } => {
                columns.iter().map(String::as_str).collect()
            }
            Self::Compare { left, right, .. } => vec![left, right],
            Self::Holds { conditions } => conditions.iter().map(|one| one.column.as_str()).collect(),
            // Which columns an expression reads is known when it is planned.
            Self::Expression { .. } | Self::RowCount { .. } | Self::Columns { .. } => Vec::new(),
        }
    }
}

impl Rule {
    /// Columns it reads, conditions included.
    #[must_use]
    pub fn columns(&self) -> Vec<&str> {
        let mut columns = self.check.columns();
        columns.extend(self.when.iter().map(|one| one.column.as_str()));
        columns.sort_unstable();
        columns.dedup();
        columns
    }
}
