//! Queries on several machines: a scheduler, executors, and the node's way to them, by Ballista.
//!
//! Invariant: a plan runs there only where every part of it is known to mean the same there ([`sendable`](self)); what is
//! not known stays in the node's own process. An executor reads files of the lake with its own key and writes nothing but
//! its own folder. A member of a cluster beyond one machine proves itself by a certificate.
//! Deliberately absent: grants (they are in the plan already), the catalogue, and any choice of files: a plan names them.
//! Start reading at [`Cluster`], then [`scheduler`] and [`executor`].

mod client;
mod codec;
mod compact;
mod deadline;
mod door;
pub mod executor;
mod job;
mod leftovers;
mod machine;
mod membership;
mod pace;
mod pool;
pub mod scheduler;
mod sendable;
mod stage;
mod stoppable;
mod trouble;

pub use client::Cluster;
pub use membership::Membership;

/// Name of this engine in results and in the configuration.
pub const ENGINE: &str = "ballista";

/// Largest message between members, bytes: a plan with the files of a large table and their statistics fits.
pub(crate) const MESSAGE_BYTES_MAX: usize = 64 << 20;
