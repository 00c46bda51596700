//! Lists as operators have them: a CSV table, and a description in TOML that says what it is and which column is what.

use super::{Code, CodeList, Heading};
use crate::error::{Result, StandardsError};
use brain_kernel::date;
use brain_kernel::language::Text;
use brain_matching::Records;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Longest table, bytes.
pub const CODES_BYTES_MAX: usize = 32 << 20;
/// Longest description, bytes.
const DESCRIPTION_BYTES_MAX: usize = 64 << 10;

/// The description of a table of codes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListFile {
    /// Id of the list.
    pub id: String,
    /// What it is called.
    pub title: Text,
    /// Standard.
    pub standard: String,
    /// Edition.
    #[serde(default)]
    pub edition: String,
    /// Where the list was taken from.
    pub source: String,
    /// What the columns of the table are called, where not as here.
    #[serde(default)]
    pub columns: Columns,
    /// Values of the parent's column that mean none.
    #[serde(default)]
    pub no_parent: Vec<String>,
}

/// Columns of a table of codes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "CodeListColumns")]
#[serde(default, deny_unknown_fields)]
pub struct Columns {
    /// The code.
    pub code: String,
    /// Code one level up.
    pub parent: String,
    /// Chinese name.
    pub name_zh: String,
    /// English name.
    pub name_en: String,
    /// First day.
    pub valid_from: String,
    /// Last day.
    pub valid_until: String,
    /// Successors, with `;` between them.
    pub successors: String,
}

impl Default for Columns {
    fn default() -> Self {
        let [code, parent, name_zh, name_en, valid_from, valid_until, successors] =
            ["code", "parent", "name_zh", "name_en", "valid_from", "valid_until", "successors"]
                .map(str::to_owned);
        Self { code, parent, name_zh, name_en, valid_from, valid_until, successors }
    }
}

/// A description out of its TOML.
pub(super) fn described<T: for<'a> Deserialize<'a>>(toml: &str) -> Result<T> {
    if toml.len() > DESCRIPTION_BYTES_MAX {
        return Err(StandardsError::line(
            0,
            format!("说明文件超过 {DESCRIPTION_BYTES_MAX} 字节。"),
            format!("The description has more than {DESCRIPTION_BYTES_MAX} bytes."),
        ));
    }
    toml::from_str(toml).map_err(|error| StandardsError::toml(toml, &error))
}

/// A table out of its CSV, in UTF-8 or GB 18030.
pub(crate) fn table(csv: &[u8]) -> Result<Records> {
    if csv.len() > CODES_BYTES_MAX {
        return Err(StandardsError::line(
            0,
            format!("表格超过 {} MiB。", CODES_BYTES_MAX >> 20),
            format!("The table has more than {} MiB.", CODES_BYTES_MAX >> 20),
        ));
    }
    brain_matching::file::read(csv)
        .map_err(|fault| StandardsError::Line { line: fault.line, problem: fault.what })
}

/// The place of a column that must be there.
pub(crate) fn needed(table: &Records, name: &str) -> Result<usize> {
    table.find([name]).ok_or_else(|| {
        let names = table.names().join(", ");
        StandardsError::line(
            1,
            format!("没有列“{name}”，表中有：{names}。"),
            format!("There is no column {name:?}; there are: {names}."),
        )
    })
}

impl ListFile {
    /// Read description and table.
    pub fn read(toml: &str, csv: &[u8]) -> Result<CodeList> {
        let file: Self = described(toml)?;
        let rows = table(csv)?;
        let codes = file.codes(&rows)?;
        let Self { id, title, standard, edition, source, .. } = file;
        CodeList::new(Heading { id, title, standard, edition, source }, codes)
    }

    fn codes(&self, rows: &Records) -> Result<Vec<Code>> {
        let columns = &self.columns;
        let code = needed(rows, &columns.code)?;
        let [zh, en] = [&columns.name_zh, &columns.name_en].map(|name| rows.find([name.as_str()]));
        if zh.is_none() && en.is_none() {
            needed(rows, &columns.name_zh)?;
        }
        let [parent, from, until, successors] =
            [&columns.parent, &columns.valid_from, &columns.valid_until, &columns.successors]
                .map(|name| rows.find([name.as_str()]));
        let cell = |row: usize, column: Option<usize>| column.map_or("", |column| rows.cell(row, column));
        (0..rows.len())
            .map(|row| {
                let day = |column: Option<usize>| {
                    date::parse(cell(row, column)).map_err(|_| {
                        let text: String = cell(row, column).chars().take(40).collect();
                        StandardsError::line(
                            row as u64 + 2,
                            format!("“{text}”不是日期。"),
                            format!("{text:?} is not a date."),
                        )
                    })
                };
                let above = cell(row, parent);
                let listed = cell(row, successors).split([';', '；']).map(str::trim);
                Ok(Code {
                    code: rows.cell(row, code).to_owned(),
                    parent: (!above.is_empty() && !self.no_parent.iter().any(|none| none == above))
                        .then(|| above.to_owned()),
                    name: Text::new(cell(row, zh), cell(row, en)),
                    valid_from: day(from)?,
                    valid_until: day(until)?,
                    successors: listed.filter(|code| !code.is_empty()).map(str::to_owned).collect(),
                })
            })
            .collect()
    }
}
