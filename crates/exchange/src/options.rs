//! What an operator may say about exchange.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of exchange between nodes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ExchangeOptions {
    /// Bytes per second to and from one other node at most; 0 for no limit. A subscription may ask for less.
    pub link_bytes_per_second: u64,
}
