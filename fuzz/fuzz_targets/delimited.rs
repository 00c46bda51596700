//! `cargo fuzz run delimited --features libfuzzer`: the target [`brain_fuzz::files::delimited`] alone.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| brain_fuzz::files::delimited(data));
