//! Records to a typed batch, column by column, and the rows refused on the way.

use super::layout::{Column, Layout};
use super::reason::{RAW_CHARS_MAX, Reason, VALUE_CHARS_MAX, cut};
use super::rules::{self, Passed};
use crate::decode::{Records, Span};
use crate::mapping::ColumnType;
use datafusion::arrow::array::{
    ArrayRef, BooleanBuilder, Date32Builder, Float64Builder, Int64Array, Int64Builder, RecordBatch,
    StringArray, StringBuilder,
};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::error::ArrowError;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// One refused row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) line: u64,
    /// Column at fault; empty where the record as a whole is.
    pub(crate) column: String,
    pub(crate) value: String,
    pub(crate) reason: Reason,
    pub(crate) raw: String,
}

/// What became of a piece.
#[derive(Debug)]
pub(crate) struct Built {
    pub(crate) batch: RecordBatch,
    pub(crate) refused: Vec<Refused>,
    pub(crate) rows_read: u64,
}

/// Give records their types. `schema` is [`super::layout::schema`] of the same table.
pub(crate) fn build(
    mut records: Records,
    layout: &Layout,
    schema: &SchemaRef,
    run_id: &str,
) -> Result<Built, ArrowError> {
    let mut verdicts = Verdicts::new(&records);
    if layout.no_mojibake && rules::may_be_mojibake(records.text.as_bytes()) {
        verdicts.mojibake(&records, layout);
    }
    let values: Vec<Values> =
        (0..layout.columns.len()).map(|index| read(&mut records, layout, index, &mut verdicts)).collect();
    let good = verdicts.bad.iter().filter(|bad| !**bad).count();
    let mut arrays: Vec<ArrayRef> =
        values.into_iter().map(|values| values.into_array(&records, &verdicts.bad, good)).collect();
    arrays.push(Arc::new(repeated(&layout.file, good)));
    let lines =
        records.rows.iter().zip(&verdicts.bad).filter(|(_, bad)| !**bad).map(|(row, _)| row.line as i64);
    arrays.push(Arc::new(Int64Array::from_iter_values(lines)));
    arrays.push(Arc::new(repeated(run_id, good)));
    let batch = RecordBatch::try_new(Arc::clone(schema), arrays)?;
    Ok(Built {
        batch,
        rows_read: records.rows.len() as u64,
        refused: verdicts.into_refused(&records, layout),
    })
}

fn repeated(text: &str, count: usize) -> StringArray {
    StringArray::from_iter_values(std::iter::repeat_n(text, count))
}

/// Which rows are bad, and the first reason for each.
struct Verdicts {
    bad: Vec<bool>,
    reasons: FxHashMap<usize, (Option<usize>, Reason)>,
}

impl Verdicts {
    fn new(records: &Records) -> Self {
        let mut verdicts = Self { bad: vec![false; records.rows.len()], reasons: FxHashMap::default() };
        for (row, record) in records.rows.iter().enumerate() {
            if let Some(fault) = &record.fault {
                verdicts.refuse(row, None, Reason::of_fault(fault));
            }
        }
        verdicts
    }

    fn is_bad(&self, row: usize) -> bool {
        self.bad.get(row).copied().unwrap_or(true)
    }

    fn refuse(&mut self, row: usize, column: Option<usize>, reason: Reason) {
        if let Some(bad) = self.bad.get_mut(row)
            && !*bad
        {
            *bad = true;
            self.reasons.insert(row, (column, reason));
        }
    }

    /// A damaged text anywhere in a row makes the whole row doubtful, whichever column it shows in.
    fn mojibake(&mut self, records: &Records, layout: &Layout) {
        for row in 0..records.rows.len() {
            let damaged = layout.columns.iter().position(|column| {
                column.field.is_some_and(|field| {
                    let span = records.span(row, field);
                    !span.is_null() && rules::is_mojibake(records.get(span))
                })
            });
            if damaged.is_some() {
                self.refuse(row, damaged, Reason::mojibake());
            }
        }
    }

    fn into_refused(self, records: &Records, layout: &Layout) -> Vec<Refused> {
        let mut rows: Vec<_> = self.reasons.into_iter().collect();
        rows.sort_unstable_by_key(|(row, _)| *row);
        rows.into_iter()
            .filter_map(|(row, (index, reason))| {
                let record = records.rows.get(row)?;
                let column = index.and_then(|index| layout.columns.get(index));
                let value = column.and_then(|column| column.field).map(|field| records.span(row, field));
                let value =
                    value.filter(|span| !span.is_null()).map(|span| records.get(span)).unwrap_or_default();
                Some(Refused {
                    line: record.line,
                    column: column.map(|column| column.name.clone()).unwrap_or_default(),
                    value: cut(value, VALUE_CHARS_MAX),
                    reason,
                    raw: cut(records.get(record.raw), RAW_CHARS_MAX),
                })
            })
            .collect()
    }
}

/// Values of one column, one per row; what stands at bad rows does not matter.
enum Values {
    Text(Vec<Span>),
    Integer(Vec<Option<i64>>),
    Float(Vec<Option<f64>>),
    Date(Vec<Option<i32>>),
    Boolean(Vec<Option<bool>>),
}

