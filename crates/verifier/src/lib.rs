//! What a third party needs to check evidence (存证) of a node without the node: Merkle proofs (RFC 9162), tiles and
//! signed checkpoints (C2SP), and proof bundles.
//!
//! Invariants: no I/O, no clock, no store; whatever bytes are given, the answer is yes, no or "not understood", never a
//! panic. The node itself uses these very functions, so that what it hands out and what is checked is one definition.
//! Deliberately absent: private keys, networks, anything that would make a reviewer read more than this folder.
//! Start reading at [`Bundle::check`].

pub mod bundle;
pub mod hash;
pub mod key;
pub mod merkle;
pub mod note;
pub mod report;
pub mod tile;

pub use bundle::{Bundle, Trusted};
pub use hash::{Hash, HashAlgorithm};
pub use key::{KeyKind, VerifierKey};
pub use note::{Checkpoint, SignedCheckpoint};
pub use report::{Finding, Problem, Report};
