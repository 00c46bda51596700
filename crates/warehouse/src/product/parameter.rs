//! Parameters of a product's query: typed, bounded, bound as values and never written into the statement.

use super::definition::{check_text, is_name};
use super::wrong;
use crate::Result;
use brain_kernel::language::Text;
use chrono::{Datelike as _, NaiveDate};
use datafusion::common::ScalarValue;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// Longest text value a parameter may ever take, characters.
const TEXT_CHARACTERS_MAX: u32 = 1_000;
/// Values a parameter may be confined to, at most.
const ALLOWED_MAX: usize = 500;
/// Longest name, bytes.
const NAME_BYTES_MAX: usize = 40;
/// Days from the first of January of year 1 to 1970-01-01.
const EPOCH_DAYS: i32 = 719_163;

/// Type of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "DataProductParameterKind")]
pub enum ParameterKind {
    /// 文本.
    Text,
    /// 整数.
    Integer,
    /// 数字.
    Number,
    /// 日期，YYYY-MM-DD.
    Date,
    /// 是否.
    Boolean,
}

/// A parameter of a product's query.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DataProductParameter")]
pub struct Parameter {
    /// Name, written `$name` in the query.
    #[schemars(length(min = 2, max = 40))]
    pub name: String,
    /// What it means.
    pub title: Text,
    /// Type of its values.
    pub kind: ParameterKind,
    /// Whether it must be given; one that need not be and has no default is null in the query.
    #[serde(default)]
    pub required: bool,
    /// Value where none is given.
    #[serde(default)]
    pub default: Option<Value>,
    /// Smallest number; shortest text, characters.
    #[serde(default)]
    pub least: Option<f64>,
    /// Largest number; longest text, characters.
    #[serde(default)]
    pub most: Option<f64>,
    /// Texts it may be; any when left out.
    #[serde(default)]
    pub allowed: Vec<String>,
}

impl Parameter {
    pub(super) fn check(&self) -> Result<()> {
        let at = "/definition/source/parameters";
        if !is_name(&self.name, NAME_BYTES_MAX) {
            return Err(wrong(
                at,
                format!("参数名为 2 到 {NAME_BYTES_MAX} 个小写字母、数字或下划线，以字母开头。"),
                format!(
                    "A parameter's name has 2 to {NAME_BYTES_MAX} lower-case letters, digits or underscores, a letter first."
                ),
            ));
        }
        check_text(at, &self.title, 1, 100)?;
        let bounded = [self.least, self.most].iter().flatten().all(|bound| bound.is_finite());
        let ordered = !matches!((self.least, self.most), (Some(least), Some(most)) if least > most);
        let counted = self.kind == ParameterKind::Text || self.allowed.is_empty();
        let few = self.allowed.len() <= ALLOWED_MAX
            && self.allowed.iter().all(|text| text.chars().count() <= TEXT_CHARACTERS_MAX as usize);
        if !(bounded && ordered && counted && few) {
            return Err(wrong(
                at,
                format!("参数 {}：下限不得大于上限；可选值只用于文本，至多 {ALLOWED_MAX} 个。", self.name),
                format!(
                    "Parameter {}: least must not be above most; allowed values are for texts, at most {ALLOWED_MAX}.",
                    self.name
                ),
            ));
        }
        if let Some(default) = &self.default {
            self.bound(default)?;
        }
        Ok(())
    }

    /// The value as it is bound, or why it is none.
    fn bound(&self, value: &Value) -> Result<ScalarValue> {
        let scalar = match self.kind {
            ParameterKind::Text => value.as_str().filter(|text| self.takes(text)).map(ScalarValue::from),
            ParameterKind::Integer => value
                .as_i64()
                .filter(|number| self.reaches(*number as f64))
                .map(|number| ScalarValue::Int64(Some(number))),
            ParameterKind::Number => value
                .as_f64()
                .filter(|number| number.is_finite() && self.reaches(*number))
                .map(|number| ScalarValue::Float64(Some(number))),
            ParameterKind::Boolean => value.as_bool().map(|is| ScalarValue::Boolean(Some(is))),
            ParameterKind::Date => value
                .as_str()
                .and_then(|text| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok())
                .map(|day| ScalarValue::Date32(Some(day.num_days_from_ce() - EPOCH_DAYS))),
        };
        scalar.ok_or_else(|| {
            let (zh, en) = self.wanted();
            wrong(
                "/parameters",
                format!("参数 {} 须为{zh}。", self.name),
                format!("Parameter {} must be {en}.", self.name),
            )
        })
    }

