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
//! -- test: unique(region_code)
//! -- incremental: cursor observed_on
//! -- freshness: observed_on, warn 30d, fail 90d
//! -- tags: master, geography
//! SELECT …
//! ```
//! `optional` tables may be missing: the query then sees an empty table of these columns. `column` lines may end in a
//! grade and a unit: `| general3 | CNY`. Types are text, bigint, double, date and boolean. Tests are documented in
//! [`super::assertion`], `incremental` and `freshness` in [`super::rule`]. The front matter ends at the first line that
//! is no `-- key: value`; a key is lower-case, so a comment that begins with a capital is part of the query.

use super::assertion::ModelTest;
use super::rule::{Freshness, Incremental};
use super::wrong::ModelError;
use crate::Result;
use brain_kernel::grade::Grade;
use brain_kernel::hexadecimal;
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
    /// Whether its author says that no row is one firm's own, though rows it reads may be.
    pub unrestricted: bool,
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
    /// What must hold before a version is published.
    pub tests: Vec<ModelTest>,
    /// How a run makes only what is new; none makes all of it anew.
    pub incremental: Option<Incremental>,
    /// How old it may become.
    pub freshness: Option<Freshness>,
    /// Words to select it by.
    pub tags: Vec<String>,
    /// Where it belongs: `standard`, `subject`, and for topics `topic/industry` or `topic/business`.
    pub place: String,
    /// File it was read from; none for the models of the program.
    pub file: Option<String>,
    /// The query.
    pub sql: String,
    /// Line of the file the query begins at, from 1.
    pub sql_line: usize,
    /// SHA-256 of the whole text, hexadecimal; a changed text makes the model stale.
    pub digest: String,
}

/// What `restricted_by` says where rows are no firm's own.
const NO_RESTRICTION: &str = "none";
/// Longest model file, in bytes.
pub const FILE_BYTES_MAX: usize = 512 * 1024;
/// Most lines of one kind: columns, optional tables, tests.
const LINES_MAX: usize = 1_000;
/// Most tables, keys or tags of one list.
const LIST_MAX: usize = 200;
/// Longest value of a line, in bytes.
const VALUE_BYTES_MAX: usize = 8_000;

/// Lines that may be there once.
const SINGLE: [&str; 14] = [
    "model",
    "title",
    "description",
    "owner",
    "side",
    "grade",
    "restricted_by",
    "source",
    "licence",
    "keys",
    "inputs",
    "incremental",
    "freshness",
    "tags",
];
/// Lines that may be there several times.
const SEVERAL: [&str; 3] = ["optional", "column", "test"];

impl Model {
    /// Parse a model of the program.
    pub fn parse(text: &str) -> Result<Self> {
        Ok(Self::read(text)?)
    }

    /// Parse a model file, saying which line is wrong.
    pub fn read(text: &str) -> Result<Self, ModelError> {
        if text.len() > FILE_BYTES_MAX {
            return Err(ModelError::new(
                1,
                ("文件超过 512 KiB", "the file is longer than 512 KiB"),
                ("把查询拆成几个模型。", "Split the query into several models."),
            ));
        }
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut front = Front::default();
        let mut body: Vec<&str> = Vec::new();
        for (line, number) in text.lines().zip(1..) {
            match key_of(line).filter(|_| body.is_empty()) {
                Some((key, value)) => front.take(number, key, value)?,
                None if line.trim().is_empty() && body.is_empty() => {}
                None => {
                    if body.is_empty() {
                        front.sql_line = number;
                    }
                    body.push(line);
                }
            }
        }
        let digest = hexadecimal::encode(&Sha256::digest(text.as_bytes()));
        front.model(body.join("\n"), digest)
    }

    /// Every table the query may read.
    pub fn reads(&self) -> impl Iterator<Item = &str> {
        self.inputs.iter().chain(self.optional.keys()).map(String::as_str)
    }

    /// Name within its zone.
    #[must_use]
    pub fn table(&self) -> &str {
        self.name.split_once('.').map_or(self.name.as_str(), |(_, table)| table)
    }
}

