//! `cargo fuzz run passkey --features libfuzzer`: the target [`brain_fuzz::access::passkey`] alone.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| brain_fuzz::access::passkey(data));
