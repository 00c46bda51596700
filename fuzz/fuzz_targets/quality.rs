//! `cargo fuzz run quality --features libfuzzer`: the target [`brain_fuzz::rules::quality`] alone.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| brain_fuzz::rules::quality(data));
