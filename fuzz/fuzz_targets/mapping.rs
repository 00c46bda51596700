//! `cargo fuzz run mapping --features libfuzzer`: the target [`brain_fuzz::rules::mapping`] alone.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| brain_fuzz::rules::mapping(data));
