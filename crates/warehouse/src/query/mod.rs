//! The door: the only way to rows.

/// Sort an engine error into what the caller did and what we did.
pub(crate) fn classify(error: datafusion::error::DataFusionError) -> crate::Error {
    crate::Error::Engine(error)
}
