//! One record, the exact bytes that are hashed, and how people read it.

use brain_kernel::party::Role;
use brain_store::audit::{DatasetRow, RecordRow};
use brain_verifier::merkle::leaf_hash;
use brain_verifier::{Hash, HashAlgorithm};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::evidence::time_text;
use crate::{Error, Result};

/// Where a request came in (通道).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "AuditChannel")]
pub enum Channel {
    /// 门户: a browser with a session cookie.
    Portal,
    /// 接口: a program with a token or key.
    Rest,
    /// A model's tool call.
    Mcp,
    /// 命令行: the person at the terminal of the node.
    CommandLine,
    /// The node itself.
    #[default]
    Internal,
}

impl Channel {
    /// Stable name, as stored.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Portal => "portal",
            Self::Rest => "rest",
            Self::Mcp => "mcp",
            Self::CommandLine => "command_line",
            Self::Internal => "internal",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        [Self::Portal, Self::Rest, Self::Mcp, Self::CommandLine, Self::Internal]
            .into_iter()
            .find(|channel| channel.name() == name)
    }
}

/// How an access ended (结果).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "AuditOutcome")]
pub enum Outcome {
    /// 进行中: begun, and not ended yet — or ended with the process.
    Opened,
    /// 完成.
    Completed,
    /// 拒绝: no grant, a label, a policy, a role or a scope said no.
    Denied,
    /// 失败: allowed, and failed.
    Failed,
    /// 中断: the caller went away before the last row.
    BrokenOff,
}

impl Outcome {
    const ALL: [Self; 5] = [Self::Opened, Self::Completed, Self::Denied, Self::Failed, Self::BrokenOff];

    /// Stable name, as stored.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Completed => "completed",
            Self::Denied => "denied",
            Self::Failed => "failed",
            Self::BrokenOff => "broken_off",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.name() == name)
    }
}

/// Which part of an access a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Durable before the first row leaves.
    Open,
    /// The end of what was opened.
    Close,
    /// Beginning and end at once, durable before the answer leaves.
    Whole,
}

impl Phase {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Close => "close",
            Self::Whole => "whole",
        }
    }
}

/// A dataset of an access: under what it was read, or that it was refused.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AuditInput {
    /// Dataset.
    pub dataset: String,
    /// Version read; none where it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// Grant it was read under; none where it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant: Option<String>,
    /// Agreement the grant rests on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreement: Option<String>,
}

/// An audit record as the auditor reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuditRecord {
    /// Position, from 0.
    pub seq: u64,
    /// The access; beginning and end share it.
    pub access: String,
    /// When it was recorded, UTC.
    pub time: DateTime<Utc>,
    /// Who: account id, or `local-operator`.
    pub account: String,
    /// As what.
    pub role: Role,
    /// For which organisation.
    pub organisation: Option<String>,
    /// With what: `session:<id>`, `api_key:<id>` or `local:<user>`.
    pub credential: Option<String>,
    /// From where.
    pub address: Option<String>,
    /// By which way.
    pub channel: Channel,
    /// What was done: `read`, `run`, `export` …
    pub action: String,
    /// What was called.
    pub operation: String,
    /// For what purpose.
    pub purpose: String,
    /// The statement, shortened.
    pub statement: Option<String>,
    /// Datasets with version, grant and agreement.
    pub inputs: Vec<AuditInput>,
    /// Rows handed out.
    pub rows: Option<u64>,
    /// Bytes sent, where known.
    pub bytes: Option<u64>,
    /// How it ended.
    pub outcome: Outcome,
    /// Code of a refusal or failure.
    pub reason: Option<String>,
    /// Number of the request.
    pub trace_id: Option<String>,
    /// Whether data was provided to others under an agreement; such records are kept longer.
    pub exchange: bool,
    /// Digest of the record.
    pub digest: Hash,
}

/// The record's fields as they are hashed; borrowed so that hashing copies nothing.
#[derive(Serialize)]
struct Canonical<'a> {
    access: &'a str,
    account: &'a str,
    action: &'a str,
    address: Option<&'a str>,
    bytes: Option<i64>,
    channel: &'a str,
    credential: Option<&'a str>,
    exchange: bool,
    inputs: &'a str,
    operation: &'a str,
    organisation: Option<&'a str>,
    outcome: &'a str,
    phase: &'a str,
    purpose: &'a str,
    reason: Option<&'a str>,
    role: &'a str,
    rows: Option<i64>,
    seq: i64,
    statement: Option<&'a str>,
    time: String,
    trace_id: Option<&'a str>,
}