    fn null(&self) -> ScalarValue {
        match self.kind {
            ParameterKind::Text => ScalarValue::Utf8(None),
            ParameterKind::Integer => ScalarValue::Int64(None),
            ParameterKind::Number => ScalarValue::Float64(None),
            ParameterKind::Boolean => ScalarValue::Boolean(None),
            ParameterKind::Date => ScalarValue::Date32(None),
        }
    }

    fn takes(&self, text: &str) -> bool {
        let length = text.chars().count();
        length <= TEXT_CHARACTERS_MAX as usize
            && !text.contains('\0')
            && self.reaches(length as f64)
            && (self.allowed.is_empty() || self.allowed.iter().any(|allowed| allowed == text))
    }

    fn reaches(&self, number: f64) -> bool {
        self.least.is_none_or(|least| number >= least) && self.most.is_none_or(|most| number <= most)
    }

    fn wanted(&self) -> (String, String) {
        let (zh, en) = match self.kind {
            ParameterKind::Text => ("文本", "a text"),
            ParameterKind::Integer => ("整数", "a whole number"),
            ParameterKind::Number => ("数字", "a number"),
            ParameterKind::Boolean => ("true 或 false", "true or false"),
            ParameterKind::Date => ("YYYY-MM-DD 形式的日期", "a date as YYYY-MM-DD"),
        };
        let (mut zh, mut en) = (zh.to_owned(), en.to_owned());
        let unit = if self.kind == ParameterKind::Text { ("长度", " long") } else { ("", "") };
        if let Some(least) = self.least {
            zh.push_str(&format!("，{}至少 {least}", unit.0));
            en.push_str(&format!(", at least {least}{}", unit.1));
        }
        if let Some(most) = self.most {
            zh.push_str(&format!("，{}至多 {most}", unit.0));
            en.push_str(&format!(", at most {most}{}", unit.1));
        }
        if !self.allowed.is_empty() {
            let shown = self.allowed.iter().take(10).cloned().collect::<Vec<_>>().join("、");
            zh.push_str(&format!("，且为其中之一：{shown}"));
            en.push_str(&format!(", one of {shown}"));
        }
        (zh, en)
    }

    /// Its JSON Schema.
    fn schema(&self) -> Value {
        let description = format!("{} · {}", self.title.zh, self.title.en);
        let mut schema = match self.kind {
            ParameterKind::Text => {
                let most = self.most.unwrap_or(f64::from(TEXT_CHARACTERS_MAX)).max(0.0) as u64;
                json!({ "type": "string", "minLength": self.least.unwrap_or(0.0).max(0.0) as u64, "maxLength": most })
            }
            ParameterKind::Integer => json!({ "type": "integer" }),
            ParameterKind::Number => json!({ "type": "number" }),
            ParameterKind::Boolean => json!({ "type": "boolean" }),
            ParameterKind::Date => json!({ "type": "string", "format": "date" }),
        };
        if let Some(fields) = schema.as_object_mut() {
            fields.insert("description".to_owned(), description.into());
            if matches!(self.kind, ParameterKind::Integer | ParameterKind::Number) {
                fields.extend(self.least.map(|least| ("minimum".to_owned(), json!(least))));
                fields.extend(self.most.map(|most| ("maximum".to_owned(), json!(most))));
            }
            if !self.allowed.is_empty() {
                fields.insert("enum".to_owned(), json!(self.allowed));
            }
            fields.extend(self.default.clone().map(|default| ("default".to_owned(), default)));
        }
        schema
    }
}

