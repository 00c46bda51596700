//! `cargo fuzz run certificate --features libfuzzer`: the target [`brain_fuzz::keys::certificate`] alone.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| brain_fuzz::keys::certificate(data));
