//! `cargo fuzz run openlineage --features libfuzzer`: the target [`brain_fuzz::lineage::event`] alone.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| brain_fuzz::lineage::event(data));
