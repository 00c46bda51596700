//! `cargo fuzz run settings --features libfuzzer`: the target [`brain_fuzz::settings::settings`] alone.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| brain_fuzz::settings::settings(data));
