//! `cargo fuzz run names --features libfuzzer`: the target [`brain_fuzz::entities::names`] alone.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| brain_fuzz::entities::names(data));
