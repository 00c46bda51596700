//! Mapping tables (对照表): what a code of one list is in another.

use super::file::{described, needed, table};
use super::{CODE_CHARACTERS_MAX, CodeList};
use crate::error::{Result, StandardsError};
use crate::text;
use brain_kernel::language::Text;
use brain_matching::Records;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Most rows of one table.
const ROWS_MAX: usize = 200_000;
/// How far shares of one code may be from 1 in sum: three figures of three parts.
const SHARES_TOLERANCE: f64 = 0.001_5;

/// What a mapping is and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MappingHeading {
    /// 标识 · Id.
    pub id: String,
    /// 名称 · What it is called.
    pub title: Text,
    /// 源代码表；未登记的外部编码写 partner.名称 · List mapped from; `partner.name` for codes that are in no list here.
    pub from: String,
    /// 目标代码表；产品主数据写 products · List mapped to; `products` for product master data.
    pub to: String,
    /// 来源 · Who says so.
    pub source: String,
}

/// One row: a code, one of the codes it becomes, and which part of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MappingRow {
    /// Code mapped from.
    pub from: String,
    /// Code it becomes.
    pub to: String,
    /// Part of it that does, above 0 and up to 1; absent where nobody knows.
    #[serde(default)]
    pub share: Option<f64>,
}

/// A mapping table; made once, then only asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Mapping {
    heading: MappingHeading,
    rows: BTreeMap<String, Vec<MappingRow>>,
}

impl Mapping {
    /// A mapping whose rows are each there once, and whose shares, where a code has any, are of all its rows and sum to 1.
    pub fn new(heading: MappingHeading, rows: Vec<MappingRow>) -> Result<Self> {
        let heading = heading.checked()?;
        if rows.is_empty() || rows.len() > ROWS_MAX {
            return Err(StandardsError::line(
                0,
                format!("对照表须有 1 至 {ROWS_MAX} 行，现有 {} 行。", rows.len()),
                format!("A mapping has 1 to {ROWS_MAX} rows; there are {}.", rows.len()),
            ));
        }
        let mut by_code: BTreeMap<String, Vec<MappingRow>> = BTreeMap::new();
        for (at, row) in rows.into_iter().enumerate() {
            let line = at as u64 + 2;
            check_row(line, &row)?;
            let known = by_code.entry(row.from.clone()).or_default();
            if known.iter().any(|known| known.to == row.to) {
                return Err(StandardsError::line(
                    line,
                    format!("{} → {} 重复。", row.from, row.to),
                    format!("{} → {} is there twice.", row.from, row.to),
                ));
            }
            known.push(row);
        }
        for (code, rows) in &by_code {
            check_shares(code, rows)?;
        }
        Ok(Self { heading, rows: by_code })
    }

    /// Read a description (TOML) and a table (CSV with `from`, `to` and, if known, `share`).
    pub fn read(toml: &str, csv: &[u8]) -> Result<Self> {
        let file: MappingFile = described(toml)?;
        let rows = table(csv)?;
        let rows = file.rows(&rows)?;
        let MappingFile { id, title, from, to, source, .. } = file;
        Self::new(MappingHeading { id, title, from, to, source }, rows)
    }

    /// What the mapping is.
    #[must_use]
    pub fn heading(&self) -> &MappingHeading {
        &self.heading
    }

    /// Its rows, by the code mapped from.
    pub fn rows(&self) -> impl Iterator<Item = &MappingRow> {
        self.rows.values().flatten()
    }

    /// What a code becomes; nothing where the table does not name it.
    #[must_use]
    pub fn map(&self, code: &str) -> &[MappingRow] {
        self.rows.get(code).map_or(&[], Vec::as_slice)
    }

    /// Whether every code mapped from and to is in its list, where there is one.
    pub fn check_codes(&self, from: Option<&CodeList>, to: Option<&CodeList>) -> Result<()> {
        for row in self.rows() {
            for (list, code) in [(from, &row.from), (to, &row.to)] {
                if let Some(list) = list.filter(|list| list.get(code).is_none()) {
                    let id = &list.heading().id;
                    return Err(StandardsError::line(
                        0,
                        format!("{} → {}：代码 {code} 不在代码表 {id} 中。", row.from, row.to),
                        format!("{} → {}: the code {code} is not in the list {id}.", row.from, row.to),
                    ));
                }
            }
        }
        Ok(())
    }
}

