//! `cargo fuzz run delivery --features libfuzzer`: the target [`brain_fuzz::exchange::delivery`] alone.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| brain_fuzz::exchange::delivery(data));
