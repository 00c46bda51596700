//! Reading: a dataset at a version as a scan.
