//! Backup and recovery (备份与恢复): a node's folder as it was at one moment, sealed, in a folder elsewhere.
//!
//! Invariants: a snapshot is consistent (the lake is cut at the versions the catalogue of that moment names) and counts
//! only once it is whole; every byte in the backup is sealed; a restored file that differs by a bit is refused; data
//! whose key was destroyed stays destroyed, whichever snapshot is restored.
//! Deliberately absent: opening the restored node and checking its evidence log and tables, which the program does.
//! Start reading at [`create`], then [`restore`].

mod create;
mod error;
mod files;
mod prune;
mod repository;
mod restore;

pub use create::{Report, Source, create};
pub use error::{Error, Result};
pub use prune::{Pruned, prune};
pub use repository::{Repository, Snapshot};
pub use restore::{Point, Restored, restore};
