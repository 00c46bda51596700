//! `cargo fuzz run upload --features libfuzzer`: the target [`brain_fuzz::node::upload`] alone.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| brain_fuzz::node::upload(data));
