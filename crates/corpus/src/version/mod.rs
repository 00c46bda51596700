//! A version (版本): a folder named by what it holds, shaped as the Hugging Face hub expects data sets.
//!
//! Everything is written beside its final place and brought to disk; the last act is one rename. The name is the
//! beginning of the SHA-256 of the manifest, which holds the SHA-256 of every other file.

mod card;
mod draft;
mod manifest;
mod report;
mod rows;
mod table;

pub use manifest::{Built, Inputs, MANIFEST, Manifest, WrittenFile, read_card, read_report, verify};
pub use rows::{DocumentRow, RejectedRow, read_documents, read_rejected};

pub(crate) use draft::{Draft, Gone};
