//! `cargo fuzz run entity_specification --features libfuzzer`: the target [`brain_fuzz::entities::specification`] alone.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| brain_fuzz::entities::specification(data));
