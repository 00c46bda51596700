//! SQL models: subject tables from raw tables, run in order, one Delta commit each.
