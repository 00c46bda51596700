//! `cargo fuzz run json_lines --features libfuzzer`: the target [`brain_fuzz::files::json_lines`] alone.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| brain_fuzz::files::json_lines(data));
