//! `cargo fuzz run request --features libfuzzer`: the target [`brain_fuzz::node::request`] alone.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| brain_fuzz::node::request(data));
