//! `cargo fuzz run boundary --features libfuzzer`: the target [`brain_fuzz::files::boundary`] alone.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| brain_fuzz::files::boundary(data));
