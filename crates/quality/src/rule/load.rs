//! Rules read from TOML and checked before anything runs.

use std::collections::BTreeSet;

use regex::RegexBuilder;

use super::{Check, Condition, Literal, RULES_MAX, Relation, Rule, Rules};
use crate::error::{QualityError, Result};

/// Longest text of rules, in bytes.
const BYTES_MAX: usize = 1 << 20;
/// Longest regular expression, in characters.
const REGEX_CHARACTERS_MAX: usize = 1_000;
/// Memory of one compiled regular expression.
const REGEX_BYTES_MAX: usize = 4 << 20;
/// Longest expression, in bytes.
const EXPRESSION_BYTES_MAX: usize = 4_000;
/// Most values of one list.
const VALUES_MAX: usize = 10_000;
/// Most columns of one key, and most conditions of one rule.
const PARTS_MAX: usize = 16;
/// Longest id.
const ID_CHARACTERS_MAX: usize = 100;

impl Rules {
    /// Read and check.
    pub fn parse(text: &str) -> Result<Self> {
        if text.len() > BYTES_MAX {
            return Err(QualityError::rule(
                "file",
                format!("规则文件超过 {BYTES_MAX} 字节"),
                format!("more than {BYTES_MAX} bytes"),
            ));
        }
        let rules: Self = toml::from_str(text).map_err(|error| QualityError::Toml {
            line: error
                .span()
                .map_or(1, |span| text.get(..span.start).unwrap_or(text).matches('\n').count() + 1),
            message: error.message().to_owned(),
        })?;
        rules.check()?;
        Ok(rules)
    }

    /// As TOML, as [`Self::parse`] reads it.
    pub fn to_toml(&self) -> Result<String> {
        toml::to_string(self)
            .map_err(|error| QualityError::rule("file", error.to_string(), error.to_string()))
    }

    /// Whether every rule says what it must.
    pub fn check(&self) -> Result<()> {
        if self.rules.len() > RULES_MAX {
            return Err(QualityError::rule(
                "rule",
                format!("规则超过 {RULES_MAX} 条"),
                format!("more than {RULES_MAX} rules"),
            ));
        }
        for (dimension, weight) in &self.weights {
            if !(weight.is_finite() && (0.0..=100.0).contains(weight)) {
                let title = dimension.title();
                return Err(QualityError::rule(
                    format!("weights.{}", title.en),
                    "权重须在 0 到 100 之间",
                    "a weight is between 0 and 100",
                ));
            }
        }
        let mut ids = BTreeSet::new();
        for rule in &self.rules {
            check_rule(rule)?;
            if !ids.insert(&rule.id) {
                return Err(at(rule, "id", "编号重复", "the id is there twice"));
            }
        }
        Ok(())
    }
}

fn at(rule: &Rule, field: &str, zh: &str, en: &str) -> QualityError {
    QualityError::rule(format!("rule {:?}.{field}", rule.id), zh, en)
}

fn check_rule(rule: &Rule) -> Result<()> {
    let named = !rule.id.is_empty()
        && rule.id.len() <= ID_CHARACTERS_MAX
        && rule.id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    if !named {
        return Err(at(
            rule,
            "id",
            "编号须为 1 至 100 个字母、数字、-、_ 或 .",
            "an id has 1 to 100 letters, digits, -, _ or .",
        ));
    }
    if !(rule.at_least > 0.0 && rule.at_least <= 1.0) {
        return Err(at(rule, "at_least", "达标比例须大于 0、不超过 1", "a share above 0 and up to 1"));
    }
    if rule.at_least < 1.0 && !rule.check.is_about_rows() {
        return Err(at(
            rule,
            "at_least",
            "这种检查针对整张表，没有达标比例",
            "this check is about the whole table, which passes or not",
        ));
    }
    if !rule.when.is_empty() && !rule.check.is_about_rows() {
        return Err(at(
            rule,
            "when",
            "这种检查针对整张表，不能只看部分行",
            "this check is about the whole table and takes no condition",
        ));
    }
    check_conditions(rule, "when", &rule.when)?;
    check_check(rule)
}

