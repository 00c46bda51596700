//! Trusted verification at start and while running (可信验证, GB/T 22239-2019 8.1.4.6): what the program finds itself to
//! be is compared with what it was, and a change leaves evidence.

use brain_store::setting;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Status;
use crate::{EvidenceEntry, Result};

/// Setting that holds the last measurement.
const MEASURED: &str = "status.measured";

/// Digests of what runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "NodeMeasurement")]
pub struct Measurement {
    /// Version of the program.
    pub version: String,
    /// Digest of the program file.
    pub program: String,
    /// Digest of the list of everything the program was built from.
    pub dependencies: String,
    /// Digest of the effective configuration without secrets.
    pub configuration: String,
    /// When, UTC.
    pub measured_at: DateTime<Utc>,
}

/// One part that is not what it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Difference {
    /// `version`, `program`, `dependencies` or `configuration`.
    pub part: String,
    /// What it was.
    pub from: String,
    /// What it is.
    pub to: String,
}

impl Measurement {
    fn differences(&self, before: &Self) -> Vec<Difference> {
        [
            ("version", &before.version, &self.version),
            ("program", &before.program, &self.program),
            ("dependencies", &before.dependencies, &self.dependencies),
            ("configuration", &before.configuration, &self.configuration),
        ]
        .into_iter()
        .filter(|(_, from, to)| from != to)
        .map(|(part, from, to)| Difference { part: part.to_owned(), from: from.clone(), to: to.clone() })
        .collect()
    }
}

impl Status {
    /// Take in what was measured at start: recorded when it differs from the last start, or is the first. From here on
    /// the node can speak for itself.
    pub async fn measured(&self, measurement: Measurement) -> Result<Vec<Difference>> {
        let transaction = self.0.store.transaction().await?;
        let before: Option<Measurement> = setting::get(&transaction, MEASURED).await?;
        let differences = before.as_ref().map(|before| measurement.differences(before)).unwrap_or_default();
        let body = match &before {
            None => Some(("node.measured", json!({ "measurement": measurement }))),
            Some(_) if differences.is_empty() => None,
            Some(_) => Some(("node.changed", json!({ "differences": differences, "running": false }))),
        };
        setting::set(&transaction, MEASURED, &measurement, self.0.store.now()).await?;
        if let Some((kind, body)) = body {
            self.0.evidence.record_in(&transaction, self.about_self(kind, body)).await?;
        }
        transaction.commit().await?;
        self.0.measured.send_replace(Some(measurement));
        Ok(differences)
    }

    /// What was measured at the last start; `None` before the first.
    pub async fn recorded(&self) -> Result<Option<Measurement>> {
        Ok(setting::get(self.0.store.db(), MEASURED).await?)
    }

    /// Take the measurement of the last start for this one's, in a process that only reports.
    pub async fn resume(&self) -> Result<()> {
        let recorded = self.recorded().await?;
        self.0.measured.send_replace(recorded);
        Ok(())
    }

    /// Take in what a later look at the files found: the part and its digest. A file that is not what was started is
    /// recorded once, and the node says so of itself until it is started again or the file is what it was.
    pub async fn remeasured(&self, part: &str, started_with: &str, now: &str) -> Result<bool> {
        let differs = started_with != now;
        let known = self.0.changed.borrow().iter().any(|changed| changed == part);
        if differs == known {
            return Ok(differs);
        }
        let body = json!({
            "differences": [Difference { part: part.to_owned(), from: started_with.to_owned(), to: now.to_owned() }],
            "running": true,
        });
        let kind = if differs { "node.changed" } else { "node.changed_back" };
        self.0.evidence.record(self.about_self(kind, body)).await?;
        self.0.changed.send_modify(|parts| {
            parts.retain(|changed| changed != part);
            if differs {
                parts.push(part.to_owned());
            }
        });
        Ok(differs)
    }

    fn about_self(&self, kind: &str, body: serde_json::Value) -> EvidenceEntry {
        EvidenceEntry {
            kind: kind.to_owned(),
            actor: "system".to_owned(),
            subject: self.name().to_owned(),
            body,
        }
    }
}
