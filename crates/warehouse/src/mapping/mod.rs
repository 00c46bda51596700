//! Mappings: TOML files that say what a file means. Built-in ones are embedded, own ones lie in `<data>/mappings`.
//!
//! `crates/warehouse/mappings/README.md` documents every key.

mod builtin;
mod load;
mod rule;

pub use load::{MappingError, parse};
pub(crate) use rule::days;
pub use rule::{Bound, Rules};

use brain_kernel::grade::Grade;
use brain_kernel::language::Text;
use brain_kernel::side::DataSide;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The name under which an unmapped file is taken in with inferred types.
pub const AUTO: &str = "auto";

/// What files of one kind mean: which tables they become, who owns them, how each column reads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// Name given to `brain ingest --as`.
    pub name: String,
    /// Title people see.
    pub title: Text,
    /// One sentence on the content.
    pub description: Text,
    /// Who answers for the data (数据所有者).
    pub owner: String,
    /// 公共／行业／企业.
    pub side: DataSide,
    /// Data grade of the tables.
    pub grade: Grade,
    /// Where the data comes from.
    #[serde(default)]
    pub source: String,
    /// Under which licence or agreement.
    #[serde(default)]
    pub licence: String,
    /// Models to refresh afterwards; only stale ones run.
    #[serde(default)]
    pub refresh: Vec<String>,
    /// The tables.
    #[serde(rename = "table")]
    pub tables: Vec<TableMapping>,
    /// Digest of the mapping's own text: a changed mapping reads an unchanged file anew.
    #[serde(skip)]
    pub digest: String,
}

/// One table of a mapping.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableMapping {
    /// `<zone>.<table>`; its quarantine is `<zone>.<table>_quarantine`.
    pub dataset: String,
    /// Title of this table where it differs from the mapping's.
    #[serde(default)]
    pub title: Option<Text>,
    /// File name patterns with `*` and `?`; with `/` they match the path inside the folder.
    #[serde(default)]
    pub files: Vec<String>,
    /// Whether a folder may lack the file.
    #[serde(default)]
    pub optional: bool,
    /// Whether a new file is added to the table or takes its place.
    #[serde(default)]
    pub mode: Mode,
    /// How to read the file.
    #[serde(default)]
    pub format: Format,
    /// Columns that identify a row; models keep the latest.
    #[serde(default)]
    pub key: Vec<String>,
    /// Column that holds the owner's code; enterprises see only their own rows.
    #[serde(default)]
    pub restricted_by: Option<String>,
    /// Texts that mean "no value", besides the empty one.
    #[serde(default = "null_values")]
    pub null_values: Vec<String>,
    /// Quarantine rows whose text was damaged by a wrong decoding.
    #[serde(default)]
    pub no_mojibake: bool,
    /// The columns, in table order.
    #[serde(rename = "column")]
    pub columns: Vec<ColumnMapping>,
}

/// Append or replace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Rows are added to the table.
    Append,
    /// The table afterwards holds exactly these files' rows.
    #[default]
    Replace,
}

/// How to read a file; what is not given is detected.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct Format {
    /// Kind of file; `auto` looks at the content.
    pub kind: Kind,
    /// One-character delimiter of delimited text.
    pub delimiter: Option<String>,
    /// Whether the first record names the columns; without, columns are taken by position.
    pub header: Option<bool>,
    /// Character encoding (`utf-8`, `gb18030`, `utf-16le`, `utf-16be`).
    pub encoding: Option<String>,
    /// Sheet of a workbook; the first one otherwise.
    pub sheet: Option<String>,
}

/// Kinds of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Look at the content.
    #[default]
    Auto,
    /// Delimited text, RFC 4180 quoting.
    Csv,
    /// One JSON object per line.
    Jsonl,
    /// Workbook (xlsx, xls, xlsb, ods).
    Excel,
    /// Apache Parquet.
    Parquet,
}

/// One column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnMapping {
    /// Name in the table.
    pub name: String,
    /// Names it may have in the file, first match wins; the table's name when empty.
    #[serde(default)]
    pub source: Vec<String>,
    /// How the text reads.
    #[serde(rename = "type", default)]
    pub kind: ColumnType,
    /// Whether a row without a value is refused, and a file without the column too.
    #[serde(default)]
    pub required: bool,
    /// What a value must obey.
    #[serde(default)]
    pub rules: Rules,
    /// Texts that mean "no value" in this column, besides the table's.
    #[serde(default)]
    pub null_values: Vec<String>,
    /// Grade of the column where it is higher than the table's.
    #[serde(default)]
    pub grade: Option<Grade>,
    /// What the column means.
    #[serde(default)]
    pub title: Option<Text>,
}

/// Types of columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnType {
    /// Text as it stands, outer white space removed.
    #[default]
    Text,
    /// Whole number, 64 bit.
    Integer,
    /// Number, 64 bit; `1,234.5` and `12.5%` read as 1234.5 and 0.125.
    Float,
    /// Calendar day, in the spellings of `kernel::date`.
    Date,
    /// true/false, 是/否, 1/0, yes/no.
    Boolean,
    /// Amount in the spellings of `kernel::capital`, stored in yuan.
    Money,
}

impl ColumnType {
    /// The type's name as written in a mapping.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Integer => "integer",
            Self::Float => "float",
            Self::Date => "date",
            Self::Boolean => "boolean",
            Self::Money => "money",
        }
    }
}

fn null_values() -> Vec<String> {
    ["N/A", "n/a", "NA", "NULL", "null", "None", "\\N"].map(str::to_owned).to_vec()
}

impl TableMapping {
    /// The dataset that takes the rows refused.
    #[must_use]
    pub fn quarantine(&self) -> String {
        format!("{}_quarantine", self.dataset)
    }
}

/// Every mapping: the built-in ones, then those of `<data>/mappings`, which may replace a built-in by name.
pub fn all(data: &Path) -> Result<Vec<Mapping>, MappingError> {
    let mut mappings = builtin::all()?;
    let folder = data.join("mappings");
    let Ok(entries) = std::fs::read_dir(&folder) else { return Ok(mappings) };
    let mut files: Vec<_> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    files.sort();
    for file in files {
        let label = file.display().to_string();
        let text = std::fs::read_to_string(&file).map_err(|error| MappingError {
            file: label.clone(),
            key: String::new(),
            problem: Text::new(format!("无法读取：{error}"), format!("cannot be read: {error}")),
            fix: Text::new("检查文件权限与 UTF-8 编码。", "Check its permissions and that it is UTF-8."),
        })?;
        let mapping = parse(&label, &text)?;
        mappings.retain(|known| known.name != mapping.name);
        mappings.push(mapping);
    }
    Ok(mappings)
}