/// `-- key: value` with a lower-case key.
fn key_of(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.strip_prefix("-- ")?.split_once(':')?;
    let key = key.trim();
    let lower = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    lower.then(|| (key, value.trim()))
}

#[derive(Default)]
struct Front {
    values: BTreeMap<String, (usize, String)>,
    optional: Vec<(usize, String)>,
    columns: Vec<(usize, String)>,
    tests: Vec<(usize, String)>,
    sql_line: usize,
}

impl Front {
    fn take(&mut self, line: usize, key: &str, value: &str) -> Result<(), ModelError> {
        if value.len() > VALUE_BYTES_MAX {
            return Err(ModelError::new(
                line,
                ("这一行过长", "the line is too long"),
                ("缩短到 8000 字节以内。", "Shorten it to 8000 bytes."),
            ));
        }
        let list = match key {
            "optional" => &mut self.optional,
            "column" => &mut self.columns,
            "test" => &mut self.tests,
            _ => {
                if !SINGLE.contains(&key) {
                    return Err(unknown_key(line, key));
                }
                if self.values.insert(key.to_owned(), (line, value.to_owned())).is_some() {
                    return Err(ModelError::new(
                        line,
                        (&format!("{key} 重复"), &format!("{key} is there twice")),
                        ("只保留一行。", "Keep one of the lines."),
                    ));
                }
                return Ok(());
            }
        };
        if list.len() >= LINES_MAX {
            return Err(ModelError::new(
                line,
                (&format!("{key} 超过 1000 行"), &format!("more than 1000 lines of {key}")),
                ("把模型拆开。", "Split the model."),
            ));
        }
        list.push((line, value.to_owned()));
        Ok(())
    }

    /// Line of a key, or the first one.
    fn line(&self, key: &str) -> usize {
        self.values.get(key).map_or(1, |(line, _)| *line)
    }

    fn required(&self, key: &str) -> Result<&str, ModelError> {
        match self.values.get(key) {
            Some((_, value)) if !value.is_empty() => Ok(value),
            _ => Err(ModelError::new(
                self.line(key),
                (&format!("缺少一行 `-- {key}:`"), &format!("there is no line `-- {key}:`")),
                ("在文件开头写上它。", "Write it at the beginning of the file."),
            )),
        }
    }

    fn named<T: serde::de::DeserializeOwned>(&self, key: &str, known: &str) -> Result<T, ModelError> {
        let value = self.required(key)?;
        named(value).ok_or_else(|| {
            ModelError::new(
                self.line(key),
                (&format!("{key} 不能是 {value:?}"), &format!("{key} cannot be {value:?}")),
                (&format!("可用：{known}。"), &format!("There are {known}.")),
            )
        })
    }

    fn list(&self, key: &str) -> Result<Vec<String>, ModelError> {
        let value = self.values.get(key).map(|(_, value)| value.as_str()).unwrap_or_default();
        let parts = value.split(',').map(str::trim).filter(|part| !part.is_empty());
        let parts: Vec<String> = parts.map(str::to_owned).collect();
        if parts.len() > LIST_MAX {
            return Err(ModelError::new(
                self.line(key),
                (&format!("{key} 超过 200 项"), &format!("more than 200 {key}")),
                ("把模型拆开。", "Split the model."),
            ));
        }
        Ok(parts)
    }

    /// The rule on one line, where it is there.
    fn rule<T>(
        &self,
        key: &str,
        read: fn(&str) -> Option<T>,
        example: &str,
    ) -> Result<Option<T>, ModelError> {
        let Some((line, value)) = self.values.get(key) else { return Ok(None) };
        read(value).map(Some).ok_or_else(|| {
            ModelError::new(
                *line,
                (&format!("{key} 写作 {value:?}，无法理解"), &format!("{key} {value:?} is not understood")),
                (&format!("例如：{example}"), &format!("For example: {example}")),
            )
        })
    }

