//! What an operator may tune.

use brain_kernel::party::Role;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::AuditOptions;

/// Options of this crate; the defaults meet GB/T 22239-2019 8.1.4.1 (level 3) except where a site asks for more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
    /// The same for the separated administrators. Default 15.
    pub administrator_idle_minutes: u32,
    /// Hours after which a session ends in any case. Default 12.
    pub session_hours_max: u32,
    /// Minutes after which the token of a browser's session is replaced by a fresh one. Default 15.
    pub session_rotate_minutes: u32,
    /// Seconds a replaced token still works, for requests under way; shown later it ends the session as stolen.
    /// Default 60.
    pub session_grace_seconds: u32,
    /// Sessions one account may have at a time; the oldest ends when another is opened. Default 5.
    pub sessions_max: u32,
    /// Whether a session ends when it is used from another address. Default no: people change networks.
    pub session_bind_address: bool,
    /// Roles that must show a second factor at sign-in. Default: the three administrators and government.
    pub second_factor_required_roles: Vec<Role>,
    /// Minutes a second factor counts as fresh for sensitive acts. Default 10.
    pub step_up_minutes: u32,
    /// Failed sign-ins after which an account is locked. Default 5.
    pub sign_in_failures_max: u32,
    /// Minutes an account stays locked the first time; each lock in a row lasts twice as long, a day at most.
    /// Default 15.
    pub lock_minutes: u32,
    /// Former passwords that may not be taken again. Default 5.
    pub password_history: u32,
    /// Days after which an administrator must change the password. Default 90.
    pub administrator_password_days_max: u32,
    /// Days without a sign-in after which an account is closed. Default 90.
    pub stale_account_days: u32,
    /// Days an API key may live at most. Default 366.
    pub api_key_days_max: u32,
    /// Milliseconds between two looks whether the evidence log needs a new signed head; 0 signs on demand only.
    /// Default 1000.
    pub head_interval_ms: u32,
    /// How long audit records are kept and how often they are anchored; the section `[audit]` of the configuration.
    #[serde(skip)]
    pub audit: AuditOptions,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            argon2_memory_kib: 19_456,
            argon2_passes: 2,
            argon2_parallel_max: 2,
            session_idle_minutes: 30,
            administrator_idle_minutes: 15,
            session_hours_max: 12,
            session_rotate_minutes: 15,
            session_grace_seconds: 60,
            sessions_max: 5,
            session_bind_address: false,
            second_factor_required_roles: [Role::ADMINISTRATORS.as_slice(), &[Role::Government]].concat(),
            step_up_minutes: 10,
            sign_in_failures_max: 5,
            lock_minutes: 15,
            password_history: 5,
            administrator_password_days_max: 90,
            stale_account_days: 90,
            api_key_days_max: 366,
            head_interval_ms: 1_000,
            audit: AuditOptions::default(),
        }
    }
}