fn check_check(rule: &Rule) -> Result<()> {
    match &rule.check {
        Check::Unique { columns } => parts(rule, "check.columns", columns),
        Check::Reference { columns, dataset, target } => {
            parts(rule, "check.columns", columns)?;
            if target.len() != columns.len() {
                return Err(at(rule, "check.target", "两边的列数须相同", "as many columns as on this side"));
            }
            if dataset.is_empty() {
                return Err(at(
                    rule,
                    "check.dataset",
                    "请写明引用的数据集",
                    "the table referred to is missing",
                ));
            }
            Ok(())
        }
        Check::Pattern { regex, .. } => pattern(rule, "check.regex", regex).map(drop),
        Check::OneOf { values, .. } => values_fit(rule, "check.values", values),
        Check::CodeList { list, .. } if list.is_empty() => {
            Err(at(rule, "check.list", "请写明代码表", "the list is missing"))
        }
        Check::Range { min, max, .. } => {
            some_bound(rule, min.is_some() || max.is_some())?;
            min.iter().chain(max).try_for_each(|bound| finite(rule, "check", bound))
        }
        Check::Length { min, max, .. } => {
            some_bound(rule, min.is_some() || max.is_some())?;
            ordered(rule, min.map(f64::from), max.map(f64::from))
        }
        Check::RowCount { min, max, change_at_most } => {
            some_bound(rule, min.is_some() || max.is_some() || change_at_most.is_some())?;
            if change_at_most.is_some_and(|share| !(share.is_finite() && share >= 0.0)) {
                return Err(at(
                    rule,
                    "check.change_at_most",
                    "须为不小于 0 的数",
                    "a number that is not below 0",
                ));
            }
            ordered(rule, min.map(|n| n as f64), max.map(|n| n as f64))
        }
        Check::Statistic { min, max, .. } => {
            some_bound(rule, min.is_some() || max.is_some())?;
            min.iter().chain(max).try_for_each(|bound| finite(rule, "check", &Literal::Real(*bound)))?;
            ordered(rule, *min, *max)
        }
        Check::Drift { at_most, .. } if !(at_most.is_finite() && *at_most >= 0.0) => {
            Err(at(rule, "check.at_most", "须为不小于 0 的数", "a number that is not below 0"))
        }
        Check::Age { max_days, .. } if !(max_days.is_finite() && (0.0..=100_000.0).contains(max_days)) => {
            Err(at(rule, "check.max_days", "须为 0 到 100000 天", "between 0 and 100000 days"))
        }
        Check::Holds { conditions } => {
            if conditions.is_empty() {
                return Err(at(rule, "check.conditions", "请写明条件", "a condition is missing"));
            }
            check_conditions(rule, "check.conditions", conditions)
        }
        Check::Expression { sql } if sql.trim().is_empty() || sql.len() > EXPRESSION_BYTES_MAX => {
            Err(at(rule, "check.sql", "表达式须为 1 至 4000 字节", "an expression has 1 to 4000 bytes"))
        }
        Check::Columns { wanted, .. } if wanted.is_empty() || wanted.len() > 10_000 => {
            Err(at(rule, "check.wanted", "请写明 1 至 10000 列", "between 1 and 10000 columns"))
        }
        _ => Ok(()),
    }
}

fn check_conditions(rule: &Rule, field: &str, conditions: &[Condition]) -> Result<()> {
    if conditions.len() > PARTS_MAX {
        return Err(at(rule, field, "条件超过 16 个", "more than 16 conditions"));
    }
    for (place, condition) in conditions.iter().enumerate() {
        let field = format!("{field}[{place}]");
        let (needs_one, needs_several) = match condition.is {
            Relation::Present | Relation::Missing => (false, false),
            Relation::OneOf => (false, true),
            _ => (true, false),
        };
        if needs_one != condition.to.is_some() {
            let (zh, en) =
                if needs_one { ("缺少 to", "`to` is missing") } else { ("不用 to", "takes no `to`") };
            return Err(at(rule, &field, zh, en));
        }
        if needs_several == condition.values.is_empty() {
            let (zh, en) = if needs_several {
                ("缺少 values", "`values` are missing")
            } else {
                ("不用 values", "takes no `values`")
            };
            return Err(at(rule, &field, zh, en));
        }
        if needs_several {
            values_fit(rule, &field, &condition.values)?;
        }
        condition.to.iter().try_for_each(|to| finite(rule, &field, to))?;
        if condition.is == Relation::Matches {
            let Some(Literal::Text(text)) = &condition.to else {
                return Err(at(rule, &field, "to 须为正则表达式", "`to` is a regular expression"));
            };
            pattern(rule, &field, text)?;
        }
    }
    Ok(())
}

fn parts(rule: &Rule, field: &str, columns: &[String]) -> Result<()> {
    let different: BTreeSet<_> = columns.iter().collect();
    if columns.is_empty() || columns.len() > PARTS_MAX || different.len() != columns.len() {
        return Err(at(rule, field, "须为 1 至 16 个不同的列", "1 to 16 different columns"));
    }
    Ok(())
}

fn values_fit(rule: &Rule, field: &str, values: &[Literal]) -> Result<()> {
    if values.is_empty() || values.len() > VALUES_MAX {
        return Err(at(rule, field, "须为 1 至 10000 个值", "1 to 10000 values"));
    }
    let same = |a: &Literal, b: &Literal| std::mem::discriminant(a) == std::mem::discriminant(b);
    if values.windows(2).any(|pair| matches!(pair, [a, b] if !same(a, b))) {
        return Err(at(rule, field, "各值须为同一类型", "all values are of one type"));
    }
    if matches!(values.first(), Some(Literal::Real(_) | Literal::Truth(_))) {
        return Err(at(rule, field, "值须为文本或整数", "values are texts or whole numbers"));
    }
    Ok(())
}

