//! `cargo fuzz run supply_network --features libfuzzer`: the target [`brain_fuzz::files::supply_network`] alone.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| brain_fuzz::files::supply_network(data));
