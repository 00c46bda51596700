//! `cargo fuzz run provider --features libfuzzer`: the target [`brain_fuzz::access::provider`] alone.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| brain_fuzz::access::provider(data));
