//! `cargo fuzz run lease --features libfuzzer`: the target [`brain_fuzz::peers::lease`] alone.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| brain_fuzz::peers::lease(data));
