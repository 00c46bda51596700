//! A rule about rows, ready to run: which rows of a batch are checked, and which of them fail.

use regex::Regex;
use rustc_hash::FxHashSet;

use crate::checkdigit;
use crate::column::{Column, Values, is_blank};
use crate::literal::Number;
use crate::mask::Mask;
use crate::rule::{Order, Scheme};

/// Columns of a batch by their place in the plan.
pub(crate) type Columns<'a> = [Column<'a>];

/// What a row is tested for; numbers are places of columns in the plan.
#[derive(Debug, Clone)]
pub(crate) enum Test {
    Present { column: usize },
    Filled { column: usize },
    Pattern { column: usize, regex: Regex },
    Texts { column: usize, allowed: FxHashSet<Box<str>> },
    Wholes { column: usize, allowed: FxHashSet<i64> },
    Range { column: usize, min: Option<Number>, max: Option<Number> },
    Length { column: usize, min: usize, max: usize },
    CheckDigit { column: usize, scheme: Scheme },
    Date { column: usize },
    Compare { left: usize, order: Order, right: usize },
    Holds { filter: usize },
}

/// A condition, ready to run.
#[derive(Debug, Clone)]
pub(crate) struct Ready {
    pub(crate) column: usize,
    pub(crate) wanted: Wanted,
}

#[derive(Debug, Clone)]
pub(crate) enum Wanted {
    Present,
    Missing,
    Number(Order, Number),
    Text(Order, Box<str>),
    Truth(Order, bool),
    Texts(FxHashSet<Box<str>>),
    Wholes(FxHashSet<i64>),
    Matches(Regex),
}

impl Ready {
    /// The rows of `among` that meet it.
    pub(crate) fn met(&self, columns: &Columns<'_>, among: &Mask) -> Mask {
        let Some(column) = columns.get(self.column) else { return among.without(among) };
        match &self.wanted {
            Wanted::Present => among.and(&column.filled()),
            Wanted::Missing => among.without(&column.filled()),
            Wanted::Number(order, number) => {
                let among = among.and(&column.present);
                match &column.values {
                    Values::Whole(values) => among.kept(|at| {
                        let found = values.get(at).and_then(|value| number.order_of_whole(*value));
                        found.is_some_and(|found| order.holds(found))
                    }),
                    Values::Real(values) => among.kept(|at| {
                        let found = values.get(at).and_then(|value| number.order_of_real(*value));
                        found.is_some_and(|found| order.holds(found))
                    }),
                    _ => among.without(&among),
                }
            }
            Wanted::Text(order, wanted) => text(column, among, |value| order.holds(value.cmp(wanted))),
            Wanted::Truth(order, wanted) => {
                let among = among.and(&column.present);
                let Values::Truth(values) = &column.values else { return among.without(&among) };
                among.kept(|at| values.get(at).is_some_and(|value| order.holds(value.cmp(wanted))))
            }
            Wanted::Texts(allowed) => text(column, among, |value| allowed.contains(value)),
            Wanted::Wholes(allowed) => whole(column, among, |value| allowed.contains(&value)),
            Wanted::Matches(regex) => text(column, among, |value| regex.is_match(value)),
        }
    }
}

/// The rows with a text that passes.
fn text(column: &Column<'_>, among: &Mask, pass: impl Fn(&str) -> bool) -> Mask {
    let among = among.and(&column.present);
    let Values::Text(values) = &column.values else { return among.without(&among) };
    among.kept(|at| values.get(at).is_some_and(|value| pass(value)))
}

fn whole(column: &Column<'_>, among: &Mask, pass: impl Fn(i64) -> bool) -> Mask {
    let among = among.and(&column.present);
    let Values::Whole(values) = &column.values else { return among.without(&among) };
    among.kept(|at| values.get(at).is_some_and(|value| pass(*value)))
}

/// Rows checked and rows that passed.
pub(crate) struct Judged {
    pub(crate) checked: Mask,
    pub(crate) passed: Mask,
}

