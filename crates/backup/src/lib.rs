//! Backup and recovery (备份与恢复): a node's folder as it was at one moment, sealed, in a folder elsewhere; and the same all
//! the time, for a second site and a node that stands by.
//!
//! Invariants: a snapshot is consistent (the lake is cut at the versions the catalogue of that moment names) and counts
//! only once it is whole; every byte in the backup is sealed; a restored file that differs by a bit is refused; data
//! whose key was destroyed stays destroyed, whichever snapshot is restored; whoever serves a mirrored node holds the
//! highest epoch of its mirror, and an epoch is held by one.
//! Deliberately absent: opening the restored node and checking its evidence log and tables, ending a process that may
//! serve no longer, which the program does.
//! Start reading at [`create`], then [`restore`]; for the second site at [`Mirror`], [`Tenure`] and [`Follower`].

mod create;
mod error;
mod files;
mod follow;
mod growing;
mod lease;
mod mirror;
mod pages;
mod prune;
mod repository;
mod restore;
mod tenure;

pub use create::{Report, Source, create};
pub use error::{Error, Result};
pub use follow::{Followed, Follower};
pub use lease::{Beat, Claim, Copied, LeaseFolder, Post, StandbyCard};
pub use mirror::{Mirror, Shipped};
pub use prune::{Pruned, prune};
pub use repository::{Repository, Snapshot};
pub use restore::{Point, Restored, restore};
pub use tenure::{Duty, LEASE_S_MAX, LeaseTimes, OnLoss, Sign, Tenure, Verdict, Vigil};
