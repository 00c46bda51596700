//! `cargo fuzz run scope --features libfuzzer`: the target [`brain_fuzz::standard::scope`] alone.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| brain_fuzz::standard::scope(data));
