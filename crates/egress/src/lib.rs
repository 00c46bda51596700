//! The one way out (出站): every call this program makes to another machine passes here.
//!
//! Invariants: nothing is called that the operator's configuration does not name; the addresses that were checked are
//! the addresses that are connected to, so a name that changes its mind between the two (DNS rebinding) gains nothing;
//! redirects are answers, never followed; every answer has a limit of time and size.
//! Deliberately absent: what is said over the connection, and the store's database, whose address is a setting of its
//! own. No other crate may make an HTTP client (`disallowed-methods` in clippy.toml).
//! Start reading at [`Egress::fetch`], then `address.rs`.

mod address;
mod call;
mod error;
mod ledger;
mod options;
mod resolve;
mod rule;

pub use address::Special;
pub use call::{Answer, Call, Egress, Streamed};
pub use error::{Error, Result};
pub use ledger::Ledger;
pub use options::Options;
pub use reqwest::{Method, StatusCode, header};
pub use resolve::{Addresses, Resolve};
pub use url::Url;