    fn model(self, sql: String, digest: String) -> Result<Model, ModelError> {
        let name = self.required("model")?.to_owned();
        if !name.split_once('.').is_some_and(|(zone, table)| {
            matches!(zone, "standard" | "subject" | "topic") && !table.is_empty()
        }) {
            return Err(ModelError::new(
                self.line("model"),
                (
                    &format!("名称 {name:?} 不在可用的区内"),
                    &format!("the name {name:?} is in no zone of models"),
                ),
                (
                    "写成 standard.<表名>、subject.<表名> 或 topic.<表名>。",
                    "Write standard.<table>, subject.<table> or topic.<table>.",
                ),
            ));
        }
        let grade: Grade = self.named("grade", "general1, general2, general3, general4, important, core")?;
        let columns = self.read_columns(grade)?;
        let place = name.split('.').next().unwrap_or_default().to_owned();
        let model = Model {
            title: both(self.required("title")?),
            description: both(self.required("description")?),
            owner: self.required("owner")?.to_owned(),
            side: self.named("side", "public, industry, enterprise")?,
            grade,
            restricted_by: self.restriction().filter(|column| *column != NO_RESTRICTION).map(str::to_owned),
            unrestricted: self.restriction() == Some(NO_RESTRICTION),
            source: self.required("source")?.to_owned(),
            licence: self.required("licence")?.to_owned(),
            keys: self.list("keys")?,
            inputs: self.list("inputs")?,
            optional: self.read_optional()?,
            tests: self.read_tests()?,
            incremental: self.rule("incremental", Incremental::parse, "incremental: cursor observed_on")?,
            freshness: self.rule(
                "freshness",
                Freshness::parse,
                "freshness: observed_on, warn 7d, fail 30d",
            )?,
            tags: self.list("tags")?,
            columns,
            place,
            file: None,
            sql,
            sql_line: self.sql_line,
            digest,
            name,
        };
        self.fits(&model)?;
        Ok(model)
    }

    fn restriction(&self) -> Option<&str> {
        self.values.get("restricted_by").map(|(_, column)| column.as_str())
    }

    fn read_columns(&self, grade: Grade) -> Result<Vec<ModelColumn>, ModelError> {
        let read = self.columns.iter().map(|(line, text)| {
            column(text, grade).ok_or_else(|| {
                ModelError::new(
                    *line,
                    (&format!("列 {text:?} 无法理解"), &format!("the column {text:?} is not understood")),
                    (
                        "写成 `-- column: 列名 | 中文 | English [| 等级 [| 单位]]`。",
                        "Write `-- column: name | 中文 | English [| grade [| unit]]`.",
                    ),
                )
            })
        });
        read.collect()
    }

    fn read_optional(&self) -> Result<BTreeMap<String, SchemaRef>, ModelError> {
        let read = self.optional.iter().map(|(line, text)| {
            optional(text).ok_or_else(|| {
                ModelError::new(
                    *line,
                    (
                        &format!("可缺的表 {text:?} 无法理解"),
                        &format!("the optional table {text:?} is not understood"),
                    ),
                    (
                        "写成 `raw.x (a text, b double)`，类型有 text、bigint、double、date、boolean。",
                        "Write `raw.x (a text, b double)`; types are text, bigint, double, date and boolean.",
                    ),
                )
            })
        });
        read.collect()
    }

    fn read_tests(&self) -> Result<Vec<ModelTest>, ModelError> {
        let numbered = self.tests.iter().zip(1..);
        let read = numbered.map(|((line, text), number)| {
            ModelTest::parse(text, number).map_err(|(zh, en)| {
                ModelError::new(
                    *line,
                    (&format!("测试 {text:?}：{zh}"), &format!("the test {text:?}: {en}")),
                    ("例如 `-- test: unique(id)`。", "For example `-- test: unique(id)`."),
                )
            })
        });
        read.collect()
    }

