//! Tests of a model (模型测试), compiled to quality rules: all of a model's tests are one pass over its rows.
//!
//! ```sql
//! -- test: unique(enterprise_id)
//! -- test: not_null(name)
//! -- test: accepted_values(status, '在业', '注销')
//! -- test: relationships(industry_code, subject.industry.code)
//! -- test: expression(amount >= 0 AND started_on <= ended_on)
//! -- test: warn not_null(capital_cny) at_least 0.9
//! ```
//! A missing value violates `not_null` and `expression(… IS NOT NULL)` only, as in SQL.

use brain_lineage::sql::is_too_nested;
use brain_quality::rule::{Condition, Literal, Order, Relation};
use brain_quality::{Check, Rule, Rules, Severity};
use datafusion::sql::sqlparser::ast::{BinaryOperator, Expr, UnaryOperator, Value};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::parser::Parser;
use datafusion::sql::sqlparser::tokenizer::Token;
use serde::Serialize;

/// Longest test, in bytes.
const TEST_BYTES_MAX: usize = 4_000;

/// One test as written, with the rules it stands for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ModelTest {
    /// As written in the file.
    pub text: String,
    /// Rules it compiles to; more than one where an expression has several terms.
    pub rules: Vec<Rule>,
}

/// Why a test is not understood, in Chinese and English.
pub(super) type NotUnderstood = (&'static str, &'static str);

impl ModelTest {
    /// Read one test. `number` tells its rules apart from those of other tests.
    pub(super) fn parse(text: &str, number: usize) -> Result<Self, NotUnderstood> {
        if text.len() > TEST_BYTES_MAX || is_too_nested(text) {
            return Err(("测试过长或嵌套过深", "the test is too long or nested too deeply"));
        }
        let (severity, rest) = match text.strip_prefix("warn ") {
            Some(rest) => (Severity::Warning, rest.trim_start()),
            None => (Severity::Error, text),
        };
        let (call, at_least) = match rest.rsplit_once(") at_least ") {
            Some((call, share)) => (call, share_of(share)?),
            None => (rest.trim_end().strip_suffix(')').ok_or(SHAPE)?, 1.0),
        };
        let (kind, inside) = call.split_once('(').ok_or(SHAPE)?;
        let checks = checks(kind.trim(), &arguments(inside)?)?;
        let rules = checks.into_iter().enumerate().map(|(part, (when, check))| Rule {
            id: format!("{}-{number}.{part}", kind.trim()),
            title: None,
            severity,
            owner: None,
            at_least,
            when,
            check,
        });
        let rules: Vec<Rule> = rules.collect();
        // What the quality crate asks of its rules beyond their form.
        Rules { rules: rules.clone(), ..Rules::default() }.check().map_err(|_| ARGUMENTS)?;
        Ok(Self { text: text.to_owned(), rules })
    }

    /// Columns of the model that the test reads.
    pub(super) fn columns(&self) -> impl Iterator<Item = &str> {
        self.rules.iter().flat_map(|rule| {
            let conditions = match &rule.check {
                Check::Holds { conditions } => conditions.as_slice(),
                _ => &[],
            };
            let named = conditions.iter().chain(&rule.when).map(|condition| condition.column.as_str());
            rule.check.columns().into_iter().chain(named).collect::<Vec<_>>()
        })
    }
}

const SHAPE: NotUnderstood = ("测试须写成 名称(参数)", "a test is written as name(arguments)");
const KINDS: NotUnderstood = (
    "测试只有 unique、not_null、accepted_values、relationships、expression",
    "there are the tests unique, not_null, accepted_values, relationships and expression",
);
const ARGUMENTS: NotUnderstood = (
    "各值须为同一类型，列不超过 16 个，值不超过 10000 个",
    "values are of one type, with at most 16 columns and 10000 values",
);
const COLUMN: NotUnderstood = ("此处应为列名", "a column is expected here");
const VALUE: NotUnderstood =
    ("此处应为数、文本或 true、false", "a number, a text, true or false is expected here");
const TERM: NotUnderstood = (
    "表达式须由 AND 连接，每项为 列 比较 值、列 比较 列、IS [NOT] NULL、IN 或 BETWEEN",
    "an expression is terms joined by AND: column compared to value or column, IS [NOT] NULL, IN or BETWEEN",
);

fn share_of(text: &str) -> Result<f64, NotUnderstood> {
    let share = text.trim().parse::<f64>().ok().filter(|share| *share > 0.0 && *share <= 1.0);
    share.ok_or(("at_least 须大于 0、不超过 1", "at_least is above 0 and up to 1"))
}

fn arguments(text: &str) -> Result<Vec<Expr>, NotUnderstood> {
    let wrong = |_| ("参数不是合法的 SQL 表达式", "the arguments are no SQL expressions");
    let mut parser = Parser::new(&GenericDialect {}).try_with_sql(text).map_err(wrong)?;
    let found = parser.parse_comma_separated(Parser::parse_expr).map_err(wrong)?;
    match parser.peek_token().token {
        Token::EOF => Ok(found),
        _ => Err(SHAPE),
    }
}

