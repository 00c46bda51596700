//! What a simulated province holds, read from its files as anybody else reads them.

mod determinism;
mod distribution;
mod folder;
mod identity;
mod load;
mod mapping;
mod scale;
mod truth;
