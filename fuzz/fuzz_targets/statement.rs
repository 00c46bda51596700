//! `cargo fuzz run statement --features libfuzzer`: the target [`brain_fuzz::peers::statement`] alone.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| brain_fuzz::peers::statement(data));
