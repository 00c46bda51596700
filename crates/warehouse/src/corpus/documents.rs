//! Documents of a version, and those that did not stay, as the caller may see them.

use super::version::dataset_version;
use super::{Corpora, documents_of, refuse, rejected_of};
use crate::matching::read::{cell, texts};
use crate::query::{QueryLimits, Session, quoted};
use crate::{Error, Result};
use brain_corpus::Split;
use brain_kernel::error::ErrorKind;
use brain_kernel::language::Text;
use brain_kernel::progress::Cancel;
use brain_store::{Page, PageRequest};
use datafusion::arrow::array::{Array as _, StringArray};
use datafusion::common::ScalarValue;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Characters of a text that are shown.
const SHOWN_CHARACTERS: u64 = 2_000;
/// Longest text looked for, characters.
const QUERY_CHARACTERS_MAX: usize = 200;

/// Which documents are wanted.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[schemars(rename = "CorpusDocumentQuery")]
#[serde(default, deny_unknown_fields)]
pub struct DocumentQuery {
    /// 划分 · Of this split.
    pub split: Option<Split>,
    /// 标题、正文或来源中的文字 · Text of the title, the document or its source.
    #[schemars(length(max = 200))]
    pub text: Option<String>,
    /// 页码，从 1 起 · Page, from 1.
    #[schemars(range(min = 1))]
    pub page: Option<u64>,
    /// 每页条数，至多 100 · Items per page, at most 100.
    #[schemars(range(min = 1, max = 100))]
    pub page_size: Option<u64>,
}

/// A document, as the caller may see it: what a grant masks is masked, or absent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "CorpusDocument")]
pub struct DocumentCard {
    /// Id.
    pub id: Option<String>,
    /// Split.
    pub split: Option<String>,
    /// Title.
    pub title: Option<String>,
    /// Beginning of the text, at most 2,000 characters.
    pub text: Option<String>,
    /// Language.
    pub language: Option<String>,
    /// File it comes from.
    pub source: Option<String>,
    /// Line of it.
    pub line: Option<u64>,
    /// Format.
    pub format: Option<String>,
    /// Characters.
    pub characters: Option<u64>,
    /// Words.
    pub words: Option<u64>,
    /// Pages by character recognition.
    pub ocr_pages: Option<u64>,
    /// Confidence of recognition, 0 … 100.
    pub ocr_confidence: Option<u64>,
}

/// Which rejected documents are wanted.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[schemars(rename = "CorpusRejectedQuery")]
#[serde(default, deny_unknown_fields)]
pub struct RejectedQuery {
    /// 原因代码 · Of this reason.
    #[schemars(length(max = 60))]
    pub rule: Option<String>,
    /// 页码，从 1 起 · Page, from 1.
    #[schemars(range(min = 1))]
    pub page: Option<u64>,
    /// 每页条数，至多 100 · Items per page, at most 100.
    #[schemars(range(min = 1, max = 100))]
    pub page_size: Option<u64>,
}

/// A document that did not stay.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "CorpusRejected")]
pub struct RejectedCard {
    /// File it comes from.
    pub source: Option<String>,
    /// Line of it.
    pub line: Option<u64>,
    /// Step.
    pub step: Option<String>,
    /// Stable word of the reason.
    pub rule: Option<String>,
    /// The reason in words.
    pub said: Text,
    /// What was measured.
    pub value: Option<f64>,
    /// What is allowed.
    pub limit: Option<f64>,
    /// Document it is like.
    pub like: Option<String>,
}

/// A read of one page: the columns, the condition and the order, all of our own making; values are bound.
struct Asked<'a> {
    columns: &'a str,
    table: String,
    condition: String,
    values: Vec<ScalarValue>,
    order: &'a str,
    page: PageRequest,
}

impl Corpora {
    /// Documents of a version.
    pub async fn documents(
        &self,
        session: &Session,
        corpus: &str,
        number: i64,
        query: &DocumentQuery,
    ) -> Result<Page<DocumentCard>> {
        let (row, version) = self.version_row(session, corpus, number).await?;
        let (mut conditions, mut values) = (Vec::new(), Vec::new());
        if let Some(split) = query.split {
            values.push(text_value(split.name()));
            conditions.push(format!("split = ${}", values.len()));
        }
        if let Some(wanted) = looked_for(query.text.as_deref())? {
            values.push(text_value(&wanted.to_lowercase()));
            let at = values.len();
            let has = |column: &str| format!("strpos(lower({column}), ${at}) > 0");
            conditions.push(format!("({} OR {} OR {})", has("title"), has("text"), has("source")));
        }
        let columns = format!(
            "id, split, title, substr(text, 1, {SHOWN_CHARACTERS}), language, source, line, format, characters, words, ocr_pages, ocr_confidence"
        );
        let asked = Asked {
            columns: &columns,
            table: table(&documents_of(&row.name), dataset_version(version.dataset_version)?),
            condition: conditions.join(" AND "),
            values,
            order: "source, line NULLS FIRST, id",
            page: page(query.page, query.page_size),
        };
        asked
            .page(session, |cells| DocumentCard {
                id: cells.text(0),
                split: cells.text(1),
                title: cells.text(2),
                text: cells.text(3),
                language: cells.text(4),
                source: cells.text(5),
                line: cells.number(6),
                format: cells.text(7),
                characters: cells.number(8),
                words: cells.number(9),
                ocr_pages: cells.number(10),
                ocr_confidence: cells.number(11),
            })
            .await
    }