/// A check and the rows it is about.
type Judged = (Vec<Condition>, Check);

fn checks(kind: &str, arguments: &[Expr]) -> Result<Vec<Judged>, NotUnderstood> {
    let whole = |check| Ok(vec![(Vec::new(), check)]);
    match kind {
        "unique" => whole(Check::Unique { columns: columns(arguments)? }),
        "not_null" => {
            let each = columns(arguments)?.into_iter();
            Ok(each.map(|column| (Vec::new(), Check::Complete { column, blank_counts: true })).collect())
        }
        "accepted_values" => {
            let (column, values) = arguments.split_first().ok_or(COLUMN)?;
            if values.is_empty() {
                return Err(VALUE);
            }
            let values = values.iter().map(literal).collect::<Result<_, _>>()?;
            whole(Check::OneOf { column: name(column)?, values })
        }
        "relationships" => whole(relationship(arguments)?),
        "expression" => match arguments {
            [one] => {
                let mut found = Vec::new();
                terms(one, &mut found)?;
                Ok(found)
            }
            _ => Err(TERM),
        },
        _ => Err(KINDS),
    }
}

/// `a, b, zone.table.x, zone.table.y`
fn relationship(arguments: &[Expr]) -> Result<Check, NotUnderstood> {
    const SIDES: NotUnderstood = (
        "relationships 须写成 relationships(列, 区.表.列)",
        "relationships is written as relationships(column, zone.table.column)",
    );
    if arguments.is_empty() || arguments.len() % 2 == 1 {
        return Err(SIDES);
    }
    let (here, there) = arguments.split_at(arguments.len() / 2);
    let mut dataset = None;
    let mut target = Vec::new();
    for expr in there {
        let Expr::CompoundIdentifier(parts) = expr else { return Err(SIDES) };
        let [zone, table, column] = parts.as_slice() else { return Err(SIDES) };
        let named = format!("{}.{}", zone.value, table.value);
        if dataset.get_or_insert_with(|| named.clone()) != &named {
            return Err(SIDES);
        }
        target.push(column.value.clone());
    }
    Ok(Check::Reference { columns: columns(here)?, dataset: dataset.ok_or(SIDES)?, target })
}

fn columns(arguments: &[Expr]) -> Result<Vec<String>, NotUnderstood> {
    arguments.iter().map(name).collect()
}

fn name(expr: &Expr) -> Result<String, NotUnderstood> {
    match expr {
        Expr::Identifier(identifier) => Ok(identifier.value.clone()),
        Expr::Nested(inner) => name(inner),
        _ => Err(COLUMN),
    }
}

fn literal(expr: &Expr) -> Result<Literal, NotUnderstood> {
    match expr {
        Expr::Value(value) => match &value.value {
            Value::Number(digits, _) => number(digits),
            Value::SingleQuotedString(text) => Ok(Literal::Text(text.clone())),
            Value::Boolean(truth) => Ok(Literal::Truth(*truth)),
            _ => Err(VALUE),
        },
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => match literal(expr)? {
            Literal::Whole(whole) => whole.checked_neg().map(Literal::Whole).ok_or(VALUE),
            Literal::Real(real) => Ok(Literal::Real(-real)),
            _ => Err(VALUE),
        },
        _ => Err(VALUE),
    }
}

fn number(digits: &str) -> Result<Literal, NotUnderstood> {
    if let Ok(whole) = digits.parse() {
        return Ok(Literal::Whole(whole));
    }
    digits.parse::<f64>().ok().filter(|real| real.is_finite()).map(Literal::Real).ok_or(VALUE)
}

/// Each term of a conjunction is a rule of its own, so that the outcome names the one that failed.
fn terms(expr: &Expr, found: &mut Vec<Judged>) -> Result<(), NotUnderstood> {
    match expr {
        Expr::Nested(inner) => terms(inner, found)?,
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
            terms(left, found)?;
            terms(right, found)?;
        }
        Expr::BinaryOp { left, op, right } => found.push(comparison(left, op, right)?),
        Expr::IsNotNull(column) => {
            found.push((Vec::new(), Check::Complete { column: name(column)?, blank_counts: true }));
        }
        Expr::IsNull(column) => {
            let missing =
                Condition { column: name(column)?, is: Relation::Missing, to: None, values: Vec::new() };
            found.push((Vec::new(), Check::Holds { conditions: vec![missing] }));
        }
        Expr::InList { expr, list, negated: false } => {
            let values = list.iter().map(literal).collect::<Result<_, _>>()?;
            found.push((Vec::new(), Check::OneOf { column: name(expr)?, values }));
        }
        Expr::Between { expr, negated: false, low, high } => {
            let (min, max) = (Some(literal(low)?), Some(literal(high)?));
            found.push((Vec::new(), Check::Range { column: name(expr)?, min, max }));
        }
        _ => return Err(TERM),
    }
    Ok(())
}

