//! Product master data (产品主数据, CPMS): codes with check digits, and a history of what became of them.

mod code;
mod history;
mod pairing;

pub use code::ProductCode;
pub use history::{Act, EVENTS_MAX, Event, Part, Product, Products, Standing};
pub use pairing::{Candidate, Proposal, pairs};
