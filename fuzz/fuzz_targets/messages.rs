//! `cargo fuzz run messages --features libfuzzer`: the target [`brain_fuzz::messages::packets`] alone.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| brain_fuzz::messages::packets(data));
