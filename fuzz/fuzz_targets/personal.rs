//! `cargo fuzz run personal --features libfuzzer`: the target [`brain_fuzz::standard::personal`] alone.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| brain_fuzz::standard::personal(data));
