//! A rule in one sentence, for people who do not read TOML.

use brain_kernel::language::Text;

use super::{AgeOf, Check, Condition, DriftMeasure, Literal, Measure, Order, Relation, Rule, Scheme};

/// Values of a list that are shown.
const VALUES_SHOWN: usize = 5;

impl Rule {
    /// What the rule asks, its conditions included.
    #[must_use]
    pub fn describe(&self) -> Text {
        if let Some(title) = &self.title {
            return title.clone();
        }
        let said = self.check.describe();
        if self.when.is_empty() {
            return said;
        }
        let (zh, en) = conditions(&self.when);
        Text::new(format!("当{zh}时，{}", said.zh), format!("where {en}: {}", said.en))
    }
}

impl Check {
    /// What the check asks.
    #[must_use]
    pub fn describe(&self) -> Text {
        let (zh, en) = match self {
            Self::Complete { column, .. } => (format!("{column} 有值"), format!("{column} has a value")),
            Self::Unique { columns } => {
                let columns = columns.join(" + ");
                (format!("{columns} 不重复"), format!("{columns} is unique"))
            }
            Self::Pattern { column, regex } => {
                (format!("{column} 符合格式 {regex}"), format!("{column} matches {regex}"))
            }
            Self::OneOf { column, values } => {
                let values = listed(values);
                (format!("{column} 只取 {values}"), format!("{column} is one of {values}"))
            }
            Self::CodeList { column, list } => {
                (format!("{column} 是代码表 {list} 中的代码"), format!("{column} is a code of {list}"))
            }
            Self::Range { column, min, max } => {
                let (zh, en) = bounds(min.as_ref(), max.as_ref());
                (format!("{column} {zh}"), format!("{column} {en}"))
            }
            Self::Length { column, min, max } => {
                let (zh, en) = bounds(min.as_ref(), max.as_ref());
                (format!("{column} 的字符数{zh}"), format!("characters of {column} {en}"))
            }
            Self::CheckDigit { column, scheme } => {
                let (zh, en) = match scheme {
                    Scheme::Uscc => ("统一社会信用代码", "credit code"),
                    Scheme::ResidentId => ("公民身份号码", "resident id"),
                    Scheme::Gtin => ("商品条码", "barcode"),
                    Scheme::Luhn => ("银行卡号", "card number"),
                };
                (format!("{column} 的{zh}校验位正确"), format!("{column} has the check digit of a {en}"))
            }
            Self::Date { column } => {
                (format!("{column} 能读作日期"), format!("{column} can be read as a day"))
            }
            Self::Compare { left, order, right } => {
                let sign = sign(*order);
                (format!("{left} {sign} {right}"), format!("{left} {sign} {right}"))
            }
            Self::Holds { conditions: all } => conditions(all),
            Self::Expression { sql } => (format!("满足 {sql}"), format!("{sql} holds")),
            Self::Age { column, max_days, of: AgeOf::Newest } => (
                format!("最新的 {column} 不早于 {max_days} 天前"),
                format!("the newest {column} is at most {max_days} days old"),
            ),
            Self::Age { column, max_days, .. } => (
                format!("每行的 {column} 不早于 {max_days} 天前"),
                format!("each {column} is at most {max_days} days old"),
            ),
            Self::Reference { columns, dataset, target } => {
                let (columns, target) = (columns.join(" + "), target.join(" + "));
                (
                    format!("{columns} 在 {dataset} 的 {target} 中存在"),
                    format!("{columns} is there in {target} of {dataset}"),
                )
            }
            Self::RowCount { min, max, change_at_most } => row_count(*min, *max, *change_at_most),
            Self::Statistic { column, measure, min, max } => {
                let ((zh, en), (zh_bounds, en_bounds)) =
                    (measured(*measure), bounds(min.as_ref(), max.as_ref()));
                (format!("{column} 的{zh}{zh_bounds}"), format!("{en} of {column} {en_bounds}"))
            }
            Self::Drift { column, measure, at_most } => {
                let name = match measure {
                    DriftMeasure::Psi => "PSI",
                    DriftMeasure::Ks => "KS",
                    DriftMeasure::ChiSquare => "χ² (V)",
                };
                (
                    format!("{column} 的分布与基线相差 {name} ≤ {at_most}"),
                    format!("{column} is distributed as before: {name} ≤ {at_most}"),
                )
            }
            Self::Columns { wanted, others } => {
                let names: Vec<&str> =
                    wanted.iter().take(VALUES_SHOWN).map(|one| one.name.as_str()).collect();
                let (names, more) = (names.join(", "), if wanted.len() > VALUES_SHOWN { " …" } else { "" });
                let (zh, en) = if *others { ("", "") } else { ("，没有其他列", ", no others") };
                (format!("有列 {names}{more}{zh}"), format!("there are columns {names}{more}{en}"))
            }
        };
        Text::new(zh, en)
    }
}

