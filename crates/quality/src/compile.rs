//! Rules and a schema become one pass.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use arrow_schema::{DataType, Schema};
use brain_kernel::language::Text;
use chrono::{DateTime, Utc};
use rustc_hash::FxHashSet;

use crate::error::{QualityError, Result};
use crate::expression::{Expression, Expressions};
use crate::gather::Wish;
use crate::keys::Room;
use crate::literal::{DAY_MICROS, Number, days, number};
use crate::profile::ValueKind;
use crate::rule::load::pattern;
use crate::rule::{AgeOf, Check, Condition, DriftMeasure, Literal, Measure, Order, Relation, Rule, Rules};
use crate::test::{Ready, Test, Wanted};

/// Code lists (代码表) by name, each with its codes.
#[derive(Debug, Clone, Default)]
pub struct Lists(BTreeMap<String, FxHashSet<Box<str>>>);

impl Lists {
    /// None.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Add a list.
    pub fn insert<'a>(&mut self, name: impl Into<String>, codes: impl IntoIterator<Item = &'a str>) {
        self.0.insert(name.into(), codes.into_iter().map(Into::into).collect());
    }
}

/// How a pass is run.
#[derive(Debug, Clone)]
pub struct Options {
    /// The moment of the check, for ages and `today`.
    pub now: DateTime<Utc>,
    /// Whether every column is profiled.
    pub profile: bool,
    /// Numbers of failing rows kept per rule.
    pub examples: usize,
    /// Bytes of keys in memory per [`crate::State`], shared by its rules of keys.
    pub keys_bytes: usize,
    /// Folder for keys beyond that.
    pub folder: PathBuf,
    /// Expressions of rules, ready for the table.
    pub expressions: Expressions,
}

impl Options {
    /// No profile, ten examples, 64 MiB of keys.
    #[must_use]
    pub fn new(now: DateTime<Utc>, folder: PathBuf) -> Self {
        let expressions = Expressions::new();
        Self { now, profile: false, examples: 10, keys_bytes: 64 << 20, folder, expressions }
    }
}

/// A column the pass reads.
#[derive(Debug, Clone)]
pub(crate) struct Planned {
    pub(crate) name: String,
    pub(crate) kind: ValueKind,
    pub(crate) data_type: DataType,
    pub(crate) wish: Option<Wish>,
}

/// What is done for one rule.
#[derive(Debug)]
pub(crate) enum Task {
    /// Rows are judged.
    Rows { when: Option<usize>, test: Test },
    /// Rows are judged by what an expression says of them.
    Expression { when: Option<usize>, ready: Arc<dyn Expression> },
    /// Keys are collected, and judged at the end.
    Keys { when: Option<usize>, columns: Vec<usize> },
    /// Judged at the end from what was gathered of this column, where it is about one.
    Table { column: Option<usize> },
    /// It cannot be measured on this table.
    Unmeasured { why: Text },
}

/// One pass over a table: made once, used by many states.
#[derive(Debug)]
pub struct Plan {
    pub(crate) rules: Rules,
    pub(crate) tasks: Vec<Task>,
    pub(crate) filters: Vec<Vec<Ready>>,
    pub(crate) columns: Vec<Planned>,
    /// Every column of the table.
    pub(crate) table: Vec<(String, ValueKind)>,
    pub(crate) options: Options,
}

impl Plan {
    /// Make the pass for a table with this schema. A rule that does not fit it, for example as its column is missing,
    /// is reported as not measured; only a rule that fits no table is refused.
    pub fn compile(rules: &Rules, schema: &Schema, lists: &Lists, options: Options) -> Result<Self> {
        rules.check()?;
        let mut making = Making {
            schema,
            lists,
            now: options.now,
            expressions: &options.expressions,
            columns: Vec::new(),
            filters: Vec::new(),
            seen: Vec::new(),
        };
        if options.profile {
            for field in schema.fields() {
                making.wish(field.name(), Wish::PROFILE)?;
            }
        }
        let tasks = rules.rules.iter().map(|rule| match making.task(rule) {
            Ok(task) => Ok(task),
            Err(Stop::Unfit(why)) => Ok(Task::Unmeasured { why }),
            Err(Stop::Wrong(error)) => Err(error),
        });
        let tasks = tasks.collect::<Result<Vec<_>>>()?;
        let table = schema
            .fields()
            .iter()
            .map(|field| (field.name().clone(), ValueKind::of(field.data_type())))
            .collect();
        let (columns, filters) = (making.columns, making.filters);
        Ok(Self { rules: rules.clone(), tasks, filters, columns, table, options })
    }

