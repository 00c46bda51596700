//! `cargo fuzz run lineage_sql --features libfuzzer`: the target [`brain_fuzz::lineage::script`] alone.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| brain_fuzz::lineage::script(data));
