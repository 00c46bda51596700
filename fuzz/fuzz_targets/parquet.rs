//! `cargo fuzz run parquet --features libfuzzer`: the target [`brain_fuzz::files::parquet`] alone.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| brain_fuzz::files::parquet(data));
