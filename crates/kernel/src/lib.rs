//! The words every other crate uses: codes, sides, grades, parties, provenance, errors.
//!
//! Invariant: nothing here performs I/O, spawns, or reads the system clock except [`clock::SystemClock`].
//! A type lives here only when two crates' boundaries need it.
//! Start reading at [`provenance::Provenance`] and [`error::Failure`].

pub mod capital;
pub mod clock;
pub mod company_name;
pub mod csv;
pub mod date;
pub mod error;
pub mod grade;
pub mod hexadecimal;
pub mod industry;
pub mod language;
pub mod party;
pub mod pinyin;
pub mod predicate;
pub mod progress;
pub mod provenance;
pub mod region;
pub mod side;
pub mod uscc;
