//! Summaries of a column in bounded memory. Each merges so that the order of merging does not matter.

pub(crate) mod distinct;
pub(crate) mod frequent;
pub(crate) mod histogram;
pub(crate) mod moments;
pub(crate) mod shape;