/// Digest of what a row says now, whatever its stored digest claims.
pub(crate) fn digest_of(algorithm: HashAlgorithm, row: &RecordRow) -> Result<Hash> {
    let canonical = Canonical {
        access: &row.access,
        account: &row.account,
        action: &row.action,
        address: row.address.as_deref(),
        bytes: row.bytes,
        channel: &row.channel,
        credential: row.credential.as_deref(),
        exchange: row.exchange,
        inputs: &row.inputs,
        operation: &row.operation,
        organisation: row.organisation.as_deref(),
        outcome: &row.outcome,
        phase: &row.phase,
        purpose: &row.purpose,
        reason: row.reason.as_deref(),
        role: &row.role,
        rows: row.rows,
        seq: row.seq,
        statement: row.statement.as_deref(),
        time: time_text(row.recorded_at),
        trace_id: row.trace_id.as_deref(),
    };
    let text = serde_json_canonicalizer::to_string(&canonical)
        .map_err(|cause| Error::Cryptography(cause.to_string()))?;
    Ok(leaf_hash(algorithm, text.as_bytes()))
}

/// Datasets as they are stored: canonical JSON.
pub(crate) fn inputs_text(inputs: &[AuditInput]) -> Result<String> {
    serde_json_canonicalizer::to_string(&inputs).map_err(|cause| Error::Cryptography(cause.to_string()))
}

/// Datasets of a stored record.
pub(crate) fn inputs_of(row: &RecordRow) -> Result<Vec<AuditInput>> {
    serde_json::from_str(&row.inputs).map_err(|_| Error::Corrupt { field: "audit_record.inputs" })
}

/// Rows of the index of datasets that a record must have, sorted.
pub(crate) fn datasets_of(row: &RecordRow) -> Result<Vec<DatasetRow>> {
    let mut names: Vec<String> = inputs_of(row)?.into_iter().map(|input| input.dataset).collect();
    names.sort();
    names.dedup();
    Ok(names.into_iter().map(|dataset| DatasetRow { dataset, seq: row.seq }).collect())
}

/// The row as people read it.
pub(crate) fn from_row(row: RecordRow) -> Result<AuditRecord> {
    let corrupt = |field| Error::Corrupt { field };
    Ok(AuditRecord {
        inputs: inputs_of(&row)?,
        seq: u64::try_from(row.seq).map_err(|_| corrupt("audit_record.seq"))?,
        time: row.recorded_at,
        role: Role::from_name(&row.role).ok_or(corrupt("audit_record.role"))?,
        channel: Channel::from_name(&row.channel).ok_or(corrupt("audit_record.channel"))?,
        outcome: Outcome::from_name(&row.outcome).ok_or(corrupt("audit_record.outcome"))?,
        digest: Hash::from_slice(&row.digest).ok_or(corrupt("audit_record.digest"))?,
        rows: row.rows.and_then(|n| u64::try_from(n).ok()),
        bytes: row.bytes.and_then(|n| u64::try_from(n).ok()),
        access: row.access,
        account: row.account,
        organisation: row.organisation,
        credential: row.credential,
        address: row.address,
        action: row.action,
        operation: row.operation,
        purpose: row.purpose,
        statement: row.statement,
        reason: row.reason,
        trace_id: row.trace_id,
        exchange: row.exchange,
    })
}

impl AuditRecord {
    /// Names of the columns of a file, in the order of [`cells`](Self::cells).
    pub const COLUMNS: [&'static str; 20] = [
        "seq",
        "time",
        "account",
        "role",
        "organisation",
        "credential",
        "address",
        "channel",
        "action",
        "operation",
        "purpose",
        "datasets",
        "grants",
        "agreements",
        "rows",
        "bytes",
        "outcome",
        "reason",
        "trace_id",
        "statement",
    ];

