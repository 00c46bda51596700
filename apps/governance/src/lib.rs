//! Government-side applications (产业精准治理): see the chain, find its gaps, warn, attract, know a firm.
//!
//! One folder per application: `mod.rs` defines its components, beside it the pure part and its tests.
//! Invariant: an application reads only through its `Context`; numbers leave with formula, inputs and label.

mod candidates;
mod chains;
mod exploration;
mod filter;
mod firms;
mod gap;
mod panorama;
mod profile;
mod regions;
mod risk;

use brain_component::Component;
use std::sync::Arc;

/// Every component of this side, listed explicitly.
#[must_use]
pub fn components() -> Vec<Arc<dyn Component>> {
    vec![
        chains::list(),
        exploration::search(),
        exploration::neighbourhood(),
        exploration::paths(),
        exploration::cone(),
        panorama::panorama(),
        gap::gap(),
        risk::risk(),
        candidates::candidates(),
        firms::search(),
        profile::profile(),
        regions::summary(),
    ]
}
