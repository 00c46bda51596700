//! Attribute policies (属性策略) and security labels (安全标记): what no grant can override.
//!
//! Invariants: nothing is allowed that no policy permits; a policy that fails to evaluate denies; a policy names no
//! account and no dataset, so there are few (at most [`POLICIES_MAX`]) and a decision never grows with the grants.
//! Deliberately absent: grants and their index (`trust`), rows and masks (`warehouse`), the clock.
//! It is a crate of its own because Cedar takes longer to build than everything else in `trust`.
//! Start reading at [`Book`].

mod book;
mod builtin;
mod evaluate;
mod fact;
pub mod label;
mod slice;

pub use book::{Book, Rule, RuleError};
pub use builtin::built_in;
pub use evaluate::Verdict;
pub use fact::{Action, Kind, Resource, Situation, Subject};

/// Policies in one book at most. Cedar's cost grows with the number of policies (decision 0040), so what is about one
/// account or one dataset is a grant, never a policy.
pub const POLICIES_MAX: usize = 50;
/// Longest text of one policy, in characters.
pub const POLICY_CHARACTERS_MAX: usize = 4_000;

#[cfg(test)]
mod tests;
