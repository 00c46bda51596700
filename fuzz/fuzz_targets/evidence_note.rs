//! `cargo fuzz run evidence_note --features libfuzzer`: the target [`brain_fuzz::evidence::note`] alone.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| brain_fuzz::evidence::note(data));
