//! The catalogue, and the rows of a dataset as the caller may see them.

use crate::answer::{Page, Reply};
use crate::call::Call;
use crate::cells::ColumnType;
use crate::endpoint::{Audience, Endpoint};
use crate::error::Error;
use crate::limits::Cost;
use crate::rows::{self, Window};
use axum::http::Method;
use brain_kernel::error::Failure;
use brain_kernel::party::Role;
use brain_kernel::provenance::Input;
use brain_warehouse::catalogue::{CatalogueQuery, DatasetCard, DatasetDetail};
use brain_warehouse::query::{QueryLimits, Session};
use datafusion::arrow::array::AsArray;
use datafusion::arrow::datatypes::{DataType, Int64Type, Schema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Purpose under which rows are looked at in the catalogue.
const PURPOSE: &str = "browse";
/// Longest text looked for in rows, characters.
const TEXT_CHARACTERS_MAX: usize = 100;

/// A page of a dataset.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct DatasetRows {
    /// The columns, in order.
    pub columns: Vec<ColumnType>,
    /// The rows, each an array of cells in the order of the columns.
    pub rows: Vec<Value>,
    /// Rows the caller may see in this version; left out when a text was looked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// Whether a next page exists.
    pub has_more: bool,
    /// Dataset, version and grant they were read under.
    pub inputs: Vec<Input>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct RowsQuery {
    /// 版本；缺省为最新 · Version; the latest when left out.
    version: Option<u64>,
    /// 在文本列中查找 · Text looked for in the text columns.
    #[schemars(length(max = 100))]
    text: Option<String>,
    /// 页码，从 1 起 · Page, from 1.
    #[schemars(range(min = 1))]
    page: Option<u64>,
    /// 每页行数，至多 10000 · Rows per page, at most 10000.
    #[schemars(range(min = 1, max = 10000))]
    page_size: Option<u64>,
}

pub(crate) fn endpoints() -> Vec<Endpoint> {
    [
        Endpoint::new(Method::GET, "/api/v1/datasets", "datasets_list", list)
            .about("数据目录", "The catalogue")
            .audience(Audience::SignedIn),
        Endpoint::new(Method::GET, "/api/v1/datasets/{name}", "datasets_show", show)
            .about("一个数据集：字段、版本、质量、血缘", "One dataset: columns, versions, quality, lineage")
            .audience(Audience::SignedIn)
            .codes(&["warehouse/unknown-dataset"]),
        Endpoint::new(Method::GET, "/api/v1/datasets/{name}/rows", "datasets_rows", read)
            .cost(Cost::Sql)
            .about("数据集中调用者可见的行", "Rows of a dataset as the caller may see them")
            .roles(&Role::WORKING)
            .codes(&[
                "warehouse/unknown-dataset",
                "warehouse/unknown-version",
                "warehouse/no-grant",
                "trust/denied",
                "api/page-too-far",
            ]),
    ]
    .map(|endpoint| endpoint.tag("datasets"))
    .into()
}

async fn list(call: Call<CatalogueQuery>) -> Result<Reply<Page<DatasetCard>>, Failure> {
    Ok(Page::from(call.app.warehouse.catalogue().list(&call.query)).into())
}

async fn show(call: Call) -> Result<Reply<DatasetDetail>, Failure> {
    Ok(call.app.warehouse.catalogue().get(call.path("name")?).await?.into())
}

async fn read(call: Call<RowsQuery>) -> Result<Reply<DatasetRows>, Failure> {
    let running = call.app.queries.begin(&call.party()?.account, None)?;
    let session = call.app.warehouse.session(call.party()?, PURPOSE);
    let session = session.coming_from(call.access_origin("datasets_rows")).held();
    let table = table_name(call.path("name")?, call.query.version)?;
    let condition = match text_of(&call.query)? {
        None => String::new(),
        Some(text) => {
            let none = QueryLimits { rows: Some(1), ..QueryLimits::default() };
            let head = session.sql(&format!("SELECT * FROM {table} LIMIT 0"), none, running.cancel()).await?;
            format!(" WHERE {}", mentions(head.uncounted().schema(), text))
        }
    };
    let window = Window::new(call.query.page, call.query.page_size);
    let select = format!("SELECT * FROM {table}{condition}");
    let stream = session.sql(&select, window.limits(), running.cancel()).await?;
    let page = rows::page(stream, window).await?;
    let total =
        if condition.is_empty() { Some(count(&session, &table, running.cancel()).await?) } else { None };
    session.finish().await?;
    let (columns, rows, has_more) = (page.columns, page.rows, page.has_more);
    Ok(DatasetRows { columns, rows, total, has_more, inputs: session.inputs() }.into())
}

async fn count(
    session: &Session,
    table: &str,
    cancel: brain_kernel::progress::Cancel,
) -> Result<u64, Failure> {
    let sql = format!("SELECT count(*) AS n FROM {table}");
    let (batches, _) = session.sql(&sql, QueryLimits::default(), cancel).await?.uncounted().collect().await?;
    let column = batches.first().and_then(|batch| batch.columns().first());
    let count = column
        .and_then(|column| column.as_primitive_opt::<Int64Type>())
        .and_then(|numbers| numbers.iter().next());
    Ok(count.flatten().and_then(|n| u64::try_from(n).ok()).unwrap_or_default())
}

/// `zone.table` and a version as a quoted SQL name.
fn table_name(name: &str, version: Option<u64>) -> Result<String, Error> {
    let unknown = || Error::NotFound { what: ("数据集", "dataset"), id: crate::queries::shortened(name) };
    let (zone, table) = name.split_once('.').ok_or_else(unknown)?;
    // A version is asked for with `version`; in the name it would contradict it.
    if table.contains('@') || table.contains('.') {
        return Err(unknown());
    }
    let table = version.map_or_else(|| table.to_owned(), |version| format!("{table}@{version}"));
    Ok(format!("{}.{}", identifier(zone), identifier(&table)))
}

fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn text_of(query: &RowsQuery) -> Result<Option<&str>, Error> {
    let text = query.text.as_deref().map(str::trim).filter(|text| !text.is_empty());
    match text {
        Some(text) if text.chars().count() > TEXT_CHARACTERS_MAX || text.contains('\0') => {
            Err(Error::Malformed {
                place: "query",
                pointer: String::new(),
                reason: format!("text > {TEXT_CHARACTERS_MAX}"),
            })
        }
        other => Ok(other),
    }
}

/// A condition that some text column holds the text, whatever its case. `strpos` knows no wildcards.
fn mentions(schema: &Schema, text: &str) -> String {
    let needle = literal(&text.to_lowercase());
    let is_text = |kind: &DataType| matches!(kind, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
    let columns = schema.fields().iter().filter(|field| is_text(field.data_type()));
    let parts: Vec<String> =
        columns.map(|field| format!("strpos(lower({}), {needle}) > 0", identifier(field.name()))).collect();
    if parts.is_empty() { "false".to_owned() } else { parts.join(" OR ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::arrow::datatypes::Field;

    #[test]
    fn names_and_texts_cannot_leave_their_quotes() {
        assert_eq!(table_name("raw.a\"; DROP", None).unwrap(), "\"raw\".\"a\"\"; DROP\"");
        assert_eq!(table_name("subject.enterprise", Some(3)).unwrap(), "\"subject\".\"enterprise@3\"");
        for bad in ["enterprise", "a.b.c", "subject.enterprise@2"] {
            assert!(table_name(bad, None).is_err(), "{bad}");
        }
        let schema = Schema::new(vec![
            Field::new("n\"ame", DataType::Utf8, true),
            Field::new("amount", DataType::Float64, true),
        ]);
        assert_eq!(mentions(&schema, "O'Neil"), "strpos(lower(\"n\"\"ame\"), 'o''neil') > 0");
    }
}
