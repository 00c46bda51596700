//! `cargo fuzz run grant --features libfuzzer`: the target [`brain_fuzz::access::grant`] alone.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| brain_fuzz::access::grant(data));