/// TOML knows `nan` and `inf`; nothing can be compared with the one, and the other bounds nothing.
fn finite(rule: &Rule, field: &str, literal: &Literal) -> Result<()> {
    match literal {
        Literal::Real(real) if !real.is_finite() => {
            Err(at(rule, field, "须为有限的数", "a finite number is needed"))
        }
        _ => Ok(()),
    }
}

fn some_bound(rule: &Rule, any: bool) -> Result<()> {
    if any {
        Ok(())
    } else {
        Err(at(rule, "check", "请至少写一个界限", "at least one bound is needed"))
    }
}

fn ordered(rule: &Rule, min: Option<f64>, max: Option<f64>) -> Result<()> {
    match (min, max) {
        (Some(min), Some(max)) if min > max => Err(at(rule, "check", "下限大于上限", "min is above max")),
        _ => Ok(()),
    }
}

/// A regular expression that matches whole texts.
pub(crate) fn pattern(rule: &Rule, field: &str, regex: &str) -> Result<regex::Regex> {
    if regex.chars().count() > REGEX_CHARACTERS_MAX {
        return Err(at(rule, field, "正则表达式超过 1000 个字符", "more than 1000 characters"));
    }
    let anchored = format!("^(?:{regex})$");
    RegexBuilder::new(&anchored).size_limit(REGEX_BYTES_MAX).build().map_err(|error| {
        // The parser points into the text on several lines; its last line says what is wrong.
        let said = error.to_string();
        let last = said.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
        at(rule, field, &format!("正则表达式有误：{last}"), &last)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(toml: &str) -> String {
        Rules::parse(toml).unwrap_err().to_string()
    }

    #[test]
    fn a_rule_that_does_not_say_what_it_must_is_refused_with_its_place() {
        let rule = |check: &str| format!("[[rule]]\nid = \"a\"\ncheck = {check}\n");
        for (text, said) in [
            (rule("{ kind = \"patern\", column = \"a\" }"), "line 3"),
            (rule("{ kind = \"complete\", colum = \"a\" }"), "line 3"),
            (
                rule("{ kind = \"pattern\", column = \"a\", regex = \"(\" }"),
                "rule \"a\".check.regex: unclosed group",
            ),
            (rule("{ kind = \"range\", column = \"a\" }"), "at least one bound"),
            (rule("{ kind = \"length\", column = \"a\", min = 3, max = 2 }"), "min is above max"),
            (rule("{ kind = \"unique\", columns = [] }"), "1 to 16 different columns"),
            (rule("{ kind = \"unique\", columns = [\"a\", \"a\"] }"), "1 to 16 different columns"),
            (
                rule("{ kind = \"one_of\", column = \"a\", values = [1, \"b\"] }"),
                "all values are of one type",
            ),
            (
                rule("{ kind = \"reference\", columns = [\"a\"], dataset = \"d\", target = [\"b\", \"c\"] }"),
                "as many columns",
            ),
            (
                rule("{ kind = \"holds\", conditions = [{ column = \"a\", is = \"equal\" }] }"),
                "`to` is missing",
            ),
            (rule("{ kind = \"row_count\", min = 1 }\nat_least = 0.5"), "whole table"),
            (rule("{ kind = \"complete\", column = \"a\" }\nat_least = 0.0"), "above 0"),
            (rule("{ kind = \"expression\", sql = \" \" }"), "1 to 4000 bytes"),
            (rule("{ kind = \"age\", column = \"a\", max_days = -1.0 }"), "between 0 and 100000 days"),
            ("[[rule]]\nid = \"a b\"\ncheck = { kind = \"row_count\", min = 1 }".to_owned(), "an id has"),
            (format!("{0}{0}", rule("{ kind = \"row_count\", min = 1 }")), "twice"),
            (rule("{ kind = \"range\", column = \"a\", min = nan }"), "finite number"),
            ("[weights]\nvalidity = -1.0\n".to_owned(), "weight"),
        ] {
            let found = refused(&text);
            assert!(found.contains(said), "{text}\n{found}");
        }
    }

    #[test]
    fn rules_written_out_are_read_back_the_same() {
        let text = r#"
            owner = "alice"
            [weights]
            validity = 2.0
            [[rule]]
            id = "shape"
            severity = "critical"
            at_least = 0.995
            when = [{ column = "status", is = "equal", to = "active" }]
            check = { kind = "pattern", column = "code", regex = "[0-9]{6}" }
            [[rule]]
            id = "ends"
            check = { kind = "range", column = "day", min = "2000-01-01", max = "today" }
        "#;
        let rules = Rules::parse(text).unwrap();
        assert_eq!(rules.rules[0].severity, super::super::Severity::Critical);
        assert_eq!(Rules::parse(&rules.to_toml().unwrap()).unwrap(), rules);
    }
}
