//! What an operator may tune.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Options of this crate; the defaults meet GB/T 22239-2019 8.1.4.1 (level 3) except where a site asks for more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// Argon2id memory per password hash, in KiB. Default 19456 (OWASP password storage, first choice).
    pub argon2_memory_kib: u32,
    /// Argon2id passes. Default 2.
    pub argon2_passes: u32,
    /// Password hashes computed at the same time; more wait. Default 2.
    pub argon2_parallel_max: u32,
    /// Minutes without use after which a session ends. Default 30.
    pub session_idle_minutes: u32,
    /// Hours after which a session ends in any case. Default 12.
    pub session_hours_max: u32,
    /// Failed sign-ins after which an account is locked. Default 5.
    pub sign_in_failures_max: u32,
    /// Minutes an account stays locked. Default 15.
    pub lock_minutes: u32,
    /// Days an API key may live at most. Default 366.
    pub api_key_days_max: u32,
    /// Milliseconds between two looks whether the evidence log needs a new signed head; 0 signs on demand only.
    /// Default 1000.
    pub head_interval_ms: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            argon2_memory_kib: 19_456,
            argon2_passes: 2,
            argon2_parallel_max: 2,
            session_idle_minutes: 30,
            session_hours_max: 12,
            sign_in_failures_max: 5,
            lock_minutes: 15,
            api_key_days_max: 366,
            head_interval_ms: 1_000,
        }
    }
}