    /// Columns the pass reads; batches need no others.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|column| column.name.as_str())
    }

    /// Rules that refer to another table: id, table, its columns. Their keys go into [`crate::Inputs`].
    pub fn references(&self) -> impl Iterator<Item = (&str, &str, &[String])> {
        self.rules.rules.iter().zip(&self.tasks).filter_map(|(rule, task)| match (&rule.check, task) {
            (Check::Reference { dataset, target, .. }, Task::Keys { .. }) => {
                Some((rule.id.as_str(), dataset.as_str(), target.as_slice()))
            }
            _ => None,
        })
    }

    /// Room for the keys of one rule of one state.
    pub(crate) fn room(&self) -> Room {
        let rules = self.tasks.iter().filter(|task| matches!(task, Task::Keys { .. })).count().max(1);
        let keys_max = (self.options.keys_bytes / size_of::<u128>() / rules).max(1024);
        Room { keys_max, folder: self.options.folder.clone() }
    }
}

/// Why a rule becomes no task.
enum Stop {
    /// It does not fit this table.
    Unfit(Text),
    /// It fits no table.
    Wrong(QualityError),
}

impl From<QualityError> for Stop {
    fn from(error: QualityError) -> Self {
        Self::Wrong(error)
    }
}

fn unfit<T>(zh: impl Into<String>, en: impl Into<String>) -> std::result::Result<T, Stop> {
    Err(Stop::Unfit(Text::new(zh, en)))
}

struct Making<'a> {
    schema: &'a Schema,
    lists: &'a Lists,
    now: DateTime<Utc>,
    expressions: &'a Expressions,
    columns: Vec<Planned>,
    filters: Vec<Vec<Ready>>,
    /// Conditions of each filter, as written: equal ones are worked out once.
    seen: Vec<Vec<Condition>>,
}

type Made<T> = std::result::Result<T, Stop>;

