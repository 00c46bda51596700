//! `cargo fuzz run corpus --features libfuzzer`: the target [`brain_fuzz::corpus::file`] alone.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| brain_fuzz::corpus::file(data));
