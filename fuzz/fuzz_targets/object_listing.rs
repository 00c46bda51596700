//! `cargo fuzz run object_listing --features libfuzzer`: the target [`brain_fuzz::connect::listing`] alone.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| brain_fuzz::connect::listing(data));