impl Making<'_> {
    fn task(&mut self, rule: &Rule) -> Made<Task> {
        let when = if rule.when.is_empty() { None } else { Some(self.filter(rule, "when", &rule.when)?) };
        let test = match &rule.check {
            Check::Unique { columns } | Check::Reference { columns, .. } => {
                let places = columns.iter().map(|name| self.key(name)).collect::<Made<Vec<_>>>()?;
                return Ok(Task::Keys { when, columns: places });
            }
            Check::Expression { .. } => {
                return Ok(Task::Expression { when, ready: self.expression(&rule.id)? });
            }
            Check::Age { column, max_days, of: AgeOf::Each } => self.age(column, *max_days)?,
            check if !check.is_about_rows() => return self.table(check),
            check => self.test(rule, check)?,
        };
        Ok(Task::Rows { when, test })
    }

    fn test(&mut self, rule: &Rule, check: &Check) -> Made<Test> {
        Ok(match check {
            Check::Complete { column, blank_counts: true } => {
                Test::Present { column: self.column(column)?.0 }
            }
            Check::Complete { column, .. } => Test::Filled { column: self.column(column)?.0 },
            Check::Pattern { column, regex } => {
                Test::Pattern { column: self.text(column)?, regex: pattern(rule, "check.regex", regex)? }
            }
            Check::OneOf { column, values } => match self.among(column, values)? {
                (column, Wanted::Texts(allowed)) => Test::Texts { column, allowed },
                (column, Wanted::Wholes(allowed)) => Test::Wholes { column, allowed },
                _ => return unfit("值与列的类型不符", "the values do not fit the column"),
            },
            Check::CodeList { column, list } => self.code_list(column, list)?,
            Check::Range { column, min, max } => {
                let (place, kind) = self.column(column)?;
                let bound = |literal: &Option<Literal>| match literal {
                    None => Ok(None),
                    Some(literal) => self.number(column, literal, kind).map(Some),
                };
                Test::Range { column: place, min: bound(min)?, max: bound(max)? }
            }
            Check::Length { column, min, max } => Test::Length {
                column: self.text(column)?,
                min: min.map_or(0, |min| min as usize),
                max: max.map_or(usize::MAX, |max| max as usize),
            },
            Check::CheckDigit { column, scheme } => {
                Test::CheckDigit { column: self.text(column)?, scheme: *scheme }
            }
            Check::Date { column } => Test::Date { column: self.text(column)? },
            Check::Compare { left, order, right } => {
                let (a, b) = (self.column(left)?, self.column(right)?);
                let number = |kind| matches!(kind, ValueKind::Whole | ValueKind::Real);
                if a.1 == ValueKind::Other || (a.1 != b.1 && !(number(a.1) && number(b.1))) {
                    return unfit(
                        format!("列“{left}”与“{right}”的类型不同，不能比较"),
                        format!("columns {left} and {right} are of different kinds"),
                    );
                }
                Test::Compare { left: a.0, order: *order, right: b.0 }
            }
            Check::Holds { conditions } => {
                Test::Holds { filter: self.filter(rule, "check.conditions", conditions)? }
            }
            Check::Unique { .. }
            | Check::Reference { .. }
            | Check::Expression { .. }
            | Check::Age { .. }
            | Check::RowCount { .. }
            | Check::Statistic { .. }
            | Check::Drift { .. }
            | Check::Columns { .. } => return unfit("不是逐行检查", "not a check of rows"),
        })
    }

    fn table(&mut self, check: &Check) -> Made<Task> {
        let none = Wish::default();
        let (column, wish) = match check {
            Check::Age { column, .. } => {
                let (_, kind) = self.column(column)?;
                if !matches!(kind, ValueKind::Day | ValueKind::Instant) {
                    return no_day(column);
                }
                (column, Wish { moments: true, ..none })
            }
            Check::Statistic { column, measure, .. } => {
                let (_, kind) = self.column(column)?;
                let wish = match measure {
                    Measure::Missing | Measure::MissingShare => none,
                    Measure::Distinct | Measure::DistinctShare if kind != ValueKind::Other => {
                        Wish { distinct: true, ..none }
                    }
                    Measure::Median if matches!(kind, ValueKind::Whole | ValueKind::Real) => {
                        Wish { moments: true, histogram: true, ..none }
                    }
                    _ if matches!(kind, ValueKind::Whole | ValueKind::Real) => Wish { moments: true, ..none },
                    _ => {
                        return unfit(
                            format!("列“{column}”不是数值"),
                            format!("column {column} holds no numbers"),
                        );
                    }
                };
                (column, wish)
            }
            Check::Drift { column, measure, .. } => {
                let (_, kind) = self.column(column)?;
                let wish = match (measure, kind) {
                    (_, ValueKind::Other) | (DriftMeasure::Ks, ValueKind::Text | ValueKind::Truth) => {
                        return unfit(
                            format!("列“{column}”的类型不能这样比较分布"),
                            format!("the distribution of column {column} cannot be compared so"),
                        );
                    }
                    (DriftMeasure::ChiSquare, _) | (_, ValueKind::Text | ValueKind::Truth) => {
                        Wish { frequent: true, ..none }
                    }
                    _ => Wish { moments: true, histogram: true, ..none },
                };
                (column, wish)
            }
            _ => return Ok(Task::Table { column: None }),
        };
        Ok(Task::Table { column: Some(self.wish(column, wish)?) })
    }

    /// Place and kind of a column of the table; from now on the pass reads it.
    fn column(&mut self, name: &str) -> Made<(usize, ValueKind)> {
        if let Some(place) = self.columns.iter().position(|column| column.name == name) {
            return Ok((place, self.columns.get(place).map_or(ValueKind::Other, |column| column.kind)));
        }
        let Ok(field) = self.schema.field_with_name(name) else {
            return unfit(format!("表中没有列“{name}”"), format!("the table has no column {name}"));
        };
        let kind = ValueKind::of(field.data_type());
        let data_type = field.data_type().clone();
        self.columns.push(Planned { name: name.to_owned(), kind, data_type, wish: None });
        Ok((self.columns.len() - 1, kind))
    }

    fn expression(&mut self, rule: &str) -> Made<Arc<dyn Expression>> {
        let ready = match self.expressions.get(rule) {
            Some(Ok(ready)) => Arc::clone(ready),
            Some(Err(why)) => return Err(Stop::Unfit(why.clone())),
            None => return unfit("此处不能计算表达式", "expressions are not worked out here"),
        };
        for name in ready.columns() {
            self.column(name)?;
        }
        Ok(ready)
    }

    fn wish(&mut self, name: &str, wish: Wish) -> Result<usize> {
        let place = match self.column(name) {
            Ok((place, _)) => place,
            Err(Stop::Wrong(error)) => return Err(error),
            Err(Stop::Unfit(problem)) => return Err(QualityError::Rule { place: name.to_owned(), problem }),
        };
        if let Some(column) = self.columns.get_mut(place) {
            let mine = column.wish.get_or_insert_default();
            mine.moments |= wish.moments;
            mine.histogram |= wish.histogram;
            mine.distinct |= wish.distinct;
            mine.frequent |= wish.frequent;
            mine.texts |= wish.texts;
        }
        Ok(place)
    }

    fn text(&mut self, name: &str) -> Made<usize> {
        match self.column(name)? {
            (place, ValueKind::Text) => Ok(place),
            _ => unfit(format!("列“{name}”不是文本"), format!("column {name} holds no texts")),
        }
    }

    fn key(&mut self, name: &str) -> Made<usize> {
        match self.column(name)? {
            (_, ValueKind::Other) => unfit(
                format!("列“{name}”的类型不能作键"),
                format!("column {name} is of a kind that is no key"),
            ),
            (place, _) => Ok(place),
        }
    }

    fn age(&mut self, name: &str, max_days: f64) -> Made<Test> {
        let (column, kind) = self.column(name)?;
        let oldest = match kind {
            ValueKind::Day => Number::Whole(days(self.now.date_naive()) - max_days.floor() as i64),
            ValueKind::Instant => {
                Number::Whole(self.now.timestamp_micros() - (max_days * DAY_MICROS as f64) as i64)
            }
            _ => return no_day(name),
        };
        Ok(Test::Range { column, min: Some(oldest), max: None })
    }

    fn code_list(&mut self, name: &str, list: &str) -> Made<Test> {
        let (column, kind) = self.column(name)?;
        let Some(codes) = self.lists.0.get(list) else {
            return unfit(format!("没有代码表“{list}”"), format!("there is no code list {list}"));
        };
        match kind {
            ValueKind::Text => Ok(Test::Texts { column, allowed: codes.clone() }),
            ValueKind::Whole => {
                let mut allowed: Vec<i64> = codes.iter().filter_map(|code| code.parse().ok()).collect();
                allowed.sort_unstable();
                Ok(Test::Wholes { column, allowed: allowed.into_iter().collect() })
            }
            _ => unfit(format!("列“{name}”不是代码"), format!("column {name} holds no codes")),
        }
    }

    fn number(&self, column: &str, literal: &Literal, kind: ValueKind) -> Made<Number> {
        match number(literal, kind, self.now) {
            Some(number) => Ok(number),
            None => unfit(
                format!("列“{column}”不能与“{literal}”比较"),
                format!("column {column} cannot be compared with {literal}"),
            ),
        }
    }

    fn among(&mut self, name: &str, values: &[Literal]) -> Made<(usize, Wanted)> {
        let (place, kind) = self.column(name)?;
        let mismatch = || {
            unfit(
                format!("列“{name}”与所列的值类型不符"),
                format!("the values do not fit the kind of column {name}"),
            )
        };
        let wanted = match kind {
            ValueKind::Text => {
                let mut allowed = FxHashSet::default();
                for value in values {
                    let Literal::Text(text) = value else { return mismatch() };
                    allowed.insert(text.as_str().into());
                }
                Wanted::Texts(allowed)
            }
            ValueKind::Whole => {
                let mut allowed = FxHashSet::default();
                for value in values {
                    let Literal::Whole(whole) = value else { return mismatch() };
                    allowed.insert(*whole);
                }
                Wanted::Wholes(allowed)
            }
            _ => return mismatch(),
        };
        Ok((place, wanted))
    }

    /// Place of a set of conditions that must all be met.
    fn filter(&mut self, rule: &Rule, field: &str, conditions: &[Condition]) -> Made<usize> {
        if let Some(place) = self.seen.iter().position(|seen| seen == conditions) {
            return Ok(place);
        }
        let ready = conditions.iter().map(|one| self.ready(rule, field, one)).collect::<Made<Vec<_>>>()?;
        self.filters.push(ready);
        self.seen.push(conditions.to_vec());
        Ok(self.filters.len() - 1)
    }

    fn ready(&mut self, rule: &Rule, field: &str, condition: &Condition) -> Made<Ready> {
        let (column, kind) = self.column(&condition.column)?;
        let order = match condition.is {
            Relation::Present => return Ok(Ready { column, wanted: Wanted::Present }),
            Relation::Missing => return Ok(Ready { column, wanted: Wanted::Missing }),
            Relation::OneOf => {
                let (column, wanted) = self.among(&condition.column, &condition.values)?;
                return Ok(Ready { column, wanted });
            }
            Relation::Matches => {
                let column = self.text(&condition.column)?;
                let Some(Literal::Text(regex)) = &condition.to else {
                    return unfit("缺少正则表达式", "the regular expression is missing");
                };
                return Ok(Ready { column, wanted: Wanted::Matches(pattern(rule, field, regex)?) });
            }
            Relation::Equal => Order::Equal,
            Relation::NotEqual => Order::NotEqual,
            Relation::Less => Order::Less,
            Relation::AtMost => Order::AtMost,
            Relation::More => Order::More,
            Relation::AtLeast => Order::AtLeast,
        };
        let Some(to) = &condition.to else { return unfit("缺少比较的值", "the value is missing") };
        let wanted = match (kind, to) {
            (ValueKind::Text, Literal::Text(text)) => Wanted::Text(order, text.as_str().into()),
            (ValueKind::Truth, Literal::Truth(truth)) => Wanted::Truth(order, *truth),
            _ => Wanted::Number(order, self.number(&condition.column, to, kind)?),
        };
        Ok(Ready { column, wanted })
    }
}

fn no_day<T>(column: &str) -> Made<T> {
    unfit(format!("列“{column}”不是日期或时刻"), format!("column {column} holds no days or moments"))
}
