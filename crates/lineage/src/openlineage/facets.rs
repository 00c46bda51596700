//! The facets that are read and written; all others are kept as they came.

use super::check::required_text;
use crate::error::{LineageError, Result};
use crate::kind::EdgeKind;
use crate::sql::{Origin, StatementLineage};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

type Check = fn(&Map<String, Value>, &str) -> Result<()>;

/// Facets whose shape is checked when they come in.
pub(super) const KNOWN: [(&str, Check); 6] = [
    ("schema", |facet, pointer| {
        each(facet, "fields", pointer, |field, pointer| required_text(field, "name", pointer).map(drop))
    }),
    ("columnLineage", column_lineage),
    ("sql", |facet, pointer| required_text(facet, "query", pointer).map(drop)),
    ("dataSource", |facet, pointer| optional_texts(facet, &["name", "uri"], pointer)),
    ("outputStatistics", |facet, pointer| {
        optional_numbers(facet, &["rowCount", "size", "fileCount"], pointer)
    }),
    ("jobType", |facet, pointer| {
        required_text(facet, "processingType", pointer)?;
        required_text(facet, "integration", pointer).map(drop)
    }),
];

fn column_lineage(facet: &Map<String, Value>, pointer: &str) -> Result<()> {
    let pointer = format!("{pointer}/fields");
    let Some(fields) = facet.get("fields").and_then(Value::as_object) else {
        return Err(LineageError::event(&pointer, "应为对象", "must be an object"));
    };
    for (name, field) in fields {
        let pointer = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
        let Some(field) = field.as_object() else {
            return Err(LineageError::event(&pointer, "应为对象", "must be an object"));
        };
        if !field.contains_key("inputFields") {
            return Err(LineageError::event(&pointer, "缺少 inputFields", "inputFields is missing"));
        }
        each(field, "inputFields", &pointer, input_field)?;
    }
    each(facet, "dataset", &pointer, input_field)
}

fn input_field(field: &Map<String, Value>, pointer: &str) -> Result<()> {
    for key in ["namespace", "name", "field"] {
        required_text(field, key, pointer)?;
    }
    each(field, "transformations", pointer, |one, pointer| {
        let kind = required_text(one, "type", pointer)?;
        if !["DIRECT", "INDIRECT"].contains(&kind) {
            let pointer = format!("{pointer}/type");
            return Err(LineageError::event(
                &pointer,
                "应为 DIRECT 或 INDIRECT",
                "must be DIRECT or INDIRECT",
            ));
        }
        Ok(())
    })
}

/// Checks each object of an array, which may be absent.
fn each(
    found: &Map<String, Value>,
    key: &str,
    pointer: &str,
    check: impl Fn(&Map<String, Value>, &str) -> Result<()>,
) -> Result<()> {
    let Some(list) = found.get(key) else { return Ok(()) };
    let pointer = format!("{pointer}/{key}");
    let list =
        list.as_array().ok_or_else(|| LineageError::event(&pointer, "应为数组", "must be an array"))?;
    for (at, one) in list.iter().enumerate() {
        let pointer = format!("{pointer}/{at}");
        let one =
            one.as_object().ok_or_else(|| LineageError::event(&pointer, "应为对象", "must be an object"))?;
        check(one, &pointer)?;
    }
    Ok(())
}

fn optional_texts(found: &Map<String, Value>, keys: &[&str], pointer: &str) -> Result<()> {
    for key in keys {
        if found.get(*key).is_some_and(|value| !value.is_string()) {
            return Err(LineageError::event(&format!("{pointer}/{key}"), "应为文本", "must be a text"));
        }
    }
    Ok(())
}

fn optional_numbers(found: &Map<String, Value>, keys: &[&str], pointer: &str) -> Result<()> {
    for key in keys {
        if found.get(*key).is_some_and(|value| !value.is_u64()) {
            return Err(LineageError::event(
                &format!("{pointer}/{key}"),
                "应为非负整数",
                "must be a whole number, not negative",
            ));
        }
    }
    Ok(())
}

