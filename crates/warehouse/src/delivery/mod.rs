//! Delivery (交付): rows of a version range on their way to another node, and rows of another node on their way into a
//! table here.
//!
//! Invariants: rows leave through [`Session`](crate::Session) under the one grant that was given for them, and a column
//! hidden from the receiver is not in the batch at all; what arrives is staged, read again and counted, and becomes one
//! version by one Delta commit or nothing; the same delivery twice is the same version.
//! Deliberately absent: who subscribes to what, how batches travel, receipts (`exchange`).
//! Start reading at [`Warehouse::prepare_delivery`](crate::Warehouse::prepare_delivery).

mod batch;
mod field;
mod landing;
mod rows;
mod source;

pub use batch::{BATCH_BYTES_MAX, BATCH_ROWS_MAX, encoded, read_back};
pub use field::{DeliveryField, FieldKind};
pub use landing::{DeliveryTarget, StagedBatch};
pub use rows::RowSet;
pub use source::{BatchFact, DeliveryAsk, DeliveryMode, Had, Prepared, SourceState};

use crate::error::refuse;
