//! `cargo fuzz run web_page --features libfuzzer`: the target [`brain_fuzz::connect::page`] alone.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| brain_fuzz::connect::page(data));
