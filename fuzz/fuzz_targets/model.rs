//! `cargo fuzz run model --features libfuzzer`: the target [`brain_fuzz::rules::model`] alone.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| brain_fuzz::rules::model(data));
