//! SQL models (数据模型): standard, subject and topic tables from raw tables, run in order, one Delta commit each.
//!
//! A model is a file `models/<zone>/<table>.sql`: comment lines in front say what the table is (see [`front`]), the
//! query below says how to make it. Some come with the program, others lie in the node's `<data>/models`. A model is
//! stale when its text, or the version of anything it reads, changed since its last run;
//! [`Warehouse::run_models`](crate::Warehouse::run_models) runs the stale ones in order.
//! Invariants: a version is published when the model's tests passed, or not at all; a file that is wrong stops neither
//! the node nor other models; a model of the operator overwrites no table it did not make.

pub mod assertion;
mod builtin;
mod check;
mod dictionaries;
mod docs;
pub mod front;
mod history;
mod load;
mod make;
mod order;
mod outcome;
mod plan;
mod recover;
mod refresh;
pub mod rule;
mod select;
mod show;
mod tables;
pub mod template;
mod verify;
mod wrong;

#[cfg(test)]
pub(crate) use builtin::models as builtin_models;
pub use check::ModelCheck;
pub use docs::Document;
pub use front::Model;
pub use history::AttemptCard;
pub(crate) use load::ModelSet;
pub use load::PLACES;
pub use outcome::{Examples, ModelRun, ModelState, TestOutcome};
pub use plan::{MakeMode, ModelRequest, ModelStep, Standing, StepInput};
pub use refresh::any_failure;
pub use rule::{Age, Freshness, Incremental};
pub use select::Selection;
pub use show::{DocumentedColumn, ModelCard, ModelDetail, ModelHealth, ModelList};
pub use wrong::ModelError;
