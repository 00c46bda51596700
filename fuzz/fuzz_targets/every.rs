//! Every target in one program; `BRAIN_FUZZ_TARGET` says which. Linking one program costs what one target costs.
#![no_main]

libfuzzer_sys::fuzz_target!(init: brain_fuzz::ready(), |data: &[u8]| brain_fuzz::chosen(data));