fn read(records: &mut Records, layout: &Layout, index: usize, verdicts: &mut Verdicts) -> Values {
    let Some(column) = layout.columns.get(index) else { return Values::Text(Vec::new()) };
    let reader = Reader { layout, column, index };
    match column.kind {
        ColumnType::Text => Values::Text(reader.texts(records, verdicts)),
        ColumnType::Integer => {
            Values::Integer(reader.typed(records, verdicts, |t| rules::integer(t).map(Some), |v| v as f64))
        }
        ColumnType::Float => {
            Values::Float(reader.typed(records, verdicts, |t| rules::float(t).map(Some), |v| v))
        }
        ColumnType::Money => Values::Float(reader.typed(records, verdicts, rules::money, |v| v)),
        ColumnType::Date => Values::Date(reader.typed(records, verdicts, rules::day, f64::from)),
        ColumnType::Boolean => {
            Values::Boolean(reader.typed(records, verdicts, |t| rules::boolean(t).map(Some), |_| 0.0))
        }
    }
}

struct Reader<'a> {
    layout: &'a Layout,
    column: &'a Column,
    index: usize,
}

impl Reader<'_> {
    /// The trimmed span of a row's value; null where the text says "no value".
    fn span(&self, records: &Records, row: usize) -> Span {
        let Some(field) = self.column.field else { return Span::NULL };
        let span = records.span(row, field);
        if span.is_null() {
            return span;
        }
        let text = records.get(span);
        let start = text.trim_start();
        let trimmed = start.trim_end();
        if trimmed.is_empty() || self.column.null_values.iter().any(|null| null == trimmed) {
            return Span::NULL;
        }
        let from = span.start as usize + (text.len() - start.len());
        Span::new(from, from + trimmed.len())
    }

    fn texts(&self, records: &mut Records, verdicts: &mut Verdicts) -> Vec<Span> {
        let mut spans = Vec::with_capacity(records.rows.len());
        for row in 0..records.rows.len() {
            if verdicts.is_bad(row) {
                spans.push(Span::NULL);
                continue;
            }
            let mut span = self.span(records, row);
            if span.is_null() {
                if self.column.required {
                    self.refuse(records, verdicts, row, Reason::required());
                }
            } else {
                match self.column.checks.text(records.get(span)) {
                    Ok(Passed::AsIs) => {}
                    Ok(Passed::Normal(text)) => span = records.intern(&text),
                    Err(reason) => self.refuse(records, verdicts, row, reason),
                }
            }
            spans.push(span);
        }
        spans
    }

    fn typed<T: Copy>(
        &self,
        records: &Records,
        verdicts: &mut Verdicts,
        parse: impl Fn(&str) -> Option<Option<T>>,
        number: impl Fn(T) -> f64,
    ) -> Vec<Option<T>> {
        let mut values = Vec::with_capacity(records.rows.len());
        for row in 0..records.rows.len() {
            values.push(None);
            if verdicts.is_bad(row) {
                continue;
            }
            let span = self.span(records, row);
            let parsed = if span.is_null() { Some(None) } else { parse(records.get(span)) };
            let verdict = match parsed {
                None => Err(Reason::of_type(self.column.kind)),
                Some(None) if self.column.required => Err(Reason::required()),
                Some(None) => Ok(()),
                Some(Some(value)) => {
                    if let Some(last) = values.last_mut() {
                        *last = Some(value);
                    }
                    self.column.checks.number(number(value))
                }
            };
            if let Err(reason) = verdict {
                self.refuse(records, verdicts, row, reason);
            }
        }
        values
    }

    /// Refuse a row for this column's value, or for shifted columns when the value wanted stands in another one.
    fn refuse(&self, records: &Records, verdicts: &mut Verdicts, row: usize, reason: Reason) {
        let particular = self.column.checks.is_particular(self.column.kind);
        let elsewhere = particular.then(|| self.elsewhere(records, row)).flatten();
        let reason = elsewhere.map_or(reason, |name| Reason::shifted(&self.column.name, name));
        verdicts.refuse(row, Some(self.index), reason);
    }

    fn elsewhere(&self, records: &Records, row: usize) -> Option<&str> {
        self.layout.columns.iter().enumerate().find_map(|(index, other)| {
            if index == self.index || other.kind == self.column.kind && self.column.kind != ColumnType::Text {
                return None;
            }
            let span = records.span(row, other.field?);
            let fits =
                !span.is_null() && self.column.checks.accepts(self.column.kind, records.get(span).trim());
            fits.then_some(other.name.as_str())
        })
    }
}

impl Values {
    fn into_array(self, records: &Records, bad: &[bool], good: usize) -> ArrayRef {
        macro_rules! primitive {
            ($builder:ident, $values:expr) => {{
                let mut builder = $builder::with_capacity(good);
                for value in kept($values, bad) {
                    builder.append_option(value);
                }
                Arc::new(builder.finish())
            }};
        }
        match self {
            Self::Text(spans) => {
                let bytes = spans.iter().filter(|s| !s.is_null()).map(|s| (s.end - s.start) as usize).sum();
                let mut builder = StringBuilder::with_capacity(good, bytes);
                for span in kept(spans, bad) {
                    if span.is_null() {
                        builder.append_null();
                    } else {
                        builder.append_value(records.get(span));
                    }
                }
                Arc::new(builder.finish())
            }
            Self::Integer(values) => primitive!(Int64Builder, values),
            Self::Float(values) => primitive!(Float64Builder, values),
            Self::Date(values) => primitive!(Date32Builder, values),
            Self::Boolean(values) => primitive!(BooleanBuilder, values),
        }
    }
}

fn kept<T>(values: Vec<T>, bad: &[bool]) -> impl Iterator<Item = T> {
    values.into_iter().zip(bad).filter(|(_, bad)| !**bad).map(|(value, _)| value)
}
