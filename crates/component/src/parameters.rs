//! Parameter schemas: derived from types, checked with errors a person can act on.

use crate::error::Error;
use jsonschema::error::ValidationErrorKind;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

/// The JSON Schema of a type, with every sub-schema inlined so that each surface can read it without resolving
/// references. Types that contain themselves keep a `$defs` entry.
pub(crate) fn schema_of<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|s| {
        s.inline_subschemas = true;
        s.meta_schema = None;
    });
    settings.into_generator().into_root_schema_for::<T>().to_value()
}

/// Check parameters against their schema; the first error is reported with its place.
pub(crate) fn validate(validator: &jsonschema::Validator, parameters: &Value) -> Result<(), Error> {
    let Some(error) = validator.iter_errors(parameters).next() else {
        return Ok(());
    };
    let (zh, en) = explain(error.kind(), &error.to_string());
    Err(Error::Parameter { pointer: error.instance_path().to_string(), zh, en })
}

fn explain(kind: &ValidationErrorKind, fallback: &str) -> (String, String) {
    match kind {
        ValidationErrorKind::Required { property } => {
            (format!("缺少必填参数 {property}"), format!("the required parameter {property} is missing"))
        }
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            let names = unexpected.join(", ");
            (format!("没有名为 {names} 的参数"), format!("there is no parameter named {names}"))
        }
        ValidationErrorKind::Type { .. } => (format!("类型不对（{fallback}）"), fallback.to_owned()),
        ValidationErrorKind::Minimum { limit } => {
            (format!("不得小于 {limit}"), format!("must be at least {limit}"))
        }
        ValidationErrorKind::Maximum { limit } => {
            (format!("不得大于 {limit}"), format!("must be at most {limit}"))
        }
        ValidationErrorKind::MinLength { limit } => {
            (format!("至少 {limit} 个字符"), format!("needs at least {limit} characters"))
        }
        ValidationErrorKind::MaxLength { limit } => {
            (format!("至多 {limit} 个字符"), format!("may have at most {limit} characters"))
        }
        ValidationErrorKind::MaxItems { limit } => {
            (format!("至多 {limit} 项"), format!("may have at most {limit} items"))
        }
        ValidationErrorKind::Pattern { pattern } => {
            (format!("格式不对，应符合 {pattern}"), format!("must match {pattern}"))
        }
        ValidationErrorKind::Enum { options } => {
            (format!("只能取 {options} 之一"), format!("must be one of {options}"))
        }
        _ => (format!("不符合要求（{fallback}）"), fallback.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use brain_kernel::{error::Failure, region::RegionCode};
    use serde::Deserialize;
    use serde_json::json;

    #[derive(Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only the schema is looked at")]
    struct Sample {
        product: String,
        region: Option<RegionCode>,
        #[schemars(range(min = 1, max = 10))]
        depth: u8,
    }

    #[test]
    fn each_mistake_names_its_place_in_both_languages() {
        let validator = jsonschema::validator_for(&schema_of::<Sample>()).unwrap();
        let check = |value: Value| validate(&validator, &value).map_err(Failure::from);
        assert!(check(json!({"product": "轴承", "region": "33", "depth": 3})).is_ok());
        let missing = check(json!({"depth": 1})).unwrap_err();
        assert!(missing.detail.zh.contains("product") && missing.detail.en.contains("product"));
        let unknown = check(json!({"product": "轴承", "depth": 1, "colour": 1})).unwrap_err();
        assert!(unknown.detail.zh.contains("colour"));
        let large = check(json!({"product": "轴承", "depth": 11})).unwrap_err();
        assert!(large.detail.zh.contains("/depth") && large.detail.zh.contains("10"));
        let region = check(json!({"product": "轴承", "depth": 1, "region": "浙江"})).unwrap_err();
        assert!(region.detail.en.contains("/region"));
    }
}
