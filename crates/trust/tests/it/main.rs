//! Trust over a real store: identity, grants, evidence.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::type_complexity,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "in tests a panic is the report, and a line says what was skipped"
)]

mod alerts;
mod audit;
mod audit_kill_nine;
mod audit_tampering;
mod bundle;
mod certificates;
mod evidence;
mod grants;
mod identity;
mod incidents;
mod kill_nine;
mod node;
mod oracle;
mod passkeys;
mod policy;
mod protection;
mod requests;
mod status;
mod tampering;
mod vault;
