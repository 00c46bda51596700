//! What an operator may say about exchange.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of exchange between nodes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ExchangeOptions {
    /// Bytes per second to and from one other node at most; 0 for no limit. A subscription may ask for less.
    pub link_bytes_per_second: u64,
    /// Rows of one batch, 100 to 65,536: what is sent again after a broken line, and what lies in memory at a time.
    pub batch_rows: u32,
}

impl Default for ExchangeOptions {
    fn default() -> Self {
        Self { link_bytes_per_second: 0, batch_rows: 32_768 }
    }
}

impl ExchangeOptions {
    /// Rows of one batch within their bounds.
    pub(crate) fn batch_rows(&self) -> usize {
        let most = u32::try_from(brain_warehouse::delivery::BATCH_ROWS_MAX).unwrap_or(u32::MAX);
        self.batch_rows.clamp(100, most) as usize
    }
}