/// The columns of a dataset.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SchemaFacet {
    /// Columns in order.
    #[serde(default)]
    pub fields: Vec<Field>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its type, as its system writes it.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub data_type: Option<String>,
    /// What it means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// Where the columns of a dataset come from.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ColumnLineageFacet {
    /// By column.
    pub fields: BTreeMap<String, InputFields>,
    /// Columns that decide about whole rows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dataset: Vec<InputField>,
}

/// The origins of a column.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InputFields {
    /// Each column it comes from.
    pub input_fields: Vec<InputField>,
}

/// A column something comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputField {
    /// Namespace of its dataset.
    pub namespace: String,
    /// Its dataset.
    pub name: String,
    /// Its name.
    pub field: String,
    /// How; older producers say nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transformations: Vec<Transformation>,
}

/// How a column is used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transformation {
    /// `DIRECT` or `INDIRECT`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Such as `IDENTITY` or `FILTER`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subtype: Option<String>,
    /// In words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether the value cannot be seen afterwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub masking: Option<bool>,
}

/// The text a job runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SqlFacet {
    /// The text.
    pub query: String,
    /// Its dialect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dialect: Option<String>,
}

/// Where a dataset is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataSourceFacet {
    /// Name of the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
}

/// How much was written.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OutputStatisticsFacet {
    /// Rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row_count: Option<u64>,
    /// Bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_count: Option<u64>,
}

/// What kind of job it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobTypeFacet {
    /// `BATCH` or `STREAMING`.
    pub processing_type: String,
    /// What runs it.
    pub integration: String,
    /// Such as `QUERY` or `MODEL`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_type: Option<String>,
}

/// A facet of these by its name; nothing when it is absent, taken back or of another shape.
pub fn facet<T: DeserializeOwned>(facets: &Map<String, Value>, name: &str) -> Option<T> {
    let found = facets.get(name)?;
    if found.get("_deleted") == Some(&Value::Bool(true)) {
        return None;
    }
    serde_json::from_value(found.clone()).ok()
}

/// A facet as it is written: with who made it and the schema of its kind.
pub fn with_base<T: Serialize>(facet: &T, name: &str, producer: &str) -> Result<Value> {
    let schema = match name {
        "schema" => "1-1-1/SchemaDatasetFacet",
        "columnLineage" => "1-2-0/ColumnLineageDatasetFacet",
        "sql" => "1-1-0/SQLJobFacet",
        "dataSource" => "1-0-1/DatasourceDatasetFacet",
        "outputStatistics" => "1-0-2/OutputStatisticsOutputDatasetFacet",
        "jobType" => "2-0-3/JobTypeJobFacet",
        _ => "1-0-0/CustomFacet",
    };
    let definition = schema.split_once('/').map(|(_, name)| name).unwrap_or_default();
    let broken = |error: serde_json::Error| LineageError::event("", error.to_string(), error.to_string());
    let mut value = serde_json::to_value(facet).map_err(broken)?;
    if let Some(object) = value.as_object_mut() {
        let url = format!("https://openlineage.io/spec/facets/{schema}.json#/$defs/{definition}");
        object.insert("_producer".to_owned(), producer.into());
        object.insert("_schemaURL".to_owned(), url.into());
    }
    Ok(value)
}

/// The facet of what was found in a statement; `split` gives namespace and name of a table.
pub fn columns_of_statement(
    statement: &StatementLineage,
    split: &dyn Fn(&str) -> (String, String),
) -> ColumnLineageFacet {
    let field = |origin: &Origin| {
        let (namespace, name) = split(&origin.dataset);
        let note = (!origin.certain).then(|| "one of several possible origins".to_owned());
        let how = |kind: &EdgeKind| {
            let (kind, subtype) = kind.facet_words()?;
            Some(Transformation {
                kind: kind.to_owned(),
                subtype: Some(subtype.to_owned()),
                description: note.clone(),
                masking: None,
            })
        };
        let transformations = origin.kinds.iter().filter_map(how).collect();
        InputField { namespace, name, field: origin.column.clone(), transformations }
    };
    let fields = statement.columns.iter().map(|column| {
        let input_fields = column.origins.iter().map(field).collect();
        (column.name.clone(), InputFields { input_fields })
    });
    ColumnLineageFacet { fields: fields.collect(), dataset: statement.indirect.iter().map(field).collect() }
}
