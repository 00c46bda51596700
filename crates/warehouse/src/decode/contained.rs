//! Readers of formats that others wrote, which panic on some damaged files.

use crate::ingest::IngestError;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What the reader gives; where it panics, the file is damaged and nothing of the reader is used again.
pub(super) fn contained<T>(
    file: &str,
    read: impl FnOnce() -> Result<T, IngestError>,
) -> Result<T, IngestError> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| {
        Err(IngestError::Broken { file: file.to_owned(), reason: "its reader gave up".to_owned() })
    })
}
