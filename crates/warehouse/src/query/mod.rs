//! The door: the only way to rows.
//!
//! A [`Session`] belongs to one party and one purpose. A table name resolves to a grant, the grant becomes a view —
//! scan, row filter, column masks — and the caller's SQL runs on that view. What a party may not see is not in its
//! plan: not through joins, conditions, sorting, grouping, time travel, plans shown or error messages.

pub(crate) mod barrier;
mod bound;
pub(crate) mod catalog;
mod expansion;
mod mask;
pub(crate) mod memory;
pub(crate) mod nearest;
mod place;
pub(crate) mod session;
pub(crate) mod stack;
pub(crate) mod statement;
pub(crate) mod stream;
pub(crate) mod view;

pub use bound::Reach;
pub use session::{QueryLimits, Session};
pub use stream::QueryStream;

use crate::Error;
use datafusion::error::DataFusionError;

/// An identifier in SQL.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Sort an engine error into what the caller did and what we did.
pub(crate) fn classify(error: DataFusionError) -> Error {
    match error {
        DataFusionError::External(cause) => match cause.downcast::<Error>() {
            Ok(own) => *own,
            Err(other) => Error::Engine(DataFusionError::External(other)),
        },
        DataFusionError::Context(_, cause) | DataFusionError::Diagnostic(_, cause) => classify(*cause),
        // The words around the cause, such as those of a sort that ran out of memory, are the engine's.
        DataFusionError::Shared(cause) => match cause.find_root() {
            DataFusionError::ResourcesExhausted(_) => Error::Memory { limit_mib: 0 },
            _ => Error::Engine(DataFusionError::Shared(cause)),
        },
        DataFusionError::Collection(causes) => match causes.into_iter().next() {
            Some(first) => classify(first),
            None => Error::Engine(DataFusionError::Internal("empty error collection".into())),
        },
        DataFusionError::SQL(cause, _) => sql(&cause.to_string()),
        DataFusionError::Plan(message) | DataFusionError::NotImplemented(message) => sql(&message),
        DataFusionError::SchemaError(cause, _) => sql(&cause.to_string()),
        DataFusionError::ArrowError(cause, _) => sql(&cause.to_string()),
        DataFusionError::Execution(message) => sql(&message),
        DataFusionError::ResourcesExhausted(_) => Error::Memory { limit_mib: 0 },
        other => Error::Engine(other),
    }
}

/// An error of the caller's SQL: its first line, with the position taken out of the parser's words.
fn sql(message: &str) -> Error {
    let first = message.lines().next().unwrap_or_default();
    let first = first.strip_prefix("sql parser error: ").unwrap_or(first);
    let position = first.rsplit_once(" at Line: ").and_then(|(_, place)| {
        let (line, column) = place.split_once(", Column: ")?;
        Some((line.trim().parse().ok()?, column.trim().parse().ok()?))
    });
    let text = match position {
        Some(_) => first.rsplit_once(" at Line: ").map_or(first, |(before, _)| before),
        None => first,
    };
    Error::Sql { message: text.to_owned(), position }
}