impl MappingHeading {
    fn checked(self) -> Result<Self> {
        let heading = Self {
            id: text::id("/id", &self.id)?,
            title: text::title("/title", &self.title, true, text::NAME_CHARACTERS_MAX)?,
            from: text::id("/from", &self.from)?,
            to: text::id("/to", &self.to)?,
            source: text::text("/source", &self.source, 1, text::NAME_CHARACTERS_MAX)?,
        };
        if heading.from == heading.to {
            return Err(StandardsError::value(
                "/to",
                "两边不能是同一张代码表。",
                "Both sides are the same list.",
            ));
        }
        Ok(heading)
    }
}

fn check_row(line: u64, row: &MappingRow) -> Result<()> {
    for code in [&row.from, &row.to] {
        if !(1..=CODE_CHARACTERS_MAX).contains(&code.chars().count()) || code.chars().any(char::is_control) {
            return Err(StandardsError::line(
                line,
                format!("两边的代码须为 1 至 {CODE_CHARACTERS_MAX} 个字符，不含控制字符。"),
                format!("Both codes have 1 to {CODE_CHARACTERS_MAX} characters and no control characters."),
            ));
        }
    }
    match row.share {
        Some(share) if !(share > 0.0 && share <= 1.0) => Err(StandardsError::line(
            line,
            format!("份额 {share} 须大于 0、不超过 1。"),
            format!("The share {share} must be above 0 and up to 1."),
        )),
        _ => Ok(()),
    }
}

fn check_shares(code: &str, rows: &[MappingRow]) -> Result<()> {
    let shares: Vec<f64> = rows.iter().filter_map(|row| row.share).collect();
    let sum: f64 = shares.iter().sum();
    if shares.is_empty() || (shares.len() == rows.len() && (sum - 1.0).abs() <= SHARES_TOLERANCE) {
        return Ok(());
    }
    Err(StandardsError::line(
        0,
        format!("代码 {code} 的份额须每行都写且合计为 1，现有 {} 行写明，合计 {sum}。", shares.len()),
        format!(
            "Shares of the code {code} are given in every row and sum to 1; {} rows give {sum}.",
            shares.len()
        ),
    ))
}

/// The description of a mapping table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MappingFile {
    /// Id of the mapping.
    pub id: String,
    /// What it is called.
    pub title: Text,
    /// List mapped from.
    pub from: String,
    /// List mapped to.
    pub to: String,
    /// Who says so.
    pub source: String,
    /// What the columns are called, where not as here.
    #[serde(default)]
    pub columns: Columns,
}

/// Columns of a mapping table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "MappingColumns")]
#[serde(default, deny_unknown_fields)]
pub struct Columns {
    /// Code mapped from.
    pub from: String,
    /// Code mapped to.
    pub to: String,
    /// Share.
    pub share: String,
}

impl Default for Columns {
    fn default() -> Self {
        let [from, to, share] = ["from", "to", "share"].map(str::to_owned);
        Self { from, to, share }
    }
}

impl MappingFile {
    fn rows(&self, table: &Records) -> Result<Vec<MappingRow>> {
        let (from, to) = (needed(table, &self.columns.from)?, needed(table, &self.columns.to)?);
        let share = table.find([self.columns.share.as_str()]);
        (0..table.len())
            .map(|row| {
                let text = share.map_or("", |share| table.cell(row, share));
                let share = match text {
                    "" => None,
                    text => Some(text.parse().map_err(|_| {
                        let text: String = text.chars().take(40).collect();
                        StandardsError::line(
                            row as u64 + 2,
                            format!("份额“{text}”不是数。"),
                            format!("The share {text:?} is no number."),
                        )
                    })?),
                };
                Ok(MappingRow {
                    from: table.cell(row, from).to_owned(),
                    to: table.cell(row, to).to_owned(),
                    share,
                })
            })
            .collect()
    }
}
