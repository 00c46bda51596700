//! The front matter of a model file.
//!
//! ```sql
//! -- model: subject.region
//! -- title: 行政区划 | Administrative divisions
//! -- description: 省、市、县（区）。 | Provinces, cities and counties.
//! -- owner: 民政部门
//! -- side: public
//! -- grade: general1
//! -- source: GB/T 2260
//! -- licence: WTFPL (codes)
//! -- keys: region_code
//! -- inputs: builtin.region
//! -- optional: raw.region_city (code text, name text, province_code text)
//! -- column: region_code | 行政区划代码 | Region code
//! SELECT …
//! ```
//! `optional` tables may be missing: the query then sees an empty table of these columns. `column` lines may end in a
//! grade and a unit: `| general3 | CNY`. Types are text, bigint, double, date and boolean.

use crate::{Error, Result};
use brain_kernel::grade::Grade;
use brain_kernel::language::Text;
use brain_kernel::side::DataSide;
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A column as the model documents it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ModelColumn {
    /// Column name.
    pub name: String,
    /// Meaning.
    pub title: Text,
    /// Grade; the model's own where not given.
    pub grade: Grade,
    /// Unit of the numbers.
    pub unit: Option<String>,
}

/// One SQL model.
#[derive(Debug, Clone, Serialize)]
pub struct Model {
    /// Dataset it makes, `<zone>.<table>`.
    pub name: String,
    /// Title.
    pub title: Text,
    /// What the table holds.
    pub description: Text,
    /// Who owns it.
    pub owner: String,
    /// Public, industry or enterprise data.
    pub side: DataSide,
    /// Grade of the table.
    pub grade: Grade,
    /// Column with the owner of each row.
    pub restricted_by: Option<String>,
    /// Source in words.
    pub source: String,
    /// Terms.
    pub licence: String,
    /// Columns that identify a row.
    pub keys: Vec<String>,
    /// Tables that must exist.
    pub inputs: Vec<String>,
    /// Tables that may be missing, with the columns the query uses.
    #[serde(skip)]
    pub optional: BTreeMap<String, SchemaRef>,
    /// Columns made, in order.
    pub columns: Vec<ModelColumn>,
    /// The query.
    pub sql: String,
    /// SHA-256 of the whole text, hexadecimal; a changed text makes the model stale.
    pub digest: String,
}

impl Model {
    /// Parse a model file.
    pub fn parse(text: &str) -> Result<Self> {
        let mut front = Front::default();
        let mut body = Vec::new();
        for line in text.lines() {
            match line.strip_prefix("-- ").and_then(|line| line.split_once(':')).filter(|_| body.is_empty()) {
                Some((key, value)) => front.take(key.trim(), value.trim()),
                None if line.trim().is_empty() && body.is_empty() => {}
                None => body.push(line),
            }
        }
        front.model(text, body.join("\n"))
    }

    /// Every table the query may read.
    pub fn reads(&self) -> impl Iterator<Item = &str> {
        self.inputs.iter().chain(self.optional.keys()).map(String::as_str)
    }
}

#[derive(Default)]
struct Front {
    values: BTreeMap<String, String>,
    optional: Vec<String>,
    columns: Vec<String>,
}

impl Front {
    fn take(&mut self, key: &str, value: &str) {
        match key {
            "optional" => self.optional.push(value.to_owned()),
            "column" => self.columns.push(value.to_owned()),
            _ => {
                self.values.insert(key.to_owned(), value.to_owned());
            }
        }
    }

    fn model(self, text: &str, sql: String) -> Result<Model> {
        let name = self.values.get("model").cloned().unwrap_or_default();
        let wrong = |reason: String| Error::Model { model: name.clone(), reason };
        if !name.split_once('.').is_some_and(|(zone, table)| {
            matches!(zone, "standard" | "subject" | "topic") && !table.is_empty()
        }) {
            return Err(wrong("the name is not standard|subject|topic.<table>".into()));
        }
        let required =
            |key: &str| self.values.get(key).cloned().ok_or_else(|| wrong(format!("no line `-- {key}:`")));
        let list = |key: &str| -> Vec<String> {
            let value = self.values.get(key).map(String::as_str).unwrap_or_default();
            value.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
        };
        let grade: Grade = named(&required("grade")?).ok_or_else(|| wrong("unknown grade".into()))?;
        let optional = self
            .optional
            .iter()
            .map(|line| optional(line).ok_or_else(|| wrong(format!("optional table {line:?}"))))
            .collect::<Result<_>>()?;
        let columns = self
            .columns
            .iter()
            .map(|line| column(line, grade).ok_or_else(|| wrong(format!("column {line:?}"))))
            .collect::<Result<Vec<_>>>()?;
        Ok(Model {
            title: both(&required("title")?),
            description: both(&required("description")?),
            owner: required("owner")?,
            side: named(&required("side")?).ok_or_else(|| wrong("unknown side".into()))?,
            grade,
            restricted_by: self.values.get("restricted_by").cloned(),
            source: required("source")?,
            licence: required("licence")?,
            keys: list("keys"),
            inputs: list("inputs"),
            optional,
            columns,
            sql,
            digest: Sha256::digest(text.as_bytes()).iter().fold(String::new(), hex),
            name,
        })
    }
}