    /// Documents that did not stay, with the reason.
    pub async fn rejected(
        &self,
        session: &Session,
        corpus: &str,
        number: i64,
        query: &RejectedQuery,
    ) -> Result<Page<RejectedCard>> {
        let (row, version) = self.version_row(session, corpus, number).await?;
        let rule = looked_for(query.rule.as_deref())?;
        let values: Vec<ScalarValue> = rule.iter().map(|rule| text_value(rule)).collect();
        let asked = Asked {
            columns: "source, line, step, rule, reason_zh, reason_en, value, bound, \"like\"",
            table: table(&rejected_of(&row.name), dataset_version(version.rejected_version)?),
            condition: if values.is_empty() { String::new() } else { "rule = $1".to_owned() },
            values,
            order: "source, line NULLS FIRST, rule",
            page: page(query.page, query.page_size),
        };
        asked
            .page(session, |cells| RejectedCard {
                source: cells.text(0),
                line: cells.number(1),
                step: cells.text(2),
                rule: cells.text(3),
                said: Text::new(cells.text(4).unwrap_or_default(), cells.text(5).unwrap_or_default()),
                value: cells.real(6),
                limit: cells.real(7),
                like: cells.text(8),
            })
            .await
    }
}

/// One row of a page; every cell as text.
struct Cells<'a> {
    columns: &'a [StringArray],
    row: usize,
}

impl Cells<'_> {
    fn text(&self, at: usize) -> Option<String> {
        let column = self.columns.get(at).filter(|column| column.is_valid(self.row))?;
        Some(cell(column, self.row).to_owned())
    }

    fn number(&self, at: usize) -> Option<u64> {
        self.text(at)?.parse().ok()
    }

    fn real(&self, at: usize) -> Option<f64> {
        self.text(at)?.parse().ok()
    }
}

impl Asked<'_> {
    async fn page<T>(self, session: &Session, of: impl Fn(&Cells<'_>) -> T) -> Result<Page<T>> {
        let Self { columns, table, condition, values, order, page } = self;
        let condition = if condition.is_empty() { String::new() } else { format!(" WHERE {condition}") };
        let count = format!("SELECT count(*) FROM {table}{condition}");
        let counted = session.query(&count, values.clone(), QueryLimits::default(), Cancel::new()).await?;
        let (batches, _) = counted.uncounted().collect().await?;
        let first = batches.first().map(texts).transpose()?.unwrap_or_default();
        let total = Cells { columns: &first, row: 0 }.number(0).unwrap_or_default();
        let sql = format!("SELECT {columns} FROM {table}{condition} ORDER BY {order}");
        let limits =
            QueryLimits { skip: Some(page.offset()), rows: Some(page.page_size), ..QueryLimits::default() };
        let mut stream = session.query(&sql, values, limits, Cancel::new()).await?;
        let mut items = Vec::new();
        while let Some(batch) = stream.next().await {
            let batch = batch?;
            let columns = texts(&batch)?;
            items.extend((0..batch.num_rows()).map(|row| of(&Cells { columns: &columns, row })));
        }
        Ok(Page { items, total, page: page.page, page_size: page.page_size })
    }
}

/// A dataset at a version, as a statement names it.
pub(super) fn table(dataset: &str, version: i64) -> String {
    let (zone, table) = dataset.split_once('.').unwrap_or((super::ZONE, dataset));
    format!("{}.{}", quoted(zone), quoted(&format!("{table}@{version}")))
}

pub(super) fn text_value(text: &str) -> ScalarValue {
    ScalarValue::Utf8(Some(text.to_owned()))
}

fn page(page: Option<u64>, page_size: Option<u64>) -> PageRequest {
    PageRequest::new(page.unwrap_or(1), page_size.unwrap_or(20).min(100))
}

/// A text looked for; nothing where it is empty.
fn looked_for(text: Option<&str>) -> Result<Option<&str>> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
    if text.chars().count() <= QUERY_CHARACTERS_MAX && !text.contains('\0') {
        return Ok(Some(text));
    }
    Err(too_long())
}

fn too_long() -> Error {
    refuse(
        ErrorKind::InvalidArgument,
        "warehouse/corpus-query",
        format!("查找的文字至多 {QUERY_CHARACTERS_MAX} 个字符。"),
        format!("A text looked for has up to {QUERY_CHARACTERS_MAX} characters."),
    )
}
