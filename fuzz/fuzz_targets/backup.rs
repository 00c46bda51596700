//! `cargo fuzz run backup --features libfuzzer`: the target [`brain_fuzz::peers::backup`] alone.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| brain_fuzz::peers::backup(data));
