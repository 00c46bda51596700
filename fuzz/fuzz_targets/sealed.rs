//! `cargo fuzz run sealed --features libfuzzer`: the target [`brain_fuzz::keys::sealed`] alone.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| brain_fuzz::keys::sealed(data));
