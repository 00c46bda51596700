//! Trust over a real store: identity, grants, evidence.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "in tests a panic is the report, and a line says what was skipped"
)]

mod bundle;
mod certificates;
mod evidence;
mod grants;
mod identity;
mod kill_nine;
mod node;
mod oracle;
mod passkeys;
mod policy;
mod protection;
mod requests;
mod tampering;
mod vault;
