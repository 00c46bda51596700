//! How far behind the other site is (异地实时备份的滞后), and who stands by.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::Status;
use super::statement::HealthPart;
use crate::{EvidenceEntry, Result};

/// Oldest copy at the other site that is in time, seconds (GB/T 22239-2019 8.1.4.9 b, as this project reads it).
pub const MIRROR_AGE_MAX_S: i64 = 60;

/// How the copy at the other site stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MirrorRecord {
    /// Epoch this node holds there.
    pub epoch: u64,
    /// Seconds between two rounds.
    pub every_s: u32,
    /// The moment up to which everything is there; the start of the node before the first round.
    pub as_of: DateTime<Utc>,
    /// The newest snapshot; empty before the first.
    pub snapshot: String,
    /// Bytes the last round put there.
    pub bytes_new: u64,
    /// Why the last round or the last look at the lease failed; empty where they did not.
    pub error: String,
    /// Names of the nodes that stand by.
    pub standbys: Vec<String>,
    /// Whether the node runs; the age of a stopped one's copy says nothing.
    pub running: bool,
}

impl Status {
    /// Say how the copy at the other site stands; without it there is none.
    pub fn set_mirror(&self, record: MirrorRecord) {
        self.0.mirror.store(Some(Arc::new(record)));
    }

    /// How the copy at the other site stands; `None` where the node is not mirrored.
    #[must_use]
    pub fn mirror(&self) -> Option<MirrorRecord> {
        self.0.mirror.load_full().map(|record| record.as_ref().clone())
    }

    /// Seconds by which the copy is behind now (RPO); `None` where the node is not mirrored.
    #[must_use]
    pub fn mirror_age_s(&self) -> Option<i64> {
        self.mirror().map(|record| (self.0.store.now() - record.as_of).num_seconds().max(0))
    }

    /// Record that the copy is older than it may be, which raises an incident, or that it is in time again.
    pub async fn note_mirror(&self, late: bool) -> Result<()> {
        let (Some(record), Some(age_s)) = (self.mirror(), self.mirror_age_s()) else { return Ok(()) };
        let entry = EvidenceEntry {
            kind: if late { "mirror.late" } else { "mirror.resumed" }.to_owned(),
            actor: "system".to_owned(),
            subject: self.name().to_owned(),
            body: serde_json::json!({
                "age_s": age_s, "as_of": record.as_of.to_rfc3339(), "snapshot": record.snapshot, "error": record.error,
            }),
        };
        self.0.evidence.record(entry).await.map(drop)
    }

    /// The copy as a part of the node's health; `None` where the node is not mirrored.
    pub(super) fn mirror_part(&self) -> Option<HealthPart> {
        let record = self.mirror()?;
        let age_s = self.mirror_age_s().unwrap_or_default();
        let standbys =
            if record.standbys.is_empty() { "nobody".to_owned() } else { record.standbys.join(", ") };
        let (ok, place) = if record.running {
            (age_s <= MIRROR_AGE_MAX_S, format!("{age_s} s behind"))
        } else {
            (true, format!("up to {}, the node is stopped", record.as_of.to_rfc3339()))
        };
        let mut detail = format!("{place}, epoch {}, {standbys} stands by", record.epoch);
        if !record.error.is_empty() {
            detail.push_str(": ");
            detail.push_str(&record.error);
        }
        Some(HealthPart { name: "mirror".to_owned(), ok, essential: false, detail })
    }
}
