//! What could not be followed, where, and why.

use brain_kernel::language::Text;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlparser::tokenizer::Location;

/// A place in the text; both count from 1, columns in characters. Zero where the parser gives no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize, JsonSchema)]
pub struct Position {
    /// Line.
    pub line: u64,
    /// Character in the line.
    pub column: u64,
}

impl From<Location> for Position {
    fn from(place: Location) -> Self {
        Self { line: place.line, column: place.column }
    }
}

/// Why something could not be followed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum IssueKind {
    /// The parser does not understand the text.
    Syntax {
        /// What it says, English.
        message: String,
    },
    /// A statement that moves data in a way that is not followed.
    NotFollowed {
        /// What the statement is.
        what: String,
    },
    /// Code around statements (loops, variables, cursors) that is not followed; the statements in it are.
    Procedural,
    /// `*` of a table whose columns are not in the catalogue.
    UnresolvedStar {
        /// The table.
        table: String,
    },
    /// A column that several tables may have, and whose columns are not in the catalogue.
    Ambiguous {
        /// The column.
        column: String,
        /// The tables.
        tables: Vec<String>,
    },
    /// A column that no table has.
    UnknownColumn {
        /// The column, with its qualifier.
        column: String,
    },
    /// Values go into columns by position, and the columns are not in the catalogue: names are those of the query.
    UnknownTarget {
        /// The table written.
        table: String,
    },
    /// As many values as columns are needed and there are not.
    ColumnCount {
        /// Columns to fill.
        expected: usize,
        /// Values given.
        found: usize,
    },
    /// `NATURAL` of tables whose columns are not in the catalogue.
    UnresolvedNatural,
    /// Larger or deeper than is followed.
    TooLarge {
        /// What is too large.
        what: String,
    },
}

/// One thing that could not be followed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Issue {
    /// Where.
    pub position: Position,
    /// Why.
    #[serde(flatten)]
    pub kind: IssueKind,
}

impl Issue {
    /// The reason in words, with what would mend it.
    pub fn text(&self) -> Text {
        let tables = |tables: &[String]| tables.join(", ");
        match &self.kind {
            IssueKind::Syntax { message } => {
                Text::new(format!("无法解析：{message}"), format!("cannot be parsed: {message}"))
            }
            IssueKind::NotFollowed { what } => {
                Text::new(format!("不跟踪的语句：{what}"), format!("not followed: {what}"))
            }
            IssueKind::Procedural => Text::new(
                "过程代码（变量、循环、游标）不跟踪，其中的语句已跟踪；不带表名的列可能是变量",
                "code around the statements (variables, loops, cursors) is not followed; a column without its \
                 table may be a variable",
            ),
            IssueKind::UnresolvedStar { table } => Text::new(
                format!("{table} 的字段未知，* 无法展开；请提供其字段"),
                format!("the columns of {table} are unknown, so * stays as it is; give its columns"),
            ),
            IssueKind::Ambiguous { column, tables: several } => Text::new(
                format!("字段 {column} 可能属于 {}；请加表名或提供字段", tables(several)),
                format!("{column} may belong to {}; qualify it or give their columns", tables(several)),
            ),
            IssueKind::UnknownColumn { column } => {
                Text::new(format!("没有表含字段 {column}"), format!("no table has a column {column}"))
            }
            IssueKind::UnknownTarget { table } => Text::new(
                format!("{table} 的字段未知，按查询的列名对应；请写出字段或提供其字段"),
                format!(
                    "the columns of {table} are unknown and taken from the query; list them or give them"
                ),
            ),
            IssueKind::ColumnCount { expected, found } => Text::new(
                format!("应有 {expected} 个值，实有 {found} 个"),
                format!("{expected} values are needed, there are {found}"),
            ),
            IssueKind::UnresolvedNatural => Text::new(
                "NATURAL JOIN 的公共字段未知；请提供两边的字段",
                "the common columns of NATURAL JOIN are unknown; give the columns of both sides",
            ),
            IssueKind::TooLarge { what } => {
                Text::new(format!("超出跟踪范围：{what}"), format!("larger than is followed: {what}"))
            }
        }
    }
}
