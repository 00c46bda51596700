//! `cargo fuzz run evidence_bundle --features libfuzzer`: the target [`brain_fuzz::evidence::bundle`] alone.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| brain_fuzz::evidence::bundle(data));
