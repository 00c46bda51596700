//! Bytes to record batches: CSV, JSON Lines, Excel, Parquet.
