//! The control matrix of protection level 3 (等保三级, GB/T 22239-2019) as data: what each row asks in our words, where it
//! is done, which test shows it, and what stays with whoever runs the node.
//!
//! Invariant: every path and test that a row names exists; a test of this crate looks.
//! Deliberately absent: where live facts come from (`api` gathers them), HTTP, files at run time.
//! Start reading at [`controls`], then `controls.toml`.

mod control;
mod report;

pub use control::{Control, Error, State, Who, controls};
pub use report::{Counts, Fact, Report, document, html, markdown};
