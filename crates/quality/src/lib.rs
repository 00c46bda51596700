//! Data quality (数据质量): declarative rules, profiles, drift and a score, in one pass over Arrow batches.
//!
//! [`Rules`] are TOML; [`Plan::compile`] turns them, against a schema, into one pass; a [`State`] takes batches in any
//! order and on any thread, states merge, and [`State::finish`] gives a [`Report`].
//! Invariant: an outcome does not depend on how the batches were split (of a profile only the counts of the most
//! frequent among very many values do, within a stated bound), and an example of a failing row is its number, never its
//! values; only a [`profile::Profile`] holds values, and who may see them is for the caller to decide.
//! Deliberately absent: clock, network, tables, who is told, and any change of a value.
//! Start reading at [`rule::Check`], then [`Plan`].

pub mod drift;
pub mod error;
pub mod profile;
pub mod propose;
pub mod rule;
pub mod score;
pub mod trend;

mod checkdigit;
mod column;
mod compile;
mod expression;
mod gather;
mod keys;
mod literal;
mod mask;
mod outcome;
mod pass;
mod sketch;
mod test;

pub use compile::{Lists, Options, Plan};
pub use error::{QualityError, Result};
pub use expression::{Expression, Expressions};
pub use keys::Keys;
pub use outcome::{Inputs, Outcome, Report, Standing};
pub use pass::{State, evaluate};
pub use profile::Profile;
pub use rule::{Check, Dimension, Rule, Rules, Severity};
pub use score::Score;
