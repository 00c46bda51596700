//! Documents as rows of the lake: columns, and batches of them.

use crate::Result;
use brain_corpus::{DocumentRow, RejectedRow, Split};
use brain_kernel::language::Text;
use datafusion::arrow::array::{ArrayRef, Float64Builder, Int64Builder, RecordBatch, StringBuilder};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::error::DataFusionError;
use std::sync::Arc;

/// Type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Number,
    Real,
}

/// A column: name, type, what it means in Chinese and in English.
pub(super) type Column = (&'static str, Kind, &'static str, &'static str);

/// Columns of the dataset of documents.
pub(super) const DOCUMENTS: [Column; 13] = [
    ("id", Kind::Text, "文档编号（正文散列）", "Document, by the hash of its text"),
    ("split", Kind::Text, "划分", "Split"),
    ("text", Kind::Text, "正文", "Text"),
    ("title", Kind::Text, "标题", "Title"),
    ("language", Kind::Text, "语种", "Language"),
    ("source", Kind::Text, "来源文件", "File it comes from"),
    ("line", Kind::Number, "来源行", "Line of it"),
    ("format", Kind::Text, "格式", "Format"),
    ("characters", Kind::Number, "字数", "Characters"),
    ("words", Kind::Number, "词数", "Words"),
    ("ocr_pages", Kind::Number, "文字识别页数", "Pages by character recognition"),
    ("ocr_confidence", Kind::Number, "识别置信度（0–100）", "Confidence of recognition, 0 to 100"),
    ("family", Kind::Text, "相似族", "Family of similar documents"),
];

/// Columns of the dataset of documents that did not stay.
pub(super) const REJECTED: [Column; 9] = [
    ("source", Kind::Text, "来源文件", "File it comes from"),
    ("line", Kind::Number, "来源行", "Line of it"),
    ("step", Kind::Text, "步骤", "Step"),
    ("rule", Kind::Text, "原因代码", "Reason, a stable word"),
    ("reason_zh", Kind::Text, "原因", "Reason in Chinese"),
    ("reason_en", Kind::Text, "原因（英文）", "Reason in English"),
    ("value", Kind::Real, "测得值", "What was measured"),
    ("bound", Kind::Real, "阈值", "What is allowed"),
    ("like", Kind::Text, "与之相同或相似的文档", "Document it is like"),
];

/// Columns that hold what people wrote.
pub(super) const WRITTEN: [&str; 2] = ["text", "title"];

pub(super) fn schema(columns: &[Column]) -> SchemaRef {
    let field = |(name, kind, ..): &Column| {
        let kind = match kind {
            Kind::Text => DataType::Utf8,
            Kind::Number => DataType::Int64,
            Kind::Real => DataType::Float64,
        };
        Field::new(*name, kind, true)
    };
    Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()))
}

/// The meaning of a column.
pub(super) fn titled(column: &Column) -> Text {
    Text::new(column.2, column.3)
}

/// A value of a row.
#[derive(Debug, Clone, Copy)]
enum Value<'a> {
    Text(Option<&'a str>),
    Number(Option<u64>),
    Real(Option<f64>),
}

/// Values of a column that are not yet a batch.
enum Builder {
    Text(StringBuilder),
    Number(Int64Builder),
    Real(Float64Builder),
}

/// Rows that are not yet a batch.
pub(super) struct Batch {
    schema: SchemaRef,
    builders: Vec<Builder>,
    rows: usize,
    bytes: usize,
}

impl Batch {
    pub(super) fn new(columns: &[Column]) -> Self {
        let builder = |(_, kind, ..): &Column| match kind {
            Kind::Text => Builder::Text(StringBuilder::new()),
            Kind::Number => Builder::Number(Int64Builder::new()),
            Kind::Real => Builder::Real(Float64Builder::new()),
        };
        Self { schema: schema(columns), builders: columns.iter().map(builder).collect(), rows: 0, bytes: 0 }
    }

