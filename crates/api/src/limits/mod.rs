//! How much of the node one caller may take: requests by the second, work at once, connections, guesses.
//!
//! A request costs points by what it makes the node do; points grow back. Whoever is signed in pays with the account or
//! the key, everybody else with the address ([`gate`]).

mod bucket;
mod cost;
mod gate;
mod turns;

pub(crate) use bucket::Buckets;
pub(crate) use cost::Cost;
pub(crate) use gate::{Gate, Held, Payer};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// `[limits]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Points an account or a key regains each second; an ordinary request costs one.
    pub caller_points_per_s: u32,
    /// Most points an account or a key can save up.
    pub caller_points_max: u32,
    /// Points an address regains each second for requests that nobody is signed in for.
    pub address_points_per_s: u32,
    /// Most points an address can save up.
    pub address_points_max: u32,
    /// Points of a query.
    pub cost_sql: u32,
    /// Points of a result that leaves as a file, on top of the query or run it comes from.
    pub cost_export: u32,
    /// Points of an ingest.
    pub cost_ingest: u32,
    /// Points of a component's run.
    pub cost_run: u32,
    /// Points of checking the whole evidence log.
    pub cost_verify: u32,
    /// Points of a sign-in.
    pub cost_sign_in: u32,
    /// Requests answered at the same time.
    pub requests_at_once: u32,
    /// Requests of one caller answered at the same time.
    pub caller_requests_at_once: u32,
    /// Queries, exports, ingests, runs and checks of one caller at the same time, until the last byte has left.
    pub caller_work_at_once: u32,
    /// Ingests of one account queued or running.
    pub caller_ingests: u32,
    /// Connections open at the same time.
    pub connections: u32,
    /// Connections of one address open at the same time; an IPv6 address counts by its /64.
    pub address_connections: u32,
    /// Longest time for a request's head, and for a connection between two requests, seconds.
    pub head_time_s: u32,
    /// Largest head of a request, KiB.
    pub head_kib: u32,
    /// Most header fields of a request.
    pub head_fields: u32,
    /// Longest time a caller may take nothing of an answer, seconds.
    pub write_time_s: u32,
    /// Longest silence of a caller who is sending a body, seconds.
    pub body_silence_s: u32,
    /// Least an upload must bring on average, KiB a second.
    pub upload_kib_per_s_min: u32,
    /// Failed sign-ins one address may have in a minute.
    pub failed_sign_ins_per_minute: u32,
    /// Accounts that may fail from one address within an hour, before it may not sign in for a while.
    pub guessed_accounts: u32,
    /// Minutes such an address has to wait the first time; each time in a row twice as long, a day at most.
    pub guessing_wait_minutes: u32,
    /// Failed sign-ins of all addresses in a minute that raise an alarm.
    pub failed_sign_ins_alarm: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            caller_points_per_s: 100,
            caller_points_max: 1_000,
            address_points_per_s: 50,
            address_points_max: 500,
            cost_sql: 10,
            cost_export: 20,
            cost_ingest: 20,
            cost_run: 10,
            cost_verify: 50,
            cost_sign_in: 5,
            requests_at_once: 256,
            caller_requests_at_once: 64,
            caller_work_at_once: 16,
            caller_ingests: 8,
            connections: 4_096,
            address_connections: 512,
            head_time_s: 30,
            head_kib: 32,
            head_fields: 100,
            write_time_s: 30,
            body_silence_s: 30,
            upload_kib_per_s_min: 4,
            failed_sign_ins_per_minute: 30,
            guessed_accounts: 20,
            guessing_wait_minutes: 15,
            failed_sign_ins_alarm: 120,
        }
    }
}

impl Limits {
    /// Every limit with its key and the values it may have.
    #[must_use]
    pub fn bounds(&self) -> Vec<(&'static str, u32, RangeInclusive<u32>)> {
        vec![
            ("caller_points_per_s", self.caller_points_per_s, 1..=1_000_000),
            ("caller_points_max", self.caller_points_max, 10..=10_000_000),
            ("address_points_per_s", self.address_points_per_s, 1..=1_000_000),
            ("address_points_max", self.address_points_max, 10..=10_000_000),
            ("cost_sql", self.cost_sql, 1..=10_000),
            ("cost_export", self.cost_export, 1..=10_000),
            ("cost_ingest", self.cost_ingest, 1..=10_000),
            ("cost_run", self.cost_run, 1..=10_000),
            ("cost_verify", self.cost_verify, 1..=10_000),
            ("cost_sign_in", self.cost_sign_in, 1..=10_000),
            ("requests_at_once", self.requests_at_once, 8..=65_536),
            ("caller_requests_at_once", self.caller_requests_at_once, 4..=65_536),
            ("caller_work_at_once", self.caller_work_at_once, 1..=1_024),
            ("caller_ingests", self.caller_ingests, 1..=32),
            ("connections", self.connections, 16..=1_000_000),
            ("address_connections", self.address_connections, 8..=1_000_000),
            ("head_time_s", self.head_time_s, 1..=600),
            // In 64 KiB no address is so long that hyper answers 414 for it: 431 is the one status of a large head.
            ("head_kib", self.head_kib, 8..=64),
            ("head_fields", self.head_fields, 32..=1_000),
            ("write_time_s", self.write_time_s, 1..=600),
            ("body_silence_s", self.body_silence_s, 1..=600),
            ("upload_kib_per_s_min", self.upload_kib_per_s_min, 0..=1_048_576),
            ("failed_sign_ins_per_minute", self.failed_sign_ins_per_minute, 3..=10_000),
            ("guessed_accounts", self.guessed_accounts, 3..=1_000),
            ("guessing_wait_minutes", self.guessing_wait_minutes, 1..=1_440),
            ("failed_sign_ins_alarm", self.failed_sign_ins_alarm, 10..=1_000_000),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_within_their_bounds_and_every_field_has_some() {
        let limits = Limits::default();
        for (key, value, range) in limits.bounds() {
            assert!(range.contains(&value), "{key} = {value}");
        }
        let fields = serde_json::to_value(&limits).unwrap();
        let mut bounded: Vec<&str> = limits.bounds().iter().map(|(key, ..)| *key).collect();
        let mut all: Vec<&str> = fields.as_object().unwrap().keys().map(String::as_str).collect();
        bounded.sort_unstable();
        all.sort_unstable();
        assert_eq!(bounded, all);
    }
}
