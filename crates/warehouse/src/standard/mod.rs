//! Standardisation functions for SQL.
