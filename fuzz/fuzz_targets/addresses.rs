//! `cargo fuzz run addresses --features libfuzzer`: the target [`brain_fuzz::settings::addresses`] alone.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| brain_fuzz::settings::addresses(data));