    /// Whether what one line names is told by another.
    fn fits(&self, model: &Model) -> Result<(), ModelError> {
        // A model that documents no column is refused when it runs; there is nothing to hold names against here.
        let known =
            |name: &str| model.columns.is_empty() || model.columns.iter().any(|column| column.name == name);
        let stray = |line: usize, name: &str| {
            ModelError::new(
                line,
                (&format!("没有列 {name}"), &format!("there is no column {name}")),
                ("写一个有 `-- column:` 的列名。", "Name a column that has a line `-- column:`."),
            )
        };
        if let Some(key) = model.keys.iter().find(|key| !known(key)) {
            return Err(stray(self.line("keys"), key));
        }
        if let Some(column) = model.restricted_by.iter().find(|column| !known(column)) {
            return Err(stray(self.line("restricted_by"), column));
        }
        for (test, (line, _)) in model.tests.iter().zip(&self.tests) {
            if let Some(column) = test.columns().find(|column| !known(column)) {
                return Err(stray(*line, column));
            }
        }
        match &model.incremental {
            Some(Incremental::Key) if model.keys.is_empty() => {
                return Err(ModelError::new(
                    self.line("incremental"),
                    ("按键增量须有 keys", "incremental by key needs keys"),
                    ("写一行 `-- keys:`。", "Write a line `-- keys:`."),
                ));
            }
            Some(Incremental::Cursor { column }) if !known(column) => {
                return Err(stray(self.line("incremental"), column));
            }
            _ => {}
        }
        match model.freshness.as_ref().and_then(|freshness| freshness.column.as_ref()) {
            Some(column) if !known(column) => Err(stray(self.line("freshness"), column)),
            _ => Ok(()),
        }
    }
}

fn unknown_key(line: usize, key: &str) -> ModelError {
    let known = [SINGLE.as_slice(), SEVERAL.as_slice()].concat().join(", ");
    ModelError::new(
        line,
        (&format!("没有“{key}”这一行"), &format!("there is no line {key:?}")),
        (
            &format!("可用：{known}。注释写在查询第一行之后。"),
            &format!("There are {known}. Write comments after the first line of the query."),
        ),
    )
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
    fn what_dbt_users_expect_is_read() {
        let more = "-- test: unique(id)\n-- test: warn not_null(n) at_least 0.5\n-- incremental: cursor n\n\
                    -- freshness: warn 7d, fail 30d\n-- tags: a, b\n-- keys: id";
        let model = Model::parse(&TEXT.replace("-- keys: id", more)).unwrap();
        assert_eq!(model.tests.len(), 2);
        assert_eq!(model.incremental, Some(Incremental::Cursor { column: "n".into() }));
        assert_eq!(model.freshness.unwrap().fail_hours, Some(720.0));
        assert_eq!(model.tags, ["a", "b"]);
        assert_eq!(model.place, "subject");
        assert_eq!(model.sql_line, 20);
    }

    #[test]
    fn a_wrong_file_names_the_line_that_is_wrong() {
        let wrong = |text: String| {
            let error = Model::read(&text).unwrap_err();
            assert!(error.line >= 1 && !error.problem.zh.is_empty() && !error.fix.zh.is_empty());
            error.to_string()
        };
        assert!(wrong(TEXT.replace("-- owner: 某局\n", "")).contains("owner"));
        assert!(wrong(TEXT.replace("-- keys: id", "-- keys: ids")).contains("no column ids"));
        assert!(wrong(TEXT.replace("-- keys: id", "-- colour: red")).contains("no line \"colour\""));
        assert!(wrong(TEXT.replace("-- keys: id", "-- test: unique(x)")).contains("no column x"));
        assert!(wrong(TEXT.replace("-- keys: id", "-- incremental: key")).contains("needs keys"));
        assert!(wrong(TEXT.replace("-- keys: id", "-- freshness: soon")).contains("freshness"));
        assert!(wrong(TEXT.replace("-- keys: id", "-- owner: 某局")).contains("twice"));
        assert!(wrong(TEXT.replace("general2", "secret")).contains("grade"));
        assert!(wrong(TEXT.replace("n double", "n money")).contains("raw.c"));
        assert!(wrong(TEXT.replace("subject.thing", "raw.thing")).contains("name"));
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_reader_fail(lines in proptest::collection::vec("-- (model|title|description|owner|side|grade|keys|inputs|column|test|optional|incremental|freshness|tags): [a-z0-9_.,|() 年-]{0,30}|SELECT 1|[ -~]{0,20}", 0..20)) {
            let text = lines.join("\n");
            match Model::read(&text) {
                Ok(model) => proptest::prop_assert!(model.sql_line <= lines.len()),
                Err(error) => proptest::prop_assert!(error.line >= 1 && !error.problem.en.is_empty()),
            }
        }
    }
}
