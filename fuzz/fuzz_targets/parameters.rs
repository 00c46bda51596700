//! `cargo fuzz run parameters --features libfuzzer`: the target [`brain_fuzz::node::parameters`] alone.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| brain_fuzz::node::parameters(data));
