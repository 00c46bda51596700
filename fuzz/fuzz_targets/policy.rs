//! `cargo fuzz run policy --features libfuzzer`: the target [`brain_fuzz::rules::policy`] alone.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| brain_fuzz::rules::policy(data));
