//! Bytes to records: encodings, CSV, JSON Lines, Excel, Parquet. Values stay text here; `ingest` gives them types.

mod chunk;
mod contained;
mod encoding;
mod json;
mod parquet;
mod record;
mod sniff;
mod split;
mod workbook;

pub use chunk::FileFacts;
pub(crate) use chunk::{Chunk, Header, open};
pub(crate) use record::{Fault, Records, Span};
