//! `cargo fuzz run alerts --features libfuzzer`: the target [`brain_fuzz::settings::alerts`] alone.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| brain_fuzz::settings::alerts(data));