fn sign(order: Order) -> &'static str {
    match order {
        Order::Equal => "=",
        Order::NotEqual => "≠",
        Order::Less => "<",
        Order::AtMost => "≤",
        Order::More => ">",
        Order::AtLeast => "≥",
    }
}

fn bounds<T: std::fmt::Display>(min: Option<&T>, max: Option<&T>) -> (String, String) {
    match (min, max) {
        (Some(min), Some(max)) => (format!("在 {min} 至 {max} 之间"), format!("is between {min} and {max}")),
        (Some(min), None) => (format!("不小于 {min}"), format!("is at least {min}")),
        (None, Some(max)) => (format!("不大于 {max}"), format!("is at most {max}")),
        (None, None) => (String::new(), String::new()),
    }
}

fn listed(values: &[Literal]) -> String {
    let shown: Vec<String> = values.iter().take(VALUES_SHOWN).map(ToString::to_string).collect();
    let more = if values.len() > VALUES_SHOWN { format!(" … ({})", values.len()) } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

fn row_count(min: Option<u64>, max: Option<u64>, change: Option<f64>) -> (String, String) {
    let (mut zh, mut en) = bounds(min.as_ref(), max.as_ref());
    if let Some(share) = change {
        let share = share * 100.0;
        let (comma, and) = if zh.is_empty() { ("", "") } else { ("，", " and ") };
        zh.push_str(&format!("{comma}与上次相差不超过 {share}%"));
        en.push_str(&format!("{and}changes by at most {share}%"));
    }
    (format!("行数{zh}"), format!("number of rows {en}"))
}

fn measured(measure: Measure) -> (&'static str, &'static str) {
    match measure {
        Measure::Min => ("最小值", "smallest value"),
        Measure::Max => ("最大值", "largest value"),
        Measure::Mean => ("平均值", "mean"),
        Measure::Sum => ("合计", "sum"),
        Measure::Deviation => ("标准差", "standard deviation"),
        Measure::Median => ("中位数", "median"),
        Measure::Distinct => ("不同值个数", "number of different values"),
        Measure::DistinctShare => ("不同值占比", "share of different values"),
        Measure::Missing => ("缺失个数", "number of missing values"),
        Measure::MissingShare => ("缺失占比", "share of missing values"),
    }
}

fn conditions(all: &[Condition]) -> (String, String) {
    let (zh, en): (Vec<String>, Vec<String>) = all.iter().map(condition).unzip();
    (zh.join("、"), en.join(" and "))
}

fn condition(one: &Condition) -> (String, String) {
    let column = &one.column;
    let to = one.to.as_ref().map(ToString::to_string).unwrap_or_default();
    let same = |sign: &str| (format!("{column} {sign} {to}"), format!("{column} {sign} {to}"));
    match one.is {
        Relation::Present => (format!("{column} 有值"), format!("{column} has a value")),
        Relation::Missing => (format!("{column} 没有值"), format!("{column} has no value")),
        Relation::Equal => same("="),
        Relation::NotEqual => same("≠"),
        Relation::Less => same("<"),
        Relation::AtMost => same("≤"),
        Relation::More => same(">"),
        Relation::AtLeast => same("≥"),
        Relation::OneOf => {
            let values = listed(&one.values);
            (format!("{column} 是 {values} 之一"), format!("{column} is one of {values}"))
        }
        Relation::Matches => (format!("{column} 符合格式 {to}"), format!("{column} matches {to}")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Rules;

    #[test]
    fn a_rule_reads_as_a_sentence_in_both_languages() {
        let rules = Rules::parse(
            r#"
            [[rule]]
            id = "a"
            when = [{ column = "status", is = "equal", to = "closed" }]
            check = { kind = "holds", conditions = [{ column = "closed_on", is = "present" }] }
            [[rule]]
            id = "b"
            check = { kind = "row_count", min = 1, change_at_most = 0.5 }
            "#,
        )
        .unwrap();
        let said: Vec<_> = rules.rules.iter().map(|rule| rule.describe()).collect();
        assert_eq!(said[0].zh, "当status = closed时，closed_on 有值");
        assert_eq!(said[0].en, "where status = closed: closed_on has a value");
        assert_eq!(said[1].en, "number of rows is at least 1 and changes by at most 50%");
    }
}
