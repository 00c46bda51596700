//! What an operator may say about outgoing calls.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `[egress]`: where the node may call, beyond the addresses other settings name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// Origins that may be called: `https://peer.example`, `https://*.gov.example:8443`, `tcp://10.0.0.9:3310`.
    pub allow: Vec<String>,
    /// Networks that names may lead into although they are not public: `10.0.0.0/8`.
    pub networks: Vec<String>,
    /// Longest time of one call, seconds.
    pub timeout_s: u64,
    /// Largest answer, KiB.
    pub answer_limit_kib: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { allow: Vec::new(), networks: Vec::new(), timeout_s: 30, answer_limit_kib: 16 * 1024 }
    }
}
