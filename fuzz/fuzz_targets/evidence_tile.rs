//! `cargo fuzz run evidence_tile --features libfuzzer`: the target [`brain_fuzz::evidence::tile`] alone.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| brain_fuzz::evidence::tile(data));
