//! Which documents are the same (去重): equal after folding, or nearly equal by MinHash.
//!
//! A signature keeps, for each of `bands × rows` hash functions, the least hash of the shingles of a text; the share of
//! equal places estimates the Jaccard similarity of two sets of shingles (Broder 1997). Pairs with an equal band are
//! compared (Indyk & Motwani 1998), those at the threshold or above are joined, and the earliest of a cluster stays.
//! At the defaults a pair of similarity 0.8 shares a band with probability 1 − (1 − 0.8⁶)²⁰ = 0.998.

mod band;
mod join;
mod signature;

pub use band::{Clusters, cluster};
pub use signature::{Signatures, Signer};
