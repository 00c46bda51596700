//! SQL models (数据模型): subject tables from raw tables, run in order, one Delta commit each.
//!
//! A model is a file `models/<zone>/<table>.sql`: comment lines in front say what the table is (see [`front`]), the
//! query below says how to make it. A model is stale when its text, or the version of anything it reads, changed
//! since its last run; [`Warehouse::refresh_models`](crate::Warehouse::refresh_models) runs the stale ones in order.

mod builtin;
mod dictionaries;
pub mod front;
mod order;
mod recover;
mod refresh;
mod tables;

pub(crate) use builtin::models as builtin_models;
pub use front::Model;
pub use refresh::{ModelRun, ModelState};