    /// The record as cells of one line of a file; values, not yet made safe for spreadsheets.
    #[must_use]
    pub fn cells(&self) -> [Value; 20] {
        let joined = |part: fn(&AuditInput) -> Option<String>| {
            Value::from(self.inputs.iter().filter_map(part).collect::<Vec<_>>().join(" "))
        };
        let dataset = |input: &AuditInput| {
            Some(match input.version {
                Some(version) => format!("{}@{version}", input.dataset),
                None => input.dataset.clone(),
            })
        };
        [
            self.seq.into(),
            time_text(self.time).into(),
            self.account.clone().into(),
            self.role.name().into(),
            self.organisation.clone().into(),
            self.credential.clone().into(),
            self.address.clone().into(),
            self.channel.name().into(),
            self.action.clone().into(),
            self.operation.clone().into(),
            self.purpose.clone().into(),
            joined(dataset),
            joined(|input| input.grant.clone()),
            joined(|input| input.agreement.clone()),
            self.rows.into(),
            self.bytes.into(),
            self.outcome.name().into(),
            self.reason.clone().into(),
            self.trace_id.clone().into(),
            self.statement.clone().into(),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::{AuditInput, digest_of, inputs_text};
    use brain_store::audit::RecordRow;
    use brain_verifier::HashAlgorithm::Sha256;

    fn row() -> RecordRow {
        let input = AuditInput {
            dataset: "raw.a".into(),
            version: Some(3),
            grant: Some("g1".into()),
            agreement: None,
        };
        RecordRow {
            seq: 7,
            access: "a1".into(),
            phase: "whole".into(),
            recorded_at: "2026-01-02T03:04:05.6Z".parse().unwrap(),
            account: "who".into(),
            role: "government".into(),
            organisation: None,
            credential: Some("session:s".into()),
            address: Some("10.0.0.1".into()),
            channel: "portal".into(),
            action: "read".into(),
            operation: "sql".into(),
            purpose: "sql".into(),
            statement: Some("SELECT 1".into()),
            inputs: inputs_text(&[input]).unwrap(),
            rows: Some(5),
            bytes: None,
            outcome: "completed".into(),
            reason: None,
            trace_id: Some("t".into()),
            exchange: false,
            digest: Vec::new(),
        }
    }

    #[test]
    fn the_digest_is_that_of_the_documented_bytes() {
        let text = r#"{"access":"a1","account":"who","action":"read","address":"10.0.0.1","bytes":null,"channel":"portal","credential":"session:s","exchange":false,"inputs":"[{\"dataset\":\"raw.a\",\"grant\":\"g1\",\"version\":3}]","operation":"sql","organisation":null,"outcome":"completed","phase":"whole","purpose":"sql","reason":null,"role":"government","rows":5,"seq":7,"statement":"SELECT 1","time":"2026-01-02T03:04:05.600000Z","trace_id":"t"}"#;
        let expected = brain_verifier::merkle::leaf_hash(Sha256, text.as_bytes());
        assert_eq!(digest_of(Sha256, &row()).unwrap(), expected);
    }

    #[test]
    fn no_field_can_change_without_the_digest() {
        let whole = digest_of(Sha256, &row()).unwrap();
        let changes: [fn(&mut RecordRow); 21] = [
            |r| r.seq = 8,
            |r| r.access = "x".into(),
            |r| r.phase = "close".into(),
            |r| r.recorded_at += chrono::TimeDelta::microseconds(1),
            |r| r.account = "x".into(),
            |r| r.role = "auditor".into(),
            |r| r.organisation = Some("x".into()),
            |r| r.credential = None,
            |r| r.address = None,
            |r| r.channel = "rest".into(),
            |r| r.action = "run".into(),
            |r| r.operation = "x".into(),
            |r| r.purpose = "x".into(),
            |r| r.statement = None,
            |r| r.inputs = "[]".into(),
            |r| r.rows = Some(4),
            |r| r.bytes = Some(0),
            |r| r.outcome = "failed".into(),
            |r| r.reason = Some("x".into()),
            |r| r.trace_id = None,
            |r| r.exchange = true,
        ];
        for (at, change) in changes.into_iter().enumerate() {
            let mut row = row();
            change(&mut row);
            assert_ne!(digest_of(Sha256, &row).unwrap(), whole, "change {at}");
        }
    }
}
