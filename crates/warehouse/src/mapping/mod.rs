//! Named mappings from a file to a dataset, as TOML.
