//! The door: the only way to rows.
//!
//! A [`Session`] belongs to one party and one purpose. A table name resolves to a grant, the grant becomes a view —
//! scan, row filter, column masks — and the caller's SQL runs on that view. What a party may not see is not in its
//! plan: not through joins, conditions, sorting, grouping, time travel, plans shown or error messages.

pub(crate) mod barrier;
mod bound;
pub(crate) mod catalog;
mod expansion;
pub(crate) mod fault;
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
pub use fault::SqlFault;
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
        DataFusionError::SQL(cause, _) => SqlFault::of(&cause.to_string()).into(),
        DataFusionError::Plan(message)
        | DataFusionError::NotImplemented(message)
        | DataFusionError::Execution(message) => SqlFault::of(&message).into(),
        DataFusionError::SchemaError(cause, _) => SqlFault::of_schema(&cause).into(),
        DataFusionError::ArrowError(cause, _) => SqlFault::of(&cause.to_string()).into(),
        DataFusionError::ResourcesExhausted(_) => Error::Memory { limit_mib: 0 },
        other => Error::Engine(other),
    }
}