fn hex(mut text: String, byte: &u8) -> String {
    use std::fmt::Write as _;
    let _ = write!(text, "{byte:02x}");
    text
}

fn named<T: serde::de::DeserializeOwned>(name: &str) -> Option<T> {
    serde_json::from_value(name.into()).ok()
}

/// `中文 | English`
fn both(value: &str) -> Text {
    match value.split_once('|') {
        Some((zh, en)) => Text::new(zh.trim(), en.trim()),
        None => Text::new(value, value),
    }
}

/// `name | 中文 | English [| grade [| unit]]`
fn column(line: &str, default: Grade) -> Option<ModelColumn> {
    let mut parts = line.split('|').map(str::trim);
    let (name, zh, en) = (parts.next()?, parts.next()?, parts.next()?);
    let grade = match parts.next().filter(|part| !part.is_empty()) {
        Some(part) => named(part)?,
        None => default,
    };
    Some(ModelColumn {
        name: name.to_owned(),
        title: Text::new(zh, en),
        grade,
        unit: parts.next().map(str::to_owned),
    })
}

/// `raw.x (a text, b double)`
fn optional(line: &str) -> Option<(String, SchemaRef)> {
    let (name, columns) = line.split_once('(')?;
    let fields = columns
        .trim_end()
        .strip_suffix(')')?
        .split(',')
        .map(|column| {
            let (name, kind) = column.trim().split_once(' ')?;
            let kind = match kind.trim() {
                "text" => DataType::Utf8View,
                "bigint" => DataType::Int64,
                "double" => DataType::Float64,
                "date" => DataType::Date32,
                "boolean" => DataType::Boolean,
                _ => return None,
            };
            Some(Field::new(name, kind, true))
        })
        .collect::<Option<Vec<_>>>()?;
    Some((name.trim().to_owned(), Arc::new(Schema::new(fields))))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "-- model: subject.thing\n-- title: 物 | Thing\n-- description: 物。 | Things.\n\
        -- owner: 某局\n-- side: public\n-- grade: general2\n-- source: here\n-- licence: free\n-- keys: id\n\
        -- inputs: raw.a, raw.b\n-- optional: raw.c (id text, n double)\n-- column: id | 标识 | Id\n\
        -- column: n | 数 | Number | general3 | CNY\n\nSELECT id, n FROM raw.a\n-- not front matter: x\n";

    #[test]
    fn front_matter_says_what_the_table_is_and_the_rest_is_the_query() {
        let model = Model::parse(TEXT).unwrap();
        assert_eq!(model.name, "subject.thing");
        assert_eq!(model.title, Text::new("物", "Thing"));
        assert_eq!(model.reads().collect::<Vec<_>>(), ["raw.a", "raw.b", "raw.c"]);
        assert_eq!(model.columns[0].grade, Grade::General2);
        assert_eq!(model.columns[1].grade, Grade::General3);
        assert_eq!(model.columns[1].unit.as_deref(), Some("CNY"));
        assert_eq!(model.optional["raw.c"].field(1).data_type(), &DataType::Float64);
        assert!(model.sql.starts_with("SELECT id"));
        assert!(model.sql.contains("not front matter"));
    }

    #[test]
    fn a_wrong_file_names_the_line_that_is_wrong() {
        let wrong = |text: String| Model::parse(&text).unwrap_err().to_string();
        assert!(wrong(TEXT.replace("-- owner: 某局\n", "")).contains("owner"));
        assert!(wrong(TEXT.replace("general2", "secret")).contains("grade"));
        assert!(wrong(TEXT.replace("n double", "n money")).contains("raw.c"));
        assert!(wrong(TEXT.replace("subject.thing", "raw.thing")).contains("name"));
    }
}
