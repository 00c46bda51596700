//! Data elements (数据元) after GB/T 18391 and GB/T 19488: what a value is, how it is written, who answers for it.

mod rules;

pub use rules::{RULE_PREFIX, column_rules, rule_id};

use crate::error::{Result, StandardsError};
use crate::text;
use brain_kernel::language::Text;
use brain_quality::rule::{Literal, Scheme};
use regex::RegexBuilder;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Most elements of one file.
pub const ELEMENTS_MAX: usize = 5_000;
/// Longest file of elements, bytes.
pub const ELEMENTS_BYTES_MAX: usize = 4 << 20;
/// Longest pattern, characters.
const PATTERN_CHARACTERS_MAX: usize = 500;
/// Memory of one compiled pattern, as in quality rules.
const PATTERN_BYTES_MAX: usize = 4 << 20;
/// Longest value that may be asked for, characters.
const LENGTH_MAX: u32 = 1_000_000;

/// A data element.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DataElement {
    /// 标识符 · Id.
    pub id: String,
    /// 名称；中文必填 · What it is called; Chinese is needed.
    pub name: Text,
    /// 定义；中文必填 · What is meant; Chinese is needed.
    pub definition: Text,
    /// 表示 · How a value is written.
    pub representation: Representation,
    /// 负责定义的单位 · Who answers for the definition.
    pub owner: String,
    /// 依据的标准 · Standard it is taken from.
    #[serde(default)]
    pub standard: String,
}

/// How a value of an element is written (表示).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ElementRepresentation")]
#[serde(deny_unknown_fields)]
pub struct Representation {
    /// 数据类型 · Kind of value.
    pub kind: Kind,
    /// 最少字符 · Fewest characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length_min: Option<u32>,
    /// 最多字符 · Most characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length_max: Option<u32>,
    /// 正则表达式，须匹配整个值 · Pattern the whole value matches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// 最小值 · Smallest value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// 最大值 · Largest value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
    /// 计量单位，代码表 units 中的代码 · Unit, a code of the list `units`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// 代码表 · Code list its values are of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code_list: Option<String>,
    /// 校验位 · Check digit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check_digit: Option<Scheme>,
}

/// Kind of value of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ElementKind")]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// 字符
    Text,
    /// 整数
    Integer,
    /// 小数
    Decimal,
    /// 日期
    Date,
    /// 是否
    Truth,
}

/// Where an element stands in its life (状态).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ElementStatus")]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// 草案: may change; binds nothing.
    Draft,
    /// 现行: in force; a change is a new version.
    Current,
    /// 废止: no longer in force; kept for what was bound to it.
    Retired,
}

impl Status {
    /// Stable name, as stored.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Current => "current",
            Self::Retired => "retired",
        }
    }

    /// The status of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Draft, Self::Current, Self::Retired].into_iter().find(|status| status.name() == name)
    }

    /// Whether an element may go from this status to another: forward only.
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        matches!((self, next), (Self::Draft, Self::Current | Self::Retired) | (Self::Current, Self::Retired))
    }
}

/// The elements of a file, `[[element]]` each.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default, rename = "element")]
    elements: Vec<DataElement>,
}

impl DataElement {
    /// The elements of a TOML file, checked.
    pub fn read(toml: &str) -> Result<Vec<Self>> {
        if toml.len() > ELEMENTS_BYTES_MAX {
            return Err(StandardsError::line(
                0,
                format!("数据元文件超过 {ELEMENTS_BYTES_MAX} 字节。"),
                format!("The file of elements has more than {ELEMENTS_BYTES_MAX} bytes."),
            ));
        }
        let file: File = toml::from_str(toml).map_err(|error| StandardsError::toml(toml, &error))?;
        if file.elements.is_empty() || file.elements.len() > ELEMENTS_MAX {
            return Err(StandardsError::line(
                0,
                format!("文件须有 1 至 {ELEMENTS_MAX} 个 [[element]]。"),
                format!("The file has 1 to {ELEMENTS_MAX} `[[element]]`."),
            ));
        }
        let mut known = std::collections::BTreeSet::new();
        let checked = file.elements.into_iter().enumerate().map(|(at, element)| {
            let element = element.checked(&format!("/element/{at}"))?;
            if known.insert(element.id.clone()) {
                return Ok(element);
            }
            Err(StandardsError::value(
                format!("/element/{at}/id"),
                format!("标识符 {} 重复。", element.id),
                format!("The id {} is there twice.", element.id),
            ))
        });
        checked.collect()
    }

