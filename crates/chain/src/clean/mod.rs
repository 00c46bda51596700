//! Cleaning of the A-share chain graph (`chain_kg`), as pure functions that count what they change.
//!
//! The set mixes stock codes of two forms, two revenue tables per firm, an encyclopedia's recipes among industrial
//! materials, and loops. [`stock_code`], [`revenue_shares`], [`links`] and [`food`] mend one each; nothing is
//! repaired silently.

mod code;
mod food;
mod links;
mod shares;

pub use code::stock_code;
pub use food::{FoodReport, classify_food, food_by_name};
pub use links::{CleanLink, LinkReport, RawLink, RawRelation, clean_links};
pub use shares::{ShareReport, Shared, revenue_shares};
