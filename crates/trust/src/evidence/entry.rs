//! One entry of the log and the exact bytes that are hashed.

use brain_store::evidence::LeafRow;
use chrono::{DateTime, SecondsFormat, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::merkle::{Hash, leaf_hash};
use crate::{Error, Result};

/// Largest body, in bytes of canonical JSON. Evidence points at things; it does not carry them.
pub const BODY_BYTES_MAX: usize = 64 * 1024;
/// Longest kind, actor or subject, in characters.
const NAME_CHARACTERS_MAX: usize = 256;

/// Something that happened, to be recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct EvidenceEntry {
    /// What kind of act: `<family>.<act>`, for example `grant.issue`.
    pub kind: String,
    /// Who did it: account id, or `system`.
    pub actor: String,
    /// To what it was done: an id or name.
    pub subject: String,
    /// Details. No secrets, no rows.
    pub body: Value,
}

/// A recorded entry as people read it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RecordedEntry {
    /// Position in the log, from 0.
    pub seq: u64,
    /// When, UTC, to the microsecond.
    pub time: DateTime<Utc>,
    /// What kind of act.
    pub kind: String,
    /// Who did it.
    pub actor: String,
    /// To what it was done.
    pub subject: String,
    /// Details.
    pub body: Value,
    /// Leaf hash.
    pub hash: Hash,
}

/// The entry's fields in the order RFC 8785 sorts them; borrowed so that hashing copies nothing.
#[derive(Serialize)]
struct Canonical<'a> {
    actor: &'a str,
    body: &'a Value,
    kind: &'a str,
    seq: i64,
    subject: &'a str,
    time: String,
}

/// The row for an entry at position `seq`.
pub(crate) fn to_row(entry: EvidenceEntry, seq: i64, time: DateTime<Utc>) -> Result<LeafRow> {
    for (field, value) in [("kind", &entry.kind), ("actor", &entry.actor), ("subject", &entry.subject)] {
        if value.is_empty() || value.chars().count() > NAME_CHARACTERS_MAX {
            return Err(Error::invalid(
                field,
                format!("存证的 {field} 须为 1 至 {NAME_CHARACTERS_MAX} 个字符。"),
                format!("The {field} of an evidence entry needs 1 to {NAME_CHARACTERS_MAX} characters."),
            ));
        }
    }
    let body = canonical(&entry.body)?;
    if body.len() > BODY_BYTES_MAX {
        return Err(Error::invalid(
            "body",
            format!("存证内容 {} 字节，超过上限 {BODY_BYTES_MAX}。", body.len()),
            format!("The evidence body has {} bytes, more than {BODY_BYTES_MAX}.", body.len()),
        ));
    }
    let mut row = LeafRow {
        seq,
        recorded_at: time,
        kind: entry.kind,
        actor: entry.actor,
        subject: entry.subject,
        body,
        leaf_hash: Vec::new(),
    };
    row.leaf_hash = hash_of(&row)?.as_bytes().to_vec();
    Ok(row)
}

/// Hash of what a row says now, whatever its stored hash claims.
pub(crate) fn hash_of(row: &LeafRow) -> Result<Hash> {
    let body: Value =
        serde_json::from_str(&row.body).map_err(|_| Error::Corrupt { field: "evidence_leaf.body" })?;
    if canonical(&body)? != row.body {
        return Err(Error::Corrupt { field: "evidence_leaf.body" });
    }
    let bytes = serde_json_canonicalizer::to_vec(&Canonical {
        actor: &row.actor,
        body: &body,
        kind: &row.kind,
        seq: row.seq,
        subject: &row.subject,
        time: time_text(row.recorded_at),
    })
    .map_err(|cause| Error::Cryptography(cause.to_string()))?;
    Ok(leaf_hash(&bytes))
}

/// The row as people read it.
pub(crate) fn from_row(row: LeafRow) -> Result<RecordedEntry> {
    let corrupt = |field| Error::Corrupt { field };
    Ok(RecordedEntry {
        seq: u64::try_from(row.seq).map_err(|_| corrupt("evidence_leaf.seq"))?,
        time: row.recorded_at,
        hash: Hash::from_slice(&row.leaf_hash).ok_or(corrupt("evidence_leaf.leaf_hash"))?,
        body: serde_json::from_str(&row.body).map_err(|_| corrupt("evidence_leaf.body"))?,
        kind: row.kind,
        actor: row.actor,
        subject: row.subject,
    })
}

/// RFC 3339 with exactly six digits of a second: both engines hold microseconds.
pub(crate) fn time_text(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}

fn canonical(value: &Value) -> Result<String> {
    serde_json_canonicalizer::to_string(value).map_err(|cause| Error::Cryptography(cause.to_string()))
}

#[cfg(test)]
mod tests {
    use super::{EvidenceEntry, hash_of, to_row};
    use serde_json::json;

    #[test]
    fn the_hash_is_that_of_the_documented_bytes() {
        let entry = EvidenceEntry {
            kind: "grant.issue".into(),
            actor: "a1".into(),
            subject: "g\"1".into(),
            body: json!({ "b": 1.0, "a": "授权" }),
        };
        let time = "2026-01-02T03:04:05.6Z".parse().unwrap();
        let row = to_row(entry, 7, time).unwrap();
        let bytes = "{\"actor\":\"a1\",\"body\":{\"a\":\"授权\",\"b\":1},\"kind\":\"grant.issue\",\"seq\":7,\
                     \"subject\":\"g\\\"1\",\"time\":\"2026-01-02T03:04:05.600000Z\"}";
        assert_eq!(row.leaf_hash, crate::evidence::merkle::leaf_hash(bytes.as_bytes()).as_bytes());
        assert_eq!(hash_of(&row).unwrap().as_bytes()[..], row.leaf_hash[..]);
    }

    #[test]
    fn a_body_that_only_looks_the_same_is_refused() {
        let entry = EvidenceEntry {
            kind: "k".into(),
            actor: "a".into(),
            subject: "s".into(),
            body: json!({ "a": 1 }),
        };
        let mut row = to_row(entry, 0, "2026-01-02T03:04:05Z".parse().unwrap()).unwrap();
        row.body = "{\"a\": 1}".into();
        assert!(hash_of(&row).is_err());
        row.body = "{\"a\":2,\"a\":1}".into();
        assert!(hash_of(&row).is_err());
    }

    #[test]
    fn an_entry_without_actor_or_with_a_huge_body_is_refused() {
        let entry = |actor: &str, body| EvidenceEntry {
            kind: "k".into(),
            actor: actor.into(),
            subject: "s".into(),
            body,
        };
        let now = "2026-01-02T03:04:05Z".parse().unwrap();
        assert!(to_row(entry("", json!({})), 0, now).is_err());
        assert!(to_row(entry("a", json!("x".repeat(70_000))), 0, now).is_err());
    }
}
