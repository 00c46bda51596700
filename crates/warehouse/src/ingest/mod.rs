//! The way in: file and mapping to one Delta commit per table, wrong rows to quarantine.
//!
//! Order of an ingest: find files → read, check and stage (invisible) → journal (the point of truth) → commits →
//! catalogue, run and evidence in one store transaction → journal removed. See [`journal`] for what a crash leaves.

mod build;
mod commit;
mod error;
mod infer;
pub(crate) mod journal;
mod layout;
mod pipeline;
mod quarantine;
mod reason;
mod recover;
mod report;
mod rules;
mod run;
mod trial;
mod unlanded;

pub use crate::decode::FileFacts;
pub use error::IngestError;
pub(crate) use layout::schema as schema_of;
pub use report::{ColumnReport, IngestReport, TableReport};
pub use run::{IngestOptions, IngestRequest};
pub use trial::{Trial, try_file};

#[cfg(test)]
mod recovery_tests;
#[cfg(test)]
mod shared_data_tests;
#[cfg(test)]
mod tests;
