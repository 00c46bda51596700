//! What was found in a script.

use super::issue::{Issue, Position};
use crate::kind::EdgeKind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// All statements of a script, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Script {
    /// Each statement at least once; one that writes several tables once for each.
    pub statements: Vec<StatementLineage>,
}

/// What a statement does to one table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StatementLineage {
    /// Where it begins.
    pub position: Position,
    /// What it is.
    pub verb: Verb,
    /// Whether its lineage is known.
    pub followed: Followed,
    /// The table written; none for a bare query.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// The tables read.
    pub inputs: Vec<String>,
    /// The columns written, or shown by a bare query.
    pub columns: Vec<ColumnLineage>,
    /// Columns that decide about whole rows: filters, joins, groups, order.
    pub indirect: Vec<Origin>,
    /// What could not be followed.
    pub issues: Vec<Issue>,
}

/// Where one column comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ColumnLineage {
    /// Its name; `*` for columns that could not be listed.
    pub name: String,
    /// The columns it comes from; none for a constant.
    pub origins: Vec<Origin>,
}

/// A column something comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Origin {
    /// Its table.
    pub dataset: String,
    /// Its name; `*` for columns that could not be listed.
    pub column: String,
    /// How.
    pub kinds: Vec<EdgeKind>,
    /// False when it is one of several possible origins.
    pub certain: bool,
}

/// What a statement is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// A bare query.
    Select,
    /// `INSERT`, `REPLACE`, `SELECT … INTO`.
    Insert,
    /// `UPDATE`.
    Update,
    /// `DELETE`.
    Delete,
    /// `MERGE`.
    Merge,
    /// `CREATE TABLE`.
    CreateTable,
    /// `CREATE VIEW`, `ALTER VIEW`.
    CreateView,
    /// Any other.
    Other,
}

impl Verb {
    /// The word, such as `create_table`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Select => "select",
            Self::Insert => "insert",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Merge => "merge",
            Self::CreateTable => "create_table",
            Self::CreateView => "create_view",
            Self::Other => "other",
        }
    }
}

/// Whether the lineage of a statement is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Followed {
    /// It is, but for its issues.
    Yes,
    /// The statement moves no data.
    NoData,
    /// It is not; an issue says why.
    No,
}

impl Script {
    /// How many issues there are.
    pub fn issues(&self) -> usize {
        self.statements.iter().map(|statement| statement.issues.len()).sum()
    }
}
