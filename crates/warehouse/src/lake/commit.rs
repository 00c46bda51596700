//! One commit: a stream of batches becomes one version of a Delta table.
