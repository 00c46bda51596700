//! Column lineage (字段级血缘): from which columns a column is computed, what depends on it, and through which
//! statement, model, component and number on a page.
//!
//! Three parts that know little of each other: [`graph`] holds the edges and answers what lies upstream and
//! downstream; [`sql`] reads statements of several dialects and says which columns they move; [`openlineage`] takes
//! and gives events in the open format that schedulers and engines speak.
//!
//! Invariant: what cannot be followed is said with its position and its reason, never left out; an origin that is
//! one of several possible ones is kept and marked as uncertain, so that a label is inherited too often rather than
//! too seldom.
//! Deliberately absent: files, network, clock, tables, the query engine, who may see which node.
//! Start reading at [`Graph`], then [`sql::analyse`].

pub mod error;
pub mod graph;
pub mod kind;
pub mod openlineage;
pub mod sql;

pub use error::{LineageError, Result};
pub use graph::{Graph, NodeId, NodeKind, NodeName, Part, Walk};
pub use kind::{EdgeKind, KindSet};
