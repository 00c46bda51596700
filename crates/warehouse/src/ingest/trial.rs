//! An ingest of one file that keeps nothing: what would be read, kept and refused.

use super::build::build;
use super::infer::infer;
use super::layout::{self, Layout};
use super::quarantine;
use crate::decode;
use crate::mapping::{Mapping, TableMapping};
use crate::source::Unpack;
use crate::{Error, Result};
use brain_kernel::progress::{Cancel, Progress};
use std::path::Path;

/// Name of the run in what a trial makes of the rows.
const RUN: &str = "trial";

/// What became of the rows of one file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trial {
    /// Records in the file.
    pub rows_read: u64,
    /// Rows that would land in the table.
    pub rows_landed: u64,
    /// Rows that would go to quarantine.
    pub rows_quarantined: u64,
}

/// Read a file as an ingest into the first table of `mapping` would, and keep nothing. Without a mapping the file is
/// described first, as by `auto`. Blocks.
///
/// # Errors
/// The file cannot be read, or has none of the columns.
pub fn try_file(path: &Path, mapping: Option<&Mapping>, cancel: &Cancel) -> Result<Trial> {
    let inferred;
    let mapping = match mapping {
        Some(mapping) => mapping,
        None => {
            inferred = infer(path, None, Unpack::default(), cancel)?;
            &inferred
        }
    };
    match mapping.tables.first() {
        Some(table) => try_table(path, mapping, table, cancel),
        None => Ok(Trial::default()),
    }
}

fn try_table(path: &Path, mapping: &Mapping, table: &TableMapping, cancel: &Cancel) -> Result<Trial> {
    let opened = decode::open(path, &table.format, Unpack::default(), &Progress::new(), cancel)?;
    let layout = Layout::resolve(mapping, table, &opened.facts.file, opened.header)?;
    let schema = layout::schema(table);
    let mut trial = Trial::default();
    for chunk in opened.chunks {
        if cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        let records = chunk?.records(&layout.names);
        let built = build(records, &layout, &schema, RUN).map_err(|error| Error::Engine(error.into()))?;
        let refused = quarantine::batch(RUN, &layout.file, &built.refused);
        let refused = refused.map_err(|error| Error::Engine(error.into()))?;
        trial.rows_read += built.rows_read;
        trial.rows_landed += built.batch.num_rows() as u64;
        trial.rows_quarantined += refused.num_rows() as u64;
    }
    Ok(trial)
}
