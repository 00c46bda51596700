//! How good a firm's record is: a score with its formula, so that nobody has to believe it.

use brain_kernel::language::Text;
use brain_kernel::{region::RegionCode, uscc};
use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

/// The formula as screens show it.
pub(super) const FORMULA: (&str, &str) = (
    "档案质量 = 通过的检查数 ÷ 检查总数。检查：信用代码校验位、名称、地区代码、行业代码、成立日期、注册资本、地址、至少一种产品、三年内有观测。",
    "Record quality = checks passed ÷ checks made. Checks: USCC check digit, name, region code, industry code, founding date, capital, address, at least one product, observed within three years.",
);

/// A score and the checks it is made of.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Quality {
    /// 0 to 1.
    pub(super) score: f64,
    /// How it is computed.
    pub(super) formula: Text,
    /// Each check.
    pub(super) checks: Vec<Check>,
}

/// One check.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Check {
    /// What is checked.
    pub(super) name: Text,
    /// Whether it holds.
    pub(super) ok: bool,
}

/// Days after which a record counts as old.
const FRESH_DAYS: i64 = 3 * 365;

/// Check one row of `subject.enterprise`.
pub(super) fn assess(row: &Map<String, Value>, has_product: bool, today: NaiveDate) -> Quality {
    let field = |name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default();
    let observed = field("observed_on").parse::<NaiveDate>().ok();
    let check = |zh: &str, en: &str, ok: bool| Check { name: Text::new(zh, en), ok };
    let checks = vec![
        check("信用代码校验位正确", "USCC check digit is right", uscc::check(field("uscc")).is_ok()),
        check("有名称", "has a name", field("name").chars().count() >= 4),
        check("有地区代码", "has a region code", RegionCode::parse(field("region_code")).is_ok()),
        check("有行业代码", "has an industry code", !field("industry_code").is_empty()),
        check("有成立日期", "has a founding date", !field("established_on").is_empty()),
        check("有注册资本", "has a capital", row.get("capital_cny").is_some_and(Value::is_number)),
        check("有地址", "has an address", !field("address").is_empty()),
        check("至少一种产品", "has at least one product", has_product),
        check(
            "三年内有观测",
            "observed within three years",
            observed.is_some_and(|day| (today - day).num_days() <= FRESH_DAYS),
        ),
    ];
    let passed = checks.iter().filter(|check| check.ok).count();
    let score = passed as f64 / checks.len() as f64;
    Quality { score, formula: Text::new(FORMULA.0, FORMULA.1), checks }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_score_is_the_share_of_checks_that_hold() {
        let today = NaiveDate::from_ymd_opt(2026, 11, 21).unwrap();
        let row = json!({
            "uscc": "91330681716195421C", "name": "锦源恒博集团有限公司", "region_code": "330681",
            "industry_code": "5131", "established_on": "1997-02-27", "capital_cny": 50_800_000.0,
            "address": "诸暨市大唐镇", "observed_on": "2025-01-01"
        });
        let full = assess(row.as_object().unwrap(), true, today);
        assert!((full.score - 1.0).abs() < 1e-12);
        let empty = assess(&Map::new(), false, today);
        assert!(empty.score.abs() < 1e-12);
        let old = json!({ "observed_on": "2019-06-06" });
        assert!(assess(old.as_object().unwrap(), false, today).score.abs() < 1e-12);
    }
}
