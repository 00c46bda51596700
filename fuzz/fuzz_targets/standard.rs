//! `cargo fuzz run standard --features libfuzzer`: the target [`brain_fuzz::standard::values`] alone.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| brain_fuzz::standard::values(data));
