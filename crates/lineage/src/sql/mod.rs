//! Column lineage of SQL text (SQL 字段级血缘): which columns a statement reads, which it writes, and how.
//!
//! A statement is read by `sqlparser` in the dialect named, and its names are resolved scope by scope against the
//! tables it defines and the [`Catalogue`] given. What cannot be known without the columns of a table (`SELECT *`, a
//! bare column of two unknown tables) is said as an [`Issue`]; what cannot be parsed or followed likewise.
//! Identifiers are compared without regard to case, quoted ones too.
//!
//! Start reading at [`analyse`], then `query.rs`.

mod catalogue;
mod dialect;
mod expression;
mod from;
mod issue;
mod nesting;
mod origin;
mod part;
mod pivot;
mod projection;
mod query;
mod resolver;
mod scope;
mod script;
mod split;
mod statement;
mod tables;
mod write;

pub use catalogue::Catalogue;
pub use dialect::Dialect;
pub use issue::{Issue, IssueKind, Position};
pub use nesting::{Nesting, is_too_nested, nesting};
pub use script::{ColumnLineage, Followed, Origin, Script, StatementLineage, Verb};

use crate::error::{LineageError, Result};

/// The longest text taken, in bytes.
pub const TEXT_BYTES_MAX: usize = 8 << 20;

/// The most tokens of one statement.
pub const STATEMENT_TOKENS_MAX: usize = 200_000;

/// The deepest nesting of expressions and queries.
pub const DEPTH_MAX: usize = 48;

/// Stack for one script: a chain of operators is a tree as deep as it is long, and dropping it recurses.
/// Pages that are not touched cost nothing.
const STACK_BYTES: usize = 256 << 20;
const STACK_BYTES_SHORT: usize = 16 << 20;

/// Reads a script of one or more statements.
///
/// Fails only for a text over [`TEXT_BYTES_MAX`]; everything else that goes wrong is an [`Issue`] of its statement.
pub fn analyse(text: &str, dialect: Dialect, catalogue: &Catalogue) -> Result<Script> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(LineageError::TooLong { bytes: text.len(), max: TEXT_BYTES_MAX });
    }
    let run = || {
        let mut resolver = resolver::Resolver::new(dialect, catalogue);
        resolver.script(text);
        resolver.finish()
    };
    let stack = if text.len() < 4096 { STACK_BYTES_SHORT } else { STACK_BYTES };
    Ok(stacker::grow(stack, run))
}
