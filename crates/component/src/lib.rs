//! What a capability component (能力组件) is: a typed function with a manifest.
//!
//! From one definition come its catalogue entry, HTTP endpoint, MCP tool, command and form.
//! Invariant: a component reaches data only through [`Context`], which hands out only the datasets its manifest
//! lists, each under a grant of the caller; every run leaves provenance and an evidence entry.
//! Deliberately absent: HTTP, the command line, and any way to build a [`Context`] outside [`Registry`].
//! Start reading at [`native::native`], then [`Registry::run`].

mod arguments;
mod columns;
mod consumers;
mod context;
mod error;
mod graph;
mod manifest;
mod native;
mod parameters;
mod products;
mod records;
mod registry;
mod snapshot;
mod table;

pub use arguments::{Argument, ArgumentKind, arguments, from_arguments};
pub use context::Context;
pub use error::Error;
pub use graph::{GRAPH_READS, Graphs, graph_reads_and};
pub use manifest::{Effect, Kind, Manifest};
pub use native::{Definition, always_attached, native};
pub use registry::{Component, Outcome, Platform, Registry, RunOptions};
pub use table::to_csv;
