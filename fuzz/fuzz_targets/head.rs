//! `cargo fuzz run head --features libfuzzer`: the target [`brain_fuzz::node::head`] alone.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| brain_fuzz::node::head(data));
