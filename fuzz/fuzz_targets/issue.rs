//! `cargo fuzz run issue --features libfuzzer`: the target [`brain_fuzz::keys::issue`] alone.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| brain_fuzz::keys::issue(data));