fn comparison(left: &Expr, op: &BinaryOperator, right: &Expr) -> Result<Judged, NotUnderstood> {
    let order = match op {
        BinaryOperator::Eq => Order::Equal,
        BinaryOperator::NotEq => Order::NotEqual,
        BinaryOperator::Lt => Order::Less,
        BinaryOperator::LtEq => Order::AtMost,
        BinaryOperator::Gt => Order::More,
        BinaryOperator::GtEq => Order::AtLeast,
        _ => return Err(TERM),
    };
    match (name(left), name(right)) {
        (Ok(left), Ok(right)) => Ok((Vec::new(), Check::Compare { left, order, right })),
        (Ok(column), Err(_)) => Ok(compared(column, order, literal(right)?)),
        (Err(_), Ok(column)) => Ok(compared(column, turned(order), literal(left)?)),
        (Err(_), Err(_)) => Err(TERM),
    }
}

/// A row without a value is not judged, as `NOT (NULL >= 0)` selects nothing in SQL.
fn compared(column: String, order: Order, value: Literal) -> Judged {
    let is = match order {
        Order::Equal => Relation::Equal,
        Order::NotEqual => Relation::NotEqual,
        Order::Less => Relation::Less,
        Order::AtMost => Relation::AtMost,
        Order::More => Relation::More,
        Order::AtLeast => Relation::AtLeast,
    };
    let present = Condition { column: column.clone(), is: Relation::Present, to: None, values: Vec::new() };
    let holds = Condition { column, is, to: Some(value), values: Vec::new() };
    (vec![present], Check::Holds { conditions: vec![holds] })
}

const fn turned(order: Order) -> Order {
    match order {
        Order::Less => Order::More,
        Order::AtMost => Order::AtLeast,
        Order::More => Order::Less,
        Order::AtLeast => Order::AtMost,
        same => same,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(text: &str) -> Vec<Rule> {
        let rules = ModelTest::parse(text, 1).unwrap().rules;
        Rules { rules: rules.clone(), ..Rules::default() }.check().unwrap();
        rules
    }

    #[test]
    fn each_kind_of_test_is_a_rule_the_quality_crate_takes() {
        let [unique] = rules("unique(a, b)").try_into().unwrap();
        assert_eq!(unique.check, Check::Unique { columns: vec!["a".into(), "b".into()] });
        let [present] = rules("warn not_null(a) at_least 0.9").try_into().unwrap();
        assert_eq!((present.severity, present.at_least), (Severity::Warning, 0.9));
        let [one_of] = rules("accepted_values(status, '在业', 'a)b')").try_into().unwrap();
        let values = vec![Literal::Text("在业".into()), Literal::Text("a)b".into())];
        assert_eq!(one_of.check, Check::OneOf { column: "status".into(), values });
        let [reference] = rules("relationships(code, subject.industry.code)").try_into().unwrap();
        let expected = Check::Reference {
            columns: vec!["code".into()],
            dataset: "subject.industry".into(),
            target: vec!["code".into()],
        };
        assert_eq!(reference.check, expected);
    }

    #[test]
    fn an_expression_is_one_rule_a_term_and_skips_rows_without_a_value() {
        let found = rules("expression((amount >= 0 AND 10 > n) AND a <= b AND s IN ('x') AND d IS NOT NULL)");
        assert_eq!(found.len(), 5);
        assert_eq!(found[0].when[0].is, Relation::Present);
        let Check::Holds { conditions } = &found[1].check else { panic!("{found:?}") };
        assert_eq!((conditions[0].column.as_str(), conditions[0].is), ("n", Relation::Less));
        assert!(matches!(&found[2].check, Check::Compare { order: Order::AtMost, .. }));
        let ids: std::collections::BTreeSet<&str> = found.iter().map(|rule| rule.id.as_str()).collect();
        assert_eq!(ids.len(), 5);
    }

    #[test]
    fn what_is_no_test_is_refused() {
        for text in [
            "",
            "unique",
            "unique(",
            "unique(a) b",
            "unique(a + 1)",
            "near(a)",
            "accepted_values(a)",
            "relationships(a, b)",
            "expression(a)",
            "expression(a OR b)",
            "expression(f(a) > 1)",
            "unique(a); DROP TABLE x",
            "not_null(a) at_least 2",
            "accepted_values(a, 'x', -1)",
            "expression(a = 1, b = 2)",
        ] {
            assert!(ModelTest::parse(text, 1).is_err(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_reader_fail(text in "(warn )?[a-z_]{0,8}\\(?[ a-z0-9(),.'<>=-]{0,40}\\)?( at_least [0-9.]{0,4})?") {
            if let Ok(test) = ModelTest::parse(&text, 1) {
                proptest::prop_assert!(!test.rules.is_empty());
                proptest::prop_assert!(test.columns().next().is_some());
            }
        }
    }
}
