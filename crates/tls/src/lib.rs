//! Secure transport (传输安全): TLS 1.3 whose certificates change while connections are accepted, and a small authority.
//!
//! Invariants: nothing below TLS 1.3 is spoken; a change of certificate that does not load leaves the old one in
//! place; a client certificate counts only when an authority given signed it and did not revoke it.
//! Deliberately absent: accepting connections and HTTP (`api`), where keys and certificates are kept (`trust` keeps them), and TLCP (GB/T 38636), which is left
//! to a certified gateway in front of the node.
//! Start reading at [`ServerTls::agree`], then [`Material`].

mod agree;
mod authority;
mod error;
mod material;
mod peer;

pub use agree::Agreed;
pub use authority::{Authority, Issued, Request, Usage};
pub use error::{Error, Result};
pub use material::{Material, ServerTls, client_config, peer_config, serial_of_chain};
pub use peer::{PeerNode, serial_of};
