//! Entity resolution (实体归一): which records of two files, or of one, are the same firm, product, address or
//! person, each pair with a probability and the weight of every field.
//!
//! The method is probabilistic record linkage after Fellegi and Sunter (1969): blocking proposes pairs, comparisons
//! turn a pair into levels of agreement, an unsupervised EM (Winkler 1988) finds how often true and false pairs reach
//! each level, and the frequency of the value they agree on (Winkler 1989) says how much agreeing means.
//!
//! Invariant: equal inputs give equal bits on any number of threads; no label is used to find a parameter.
//! Deliberately absent: where files lie, clock, network, tables, and who decides in the end (a review queue, survivorship).
//! Start reading at [`link`], then [`Specification`].

pub mod address;
pub mod cluster;
pub mod company;
pub mod error;
pub mod file;
pub mod product;
pub mod records;
pub mod specification;
pub mod synthetic;
pub mod text;

mod assign;
mod block;
mod compare;
mod link;
mod model;
mod prepare;

pub use cluster::{Clustering, Clusters, clusters, clusters_apart};
pub use error::{MatchError, Result};
pub use link::{Evidence, Linkage, Pair, dedupe, link};
pub use model::{ComparisonModel, LevelModel, Model};
pub use records::Records;
pub use specification::Specification;
