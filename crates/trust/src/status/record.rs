//! What was done to be able to come back, and how it ended: the last backup, restore drill and check of the log.

use brain_store::setting;
use chrono::{DateTime, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Status;
use super::statement::HealthPart;
use crate::{EvidenceEntry, Result};

/// Settings that hold the last of each.
const BACKUP: &str = "backup.last";
const DRILL: &str = "backup.drill";
pub(crate) const VERIFIED: &str = "evidence.verified";

/// How the last backup ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BackupRecord {
    /// When it ended, UTC.
    pub at: DateTime<Utc>,
    /// Whether it is whole.
    pub ok: bool,
    /// The snapshot; empty where it failed.
    pub snapshot: String,
    /// Bytes that were new.
    pub bytes_new: u64,
    /// Why it failed; empty where it did not.
    pub error: String,
    /// When one was whole last.
    pub last_good: Option<DateTime<Utc>>,
}

/// How the last restore drill ended (恢复演练).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DrillRecord {
    /// When it ended, UTC.
    pub at: DateTime<Utc>,
    /// Whether the restored node verified and every table was read.
    pub ok: bool,
    /// The snapshot that was restored.
    pub snapshot: String,
    /// Tables read to their last row.
    pub tables: u64,
    /// Their rows.
    pub rows: u64,
    /// Seconds from the first byte to the last check.
    pub seconds: u64,
    /// Why it failed; empty where it did not.
    pub error: String,
}

/// How the last check of the whole evidence log ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VerificationRecord {
    /// When, UTC.
    pub at: DateTime<Utc>,
    /// Whether everything agreed.
    pub ok: bool,
    /// Entries found good.
    pub entries: u64,
}

impl Status {
    /// Remember how a backup ended.
    pub async fn remember_backup(&self, outcome: std::result::Result<(String, u64), String>) -> Result<()> {
        let at = self.0.store.now();
        let before = self.last_backup().await?;
        let record = match outcome {
            Ok((snapshot, bytes_new)) => {
                BackupRecord { at, ok: true, snapshot, bytes_new, error: String::new(), last_good: Some(at) }
            }
            Err(error) => BackupRecord {
                at,
                ok: false,
                snapshot: String::new(),
                bytes_new: 0,
                error: error.chars().take(500).collect(),
                last_good: before.and_then(|record| record.last_good),
            },
        };
        let transaction = self.0.store.transaction().await?;
        setting::set(&transaction, BACKUP, &record, at).await?;
        if !record.ok {
            // One that succeeded is recorded where it is made.
            let entry = EvidenceEntry {
                kind: "backup.fail".to_owned(),
                actor: "system".to_owned(),
                subject: self.name().to_owned(),
                body: serde_json::json!({ "error": record.error }),
            };
            self.0.evidence.record_in(&transaction, entry).await?;
        }
        Ok(transaction.commit().await?)
    }

    /// How the last backup ended; `None` before the first.
    pub async fn last_backup(&self) -> Result<Option<BackupRecord>> {
        Ok(setting::get(self.0.store.db(), BACKUP).await?)
    }

    /// Remember how a restore drill ended.
    pub async fn remember_drill(&self, record: DrillRecord) -> Result<()> {
        let transaction = self.0.store.transaction().await?;
        setting::set(&transaction, DRILL, &record, self.0.store.now()).await?;
        let entry = EvidenceEntry {
            kind: "backup.drill".to_owned(),
            actor: "system".to_owned(),
            subject: record.snapshot.clone(),
            body: serde_json::json!({
                "ok": record.ok, "tables": record.tables, "rows": record.rows, "seconds": record.seconds,
                "error": record.error,
            }),
        };
        self.0.evidence.record_in(&transaction, entry).await?;
        Ok(transaction.commit().await?)
    }

    /// How the last restore drill ended; `None` before the first.
    pub async fn last_drill(&self) -> Result<Option<DrillRecord>> {
        Ok(setting::get(self.0.store.db(), DRILL).await?)
    }

    /// How the last check of the evidence log ended; `None` before the first.
    pub async fn last_verification(&self) -> Result<Option<VerificationRecord>> {
        Ok(setting::get(self.0.store.db(), VERIFIED).await?)
    }

    /// Evidence, backup and check of the log as parts of the node's health.
    pub async fn health(&self) -> Result<Vec<HealthPart>> {
        let head = self.0.evidence.latest_head().await;
        let evidence = HealthPart {
            name: "evidence".to_owned(),
            ok: head.is_ok(),
            essential: true,
            detail: match head {
                Ok(Some(head)) => format!("{} entries signed", head.size),
                Ok(None) => "nothing signed yet".to_owned(),
                Err(error) => error.to_string(),
            },
        };
        let checked = self.last_verification().await?;
        let verification = HealthPart {
            name: "verification".to_owned(),
            ok: checked.as_ref().is_none_or(|record| record.ok),
            essential: true,
            detail: checked.map_or_else(
                || "never checked as a whole".to_owned(),
                |record| format!("{} entries at {}", record.entries, record.at.to_rfc3339()),
            ),
        };
        let measured = self.measurement();
        let measurement = HealthPart {
            name: "measurement".to_owned(),
            ok: measured.is_some(),
            essential: false,
            detail: measured.map_or_else(
                || "under way".to_owned(),
                |found| format!("{} at {}", found.program, found.measured_at.to_rfc3339()),
            ),
        };
        let mut parts = vec![evidence, verification, measurement, self.backup_part().await?];
        parts.extend(self.mirror_part());
        Ok(parts)
    }

    /// A backup that failed or is late shows, and stops nothing.
    async fn backup_part(&self) -> Result<HealthPart> {
        let hours = self.0.facts.load().as_ref().map_or(0, |facts| facts.backup_every_hours);
        let last = self.last_backup().await?;
        // Late from twice the interval on: one that is under way is not.
        let late = |good: DateTime<Utc>| {
            hours > 0 && self.0.store.now() > good + TimeDelta::hours(2 * i64::from(hours))
        };
        let (ok, detail) = match &last {
            None if hours == 0 => (true, "none, and none is scheduled".to_owned()),
            None => (true, format!("none yet, one every {hours} h")),
            Some(record) if !record.ok => {
                (false, format!("failed at {}: {}", record.at.to_rfc3339(), record.error))
            }
            Some(record) if late(record.at) => {
                (false, format!("late: the last was at {}", record.at.to_rfc3339()))
            }
            Some(record) => (true, format!("whole at {}", record.at.to_rfc3339())),
        };
        Ok(HealthPart { name: "backup".to_owned(), ok, essential: false, detail })
    }
}
