//! `cargo fuzz run kafka --features libfuzzer`: the target [`brain_fuzz::messages::batch`] alone.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| brain_fuzz::messages::batch(data));