impl Test {
    /// Judge the rows of `among`; `filters` are the rows that meet each set of conditions.
    pub(crate) fn judge(&self, columns: &Columns<'_>, filters: &[Mask], among: &Mask) -> Judged {
        let nothing = || Judged { checked: among.without(among), passed: among.without(among) };
        match self {
            Self::Present { column } => {
                let Some(column) = columns.get(*column) else { return nothing() };
                Judged { checked: among.clone(), passed: among.and(&column.present) }
            }
            Self::Filled { column } => {
                let Some(column) = columns.get(*column) else { return nothing() };
                Judged { checked: among.clone(), passed: among.and(&column.filled()) }
            }
            Self::Holds { filter } => {
                let Some(met) = filters.get(*filter) else { return nothing() };
                Judged { checked: among.clone(), passed: among.and(met) }
            }
            Self::Compare { left, order, right } => {
                let (Some(left), Some(right)) = (columns.get(*left), columns.get(*right)) else {
                    return nothing();
                };
                let checked = among.and(&left.present).and(&right.present);
                // What cannot be ordered, such as not-a-number, does not stand in any order.
                let passed = checked.kept(|at| left.order(right, at).is_some_and(|found| order.holds(found)));
                Judged { checked, passed }
            }
            Self::Pattern { column, .. }
            | Self::Texts { column, .. }
            | Self::Wholes { column, .. }
            | Self::Range { column, .. }
            | Self::Length { column, .. }
            | Self::CheckDigit { column, .. }
            | Self::Date { column } => {
                let Some(column) = columns.get(*column) else { return nothing() };
                let checked = among.and(&column.present);
                let passed = self.passed(column, &checked);
                Judged { checked, passed }
            }
        }
    }

    /// The rows of `checked`, which all have a value, that pass.
    fn passed(&self, column: &Column<'_>, checked: &Mask) -> Mask {
        match self {
            Self::Pattern { regex, .. } => text(column, checked, |value| regex.is_match(value)),
            Self::Texts { allowed, .. } => text(column, checked, |value| allowed.contains(value)),
            Self::Wholes { allowed, .. } => whole(column, checked, |value| allowed.contains(&value)),
            Self::Length { min, max, .. } => text(column, checked, |value| has_length(value, *min, *max)),
            Self::CheckDigit { scheme, .. } => {
                text(column, checked, |value| checkdigit::is_right(*scheme, value))
            }
            Self::Date { .. } => text(column, checked, is_day),
            Self::Range { min, max, .. } => range(column, checked, *min, *max),
            _ => checked.without(checked),
        }
    }
}

fn range(column: &Column<'_>, checked: &Mask, min: Option<Number>, max: Option<Number>) -> Mask {
    match &column.values {
        Values::Whole(values) => {
            let inside = |value: i64| {
                min.is_none_or(|min| min.order_of_whole(value).is_some_and(std::cmp::Ordering::is_ge))
                    && max.is_none_or(|max| max.order_of_whole(value).is_some_and(std::cmp::Ordering::is_le))
            };
            checked.kept(|at| values.get(at).is_some_and(|value| inside(*value)))
        }
        Values::Real(values) => {
            let inside = |value: f64| {
                min.is_none_or(|min| min.order_of_real(value).is_some_and(std::cmp::Ordering::is_ge))
                    && max.is_none_or(|max| max.order_of_real(value).is_some_and(std::cmp::Ordering::is_le))
            };
            checked.kept(|at| values.get(at).is_some_and(|value| inside(*value)))
        }
        _ => checked.without(checked),
    }
}

/// Characters are counted only where the bytes leave it open.
fn has_length(text: &str, min: usize, max: usize) -> bool {
    let bytes = text.len();
    if text.is_ascii() {
        return (min..=max).contains(&bytes);
    }
    bytes >= min && (min..=max).contains(&text.chars().count())
}

/// A day that is one; words for "none" are no day, as they would stand where a day should.
pub(crate) fn is_day(text: &str) -> bool {
    !is_blank(text) && matches!(brain_kernel::date::parse(text), Ok(Some(_)))
}