    pub(super) fn document(&mut self, split: Split, row: &DocumentRow) {
        use Value::{Number, Text};
        self.push(&[
            Text(Some(&row.id)),
            Text(Some(split.name())),
            Text(Some(&row.text)),
            Text(row.title.as_deref()),
            Text(Some(&row.language)),
            Text(Some(&row.source)),
            Number(row.line),
            Text(Some(&row.format)),
            Number(Some(row.characters)),
            Number(Some(row.words)),
            Number(Some(row.ocr_pages)),
            Number(row.ocr_confidence),
            Text(Some(&row.family)),
        ]);
    }

    pub(super) fn rejected(&mut self, row: &RejectedRow) {
        use Value::{Number, Real, Text};
        self.push(&[
            Text(Some(&row.path)),
            Number(row.line),
            Text(Some(&row.step)),
            Text(Some(&row.rule)),
            Text(Some(&row.zh)),
            Text(Some(&row.en)),
            Real(row.value),
            Real(row.limit),
            Text(row.of.as_deref()),
        ]);
    }

    fn push(&mut self, values: &[Value<'_>]) {
        self.rows += 1;
        for (builder, value) in self.builders.iter_mut().zip(values) {
            match (builder, value) {
                (Builder::Text(builder), Value::Text(text)) => {
                    self.bytes += text.map_or(0, str::len);
                    builder.append_option(*text);
                }
                (Builder::Number(builder), Value::Number(number)) => {
                    builder.append_option(number.and_then(|number| i64::try_from(number).ok()));
                }
                (Builder::Real(builder), Value::Real(number)) => builder.append_option(*number),
                // The lists above go with the columns; a column of another kind stays empty.
                (Builder::Text(builder), _) => builder.append_null(),
                (Builder::Number(builder), _) => builder.append_null(),
                (Builder::Real(builder), _) => builder.append_null(),
            }
        }
    }

    /// Rows and bytes of text held.
    pub(super) fn held(&self) -> (usize, usize) {
        (self.rows, self.bytes)
    }

    /// What is held, and nothing is held any more.
    pub(super) fn take(&mut self) -> Result<RecordBatch> {
        (self.rows, self.bytes) = (0, 0);
        let arrays = self.builders.iter_mut().map(|builder| -> ArrayRef {
            match builder {
                Builder::Text(builder) => Arc::new(builder.finish()),
                Builder::Number(builder) => Arc::new(builder.finish()),
                Builder::Real(builder) => Arc::new(builder.finish()),
            }
        });
        let arrays = arrays.collect();
        Ok(RecordBatch::try_new(Arc::clone(&self.schema), arrays).map_err(DataFusionError::from)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_become_batches_with_a_value_in_every_column() {
        let mut batch = Batch::new(&DOCUMENTS);
        let row = DocumentRow {
            id: "a".to_owned(),
            text: "正文".to_owned(),
            title: Some("题".to_owned()),
            language: "zh".to_owned(),
            source: "files/a.txt".to_owned(),
            line: Some(7),
            format: "text".to_owned(),
            characters: 2,
            words: 1,
            ocr_pages: 1,
            ocr_confidence: Some(91),
            family: "a".to_owned(),
        };
        batch.document(Split::Test, &row);
        assert_eq!(batch.held().0, 1);
        let taken = batch.take().unwrap();
        assert!(
            taken.columns().iter().all(|column| column.len() == 1 && column.null_count() == 0),
            "{taken:?}"
        );
        assert_eq!(batch.held(), (0, 0));
        let mut batch = Batch::new(&REJECTED);
        batch.rejected(&RejectedRow {
            path: "files/a.txt".to_owned(),
            line: Some(1),
            step: "duplicates".to_owned(),
            rule: "near".to_owned(),
            zh: "近似".to_owned(),
            en: "near".to_owned(),
            value: Some(0.9),
            limit: Some(0.8),
            of: Some("a".to_owned()),
        });
        assert!(batch.take().unwrap().columns().iter().all(|column| column.null_count() == 0));
    }
}