    /// Elements as a file that [`Self::read`] reads.
    pub fn write(elements: Vec<Self>) -> Result<String> {
        toml::to_string(&File { elements })
            .map_err(|error| StandardsError::line(0, error.to_string(), error.to_string()))
    }

    /// The element with its texts trimmed, or what is wrong with it; pointers begin with `place`.
    pub fn checked(self, place: &str) -> Result<Self> {
        let at = |field: &str| format!("{place}/{field}");
        let representation = self.representation;
        representation.check(&at("representation"))?;
        Ok(Self {
            id: text::id(&at("id"), &self.id)?,
            name: text::title(&at("name"), &self.name, true, text::NAME_CHARACTERS_MAX)?,
            definition: text::title(
                &at("definition"),
                &self.definition,
                true,
                text::DEFINITION_CHARACTERS_MAX,
            )?,
            representation,
            owner: text::text(&at("owner"), &self.owner, 1, text::NAME_CHARACTERS_MAX)?,
            standard: text::text(&at("standard"), &self.standard, 0, text::NAME_CHARACTERS_MAX)?,
        })
    }
}

impl Representation {
    fn check(&self, place: &str) -> Result<()> {
        let wrong =
            |field: &str, zh: &str, en: &str| Err(StandardsError::value(format!("{place}/{field}"), zh, en));
        let numeric = matches!(self.kind, Kind::Integer | Kind::Decimal);
        if !matches!(self.kind, Kind::Text | Kind::Integer) && self.code_list.is_some() {
            return wrong(
                "code_list",
                "只有字符和整数可以取自代码表。",
                "Only texts and whole numbers are of a code list.",
            );
        }
        if self.kind != Kind::Text {
            for (field, given) in [
                ("length_min", self.length_min.is_some()),
                ("length_max", self.length_max.is_some()),
                ("pattern", self.pattern.is_some()),
                ("check_digit", self.check_digit.is_some()),
            ] {
                if given {
                    return wrong(field, "只适用于字符型。", "It is for texts only.");
                }
            }
        }
        if !numeric {
            for (field, given) in
                [("min", self.min.is_some()), ("max", self.max.is_some()), ("unit", self.unit.is_some())]
            {
                if given {
                    return wrong(field, "只适用于数值型。", "It is for numbers only.");
                }
            }
        }
        if self.length_min.into_iter().chain(self.length_max).any(|length| length > LENGTH_MAX)
            || matches!((self.length_min, self.length_max), (Some(least), Some(most)) if least > most)
        {
            return wrong(
                "length_max",
                "长度须在 0 至 1000000 之间，且最少不超过最多。",
                "Lengths are 0 to 1000000, the fewest up to the most.",
            );
        }
        if self.min.into_iter().chain(self.max).any(|bound| !bound.is_finite())
            || matches!((self.min, self.max), (Some(least), Some(most)) if least > most)
        {
            return wrong(
                "max",
                "最小值和最大值须是有限的数，且最小不超过最大。",
                "Bounds are finite, the smallest up to the largest.",
            );
        }
        if let Some(unit) = &self.unit {
            crate::unit::find(unit)?;
        }
        if let Some(list) = &self.code_list {
            text::id(&format!("{place}/code_list"), list)?;
        }
        self.pattern.as_deref().map_or(Ok(()), |pattern| check_pattern(place, pattern))
    }

    /// A bound as a quality rule writes it.
    fn bound(&self, bound: Option<f64>) -> Option<Literal> {
        bound.map(Literal::Real)
    }
}

fn check_pattern(place: &str, pattern: &str) -> Result<()> {
    let place = format!("{place}/pattern");
    if pattern.is_empty() || pattern.chars().count() > PATTERN_CHARACTERS_MAX {
        return Err(StandardsError::value(
            place,
            format!("正则表达式须为 1 至 {PATTERN_CHARACTERS_MAX} 个字符。"),
            format!("A pattern has 1 to {PATTERN_CHARACTERS_MAX} characters."),
        ));
    }
    let built = RegexBuilder::new(pattern).size_limit(PATTERN_BYTES_MAX).build();
    built.map(drop).map_err(|error| {
        StandardsError::value(
            place,
            format!("正则表达式有误：{error}"),
            format!("The pattern is wrong: {error}"),
        )
    })
}
