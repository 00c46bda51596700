//! `cargo fuzz run mcp --features libfuzzer`: the target [`brain_fuzz::node::mcp`] alone.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| brain_fuzz::node::mcp(data));
