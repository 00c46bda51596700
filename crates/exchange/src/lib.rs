//! Exchange between nodes (交换共享): a subscription agreed on by two nodes, deliveries of versions in batches, receipts.
//!
//! Invariants: no batch leaves without the grant that was given for the subscription, asked again for each batch; both
//! nodes prove themselves before data moves; a delivery becomes one version at the consumer when both sides counted and
//! hashed the same, and nothing otherwise; whatever stops a delivery, it goes on after the last batch that was
//! acknowledged, and the same delivery twice changes nothing.
//! Deliberately absent: HTTP listeners (`api`), rows and files (`warehouse`), who is believed (`trust`).
//! Start reading at [`Exchange`], then `drive.rs` for a delivery from beginning to end.

mod card;
mod consumer;
mod document;
mod drive;
mod error;
mod exchange;
mod keep;
mod landing;
mod link;
mod options;
mod provider;
mod standing;
pub mod state;
mod terms;

pub use card::{Delivery, Subscription, Trouble};
pub use document::{MANIFEST, Manifest, Offer, Progress, RECEIPT, Receipt, Verdict};
pub use error::{Error, Result};
pub use exchange::{Exchange, MANAGERS, WATCHERS};
pub use options::ExchangeOptions;
pub use standing::{SourceStanding, Standing};
pub use terms::{Direction, NewSubscription, Proposal, Terms};
