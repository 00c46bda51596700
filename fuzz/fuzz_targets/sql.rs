//! `cargo fuzz run sql --features libfuzzer`: the target [`brain_fuzz::node::sql`] alone.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| brain_fuzz::node::sql(data));