/// The values to bind, by name: those given, defaults, and null. What is not declared is refused.
pub(super) fn bind(
    parameters: &[Parameter],
    given: &Map<String, Value>,
) -> Result<Vec<(String, ScalarValue)>> {
    if let Some(name) = given.keys().find(|name| parameters.iter().all(|known| known.name != **name)) {
        let name: String = name.chars().take(80).collect();
        return Err(wrong(
            "/parameters",
            format!("没有名为 {name} 的参数。"),
            format!("There is no parameter named {name}."),
        ));
    }
    let value = |parameter: &Parameter| match given.get(&parameter.name).or(parameter.default.as_ref()) {
        Some(value) if !value.is_null() => parameter.bound(value),
        _ if parameter.required => Err(wrong(
            "/parameters",
            format!("缺少必填参数 {}。", parameter.name),
            format!("The required parameter {} is missing.", parameter.name),
        )),
        _ => Ok(parameter.null()),
    };
    parameters.iter().map(|parameter| Ok((parameter.name.clone(), value(parameter)?))).collect()
}

/// Values that make the query plannable where nobody has given any yet.
pub(super) fn placeholders(parameters: &[Parameter]) -> Vec<(String, ScalarValue)> {
    parameters.iter().map(|parameter| (parameter.name.clone(), parameter.null())).collect()
}

/// JSON Schema of all parameters together.
#[must_use]
pub(super) fn schema(parameters: &[Parameter]) -> Value {
    let properties: Map<String, Value> =
        parameters.iter().map(|parameter| (parameter.name.clone(), parameter.schema())).collect();
    let required: Vec<&str> = parameters
        .iter()
        .filter(|parameter| parameter.required && parameter.default.is_none())
        .map(|parameter| parameter.name.as_str())
        .collect();
    json!({ "type": "object", "additionalProperties": false, "properties": properties, "required": required })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parameter(kind: ParameterKind) -> Parameter {
        Parameter {
            name: "region".into(),
            title: Text::new("地区", "Region"),
            kind,
            required: false,
            default: None,
            least: None,
            most: None,
            allowed: Vec::new(),
        }
    }

    fn given(value: Value) -> Map<String, Value> {
        Map::from_iter([("region".to_owned(), value)])
    }

    #[test]
    fn values_are_taken_by_type_and_bounds_only() {
        let number = Parameter { least: Some(1.0), most: Some(9.0), ..parameter(ParameterKind::Integer) };
        let bound = |parameter: &Parameter, value| bind(&[parameter.clone()], &given(value));
        assert!(bound(&number, json!(9)).is_ok());
        for bad in [json!(0), json!(10), json!("9"), json!(1.5), json!([1]), json!(true)] {
            assert!(bound(&number, bad.clone()).is_err(), "{bad}");
        }
        let text = Parameter { allowed: vec!["33".into()], ..parameter(ParameterKind::Text) };
        assert!(bound(&text, json!("33")).is_ok() && bound(&text, json!("33' OR 1=1 --")).is_err());
        let day = parameter(ParameterKind::Date);
        assert!(bound(&day, json!("2026-02-30")).is_err());
        let bound_day = bound(&day, json!("1970-01-02")).unwrap();
        assert_eq!(bound_day[0].1, ScalarValue::Date32(Some(1)));
        assert!(bind(&[text], &Map::from_iter([("other".to_owned(), json!(1))])).is_err());
    }

    #[test]
    fn what_is_missing_is_the_default_or_null_or_refused() {
        let none = Map::new();
        let optional = parameter(ParameterKind::Integer);
        assert_eq!(bind(&[optional.clone()], &none).unwrap()[0].1, ScalarValue::Int64(None));
        let defaulted = Parameter { default: Some(json!(7)), required: true, ..optional.clone() };
        assert_eq!(bind(&[defaulted], &none).unwrap()[0].1, ScalarValue::Int64(Some(7)));
        assert!(bind(&[Parameter { required: true, ..optional }], &none).is_err());
    }

    proptest! {
        #[test]
        fn any_text_stays_the_text_it_is(text in "[^\u{0}]{0,60}") {
            let bound = bind(&[parameter(ParameterKind::Text)], &given(json!(text.clone()))).unwrap();
            prop_assert_eq!(&bound[0].1, &ScalarValue::Utf8(Some(text)));
        }
    }
}
