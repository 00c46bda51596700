//! `cargo fuzz run excel --features libfuzzer`: the target [`brain_fuzz::files::excel`] alone.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| brain_fuzz::files::excel(data));
