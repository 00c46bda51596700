//! `cargo fuzz run entity_records --features libfuzzer`: the target [`brain_fuzz::entities::records`] alone.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| brain_fuzz::entities::records(data));
