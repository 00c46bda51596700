//! `cargo fuzz run search --features libfuzzer`: the target [`brain_fuzz::search::question`] alone.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| brain_fuzz::search::question(data));
