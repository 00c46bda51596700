//! From bytes to findings.
//!
//! Free text goes through [`Scanner::scan`]: one pass, a class table stops only at ASCII letters and digits and at
//! `@`, an Aho–Corasick automaton stops at the words that announce a name. What is found there is checked by its own
//! arithmetic (`check`), never by a backtracking pattern. A column goes through [`ColumnScan`], which adds what
//! only a column has: its name, and the share of its values that look alike.

mod address;
mod check;
mod column;
mod groups;
mod hint;
mod kind;
mod mask;
mod name;
mod network;
mod scanner;
mod token;

pub use check::{business_registration, luhn, organisation_code, resident_id, resident_id_check_character};
pub use column::{ColumnReport, ColumnScan, KindReport, Placement};
pub use kind::Kind;
pub use mask::masked;
pub use scanner::{Finding, Scanner, Strength};
