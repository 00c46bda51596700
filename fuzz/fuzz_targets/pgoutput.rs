//! `cargo fuzz run pgoutput --features libfuzzer`: the target [`brain_fuzz::changes::message`] alone.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| brain_fuzz::changes::message(data));
