//! One entry of the log and the exact bytes that are hashed.

use brain_store::evidence::LeafRow;
use brain_verifier::merkle::leaf_hash;
use brain_verifier::{Hash, HashAlgorithm};
use chrono::{DateTime, SecondsFormat, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Error, Result};

/// Largest body, in bytes of canonical JSON. Evidence points at things; it does not carry them. With the other fields it
/// stays below the 65,535 bytes an entry of a bundle may have (C2SP tlog-tiles).
pub const BODY_BYTES_MAX: usize = 60 * 1024;
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

/// An entry with what it is about and with personal values; made of an [`EvidenceEntry`].
#[derive(Debug, Clone, PartialEq)]
pub struct NewEntry {
    pub(crate) entry: EvidenceEntry,
    pub(crate) about: Vec<String>,
    pub(crate) personal: Vec<NewPersonal>,
}

/// A personal value of a new entry.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct NewPersonal {
    pub(crate) of: String,
    pub(crate) field: String,
    pub(crate) value: String,
}

impl From<EvidenceEntry> for NewEntry {
    fn from(entry: EvidenceEntry) -> Self {
        Self { entry, about: Vec::new(), personal: Vec::new() }
    }
}

impl EvidenceEntry {
    /// Say that the entry is also about `kind:id`, for example `contract:c1`, beyond what its fields name.
    #[must_use]
    pub fn about(self, reference: impl Into<String>) -> NewEntry {
        NewEntry::from(self).about(reference)
    }

    /// Add a personal value of `of` (`account:<id>`): the log keeps its salted digest, and erasing the person's salt
    /// leaves a digest that says nothing.
    #[must_use]
    pub fn personal(self, of: &str, field: &str, value: &str) -> NewEntry {
        NewEntry::from(self).personal(of, field, value)
    }
}

impl NewEntry {
    /// See [`EvidenceEntry::about`].
    #[must_use]
    pub fn about(mut self, reference: impl Into<String>) -> Self {
        self.about.push(reference.into());
        self
    }

    /// See [`EvidenceEntry::personal`].
    #[must_use]
    pub fn personal(mut self, of: &str, field: &str, value: &str) -> Self {
        self.personal.push(NewPersonal {
            of: of.to_owned(),
            field: field.to_owned(),
            value: value.to_owned(),
        });
        self
    }

    /// Refuse what cannot be recorded, before anything is locked.
    pub(crate) fn check(&self) -> Result<()> {
        let EvidenceEntry { kind, actor, subject, body } = &self.entry;
        for (field, value) in [("kind", kind), ("actor", actor), ("subject", subject)] {
            if value.is_empty() || value.chars().count() > NAME_CHARACTERS_MAX {
                return Err(Error::invalid(
                    field,
                    format!("存证的 {field} 须为 1 至 {NAME_CHARACTERS_MAX} 个字符。"),
                    format!("The {field} of an evidence entry needs 1 to {NAME_CHARACTERS_MAX} characters."),
                ));
            }
        }
        let reserved = [("about", self.about.is_empty()), ("personal", self.personal.is_empty())];
        let taken =
            |(name, unused): &(&str, bool)| !unused && (!body.is_object() || body.get(name).is_some());
        if let Some((name, _)) = reserved.iter().find(|reserved| taken(reserved)) {
            return Err(Error::invalid(
                "body",
                format!("存证内容须为对象，且不得自带 {name}。"),
                format!("The body of this entry must be an object without a field {name} of its own."),
            ));
        }
        // Digests and references add to the body; a bound on the whole is checked again when they are there.
        check_length(&canonical(body)?)
    }

    /// Put references and salted digests into the body, where they are hashed with the rest.
    pub(crate) fn compose(self, digests: Vec<Hash>) -> EvidenceEntry {
        let Self { mut entry, about, personal } = self;
        if let Value::Object(body) = &mut entry.body {
            if !about.is_empty() {
                let about: std::collections::BTreeSet<String> = about.into_iter().collect();
                body.insert("about".to_owned(), about.into_iter().collect());
            }
            if !personal.is_empty() {
                let fields = personal.into_iter().zip(digests).map(|(value, digest)| {
                    (value.field, serde_json::json!({ "of": value.of, "hash": digest }))
                });
                body.insert("personal".to_owned(), Value::Object(fields.collect()));
            }
        }
        entry
    }
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
    /// Personal values behind the digests in `body.personal`, where they were not erased.
    pub personal: Vec<PersonalValue>,
}

/// A personal value of an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PersonalValue {
    /// Field of `body.personal`.
    pub field: String,
    /// Whose it is.
    pub of: String,
    /// The value.
    pub value: String,
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
pub(crate) fn to_row(
    algorithm: HashAlgorithm,
    entry: EvidenceEntry,
    seq: i64,
    time: DateTime<Utc>,
) -> Result<LeafRow> {
    let body = canonical(&entry.body)?;
    check_length(&body)?;
    let mut row = LeafRow {
        seq,
        recorded_at: time,
        kind: entry.kind,
        actor: entry.actor,
        subject: entry.subject,
        body,
        leaf_hash: Vec::new(),
    };
    row.leaf_hash = hash_of(algorithm, &row)?.as_bytes().to_vec();
    Ok(row)
}

fn check_length(body: &str) -> Result<()> {
    if body.len() <= BODY_BYTES_MAX {
        return Ok(());
    }
    Err(Error::invalid(
        "body",
        format!("存证内容 {} 字节，超过上限 {BODY_BYTES_MAX}。", body.len()),
        format!("The evidence body has {} bytes, more than {BODY_BYTES_MAX}.", body.len()),
    ))
}

/// Hash of what a row says now, whatever its stored hash claims.
pub(crate) fn hash_of(algorithm: HashAlgorithm, row: &LeafRow) -> Result<Hash> {
    Ok(leaf_hash(algorithm, leaf_text(row)?.as_bytes()))
}

/// The exact text that is hashed: canonical JSON of every field of the row.
pub(crate) fn leaf_text(row: &LeafRow) -> Result<String> {
    let body: Value =
        serde_json::from_str(&row.body).map_err(|_| Error::Corrupt { field: "evidence_leaf.body" })?;
    if canonical(&body)? != row.body {
        return Err(Error::Corrupt { field: "evidence_leaf.body" });
    }
    serde_json_canonicalizer::to_string(&Canonical {
        actor: &row.actor,
        body: &body,
        kind: &row.kind,
        seq: row.seq,
        subject: &row.subject,
        time: time_text(row.recorded_at),
    })
    .map_err(|cause| Error::Cryptography(cause.to_string()))
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
        personal: Vec::new(),
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
    use super::{EvidenceEntry, NewEntry, hash_of};
    use brain_verifier::HashAlgorithm::Sha256;
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
        let row = super::to_row(Sha256, entry, 7, time).unwrap();
        let bytes = "{\"actor\":\"a1\",\"body\":{\"a\":\"授权\",\"b\":1},\"kind\":\"grant.issue\",\"seq\":7,\
                     \"subject\":\"g\\\"1\",\"time\":\"2026-01-02T03:04:05.600000Z\"}";
        assert_eq!(row.leaf_hash, brain_verifier::merkle::leaf_hash(Sha256, bytes.as_bytes()).as_bytes());
        assert_eq!(hash_of(Sha256, &row).unwrap().as_bytes()[..], row.leaf_hash[..]);
    }

    #[test]
    fn a_body_that_only_looks_the_same_is_refused() {
        let entry = EvidenceEntry {
            kind: "k".into(),
            actor: "a".into(),
            subject: "s".into(),
            body: json!({ "a": 1 }),
        };
        let mut row = super::to_row(Sha256, entry, 0, "2026-01-02T03:04:05Z".parse().unwrap()).unwrap();
        row.body = "{\"a\": 1}".into();
        assert!(hash_of(Sha256, &row).is_err());
        row.body = "{\"a\":2,\"a\":1}".into();
        assert!(hash_of(Sha256, &row).is_err());
    }

    #[test]
    fn an_entry_without_actor_or_with_a_huge_body_is_refused() {
        let entry = |actor: &str, body| EvidenceEntry {
            kind: "k".into(),
            actor: actor.into(),
            subject: "s".into(),
            body,
        };
        assert!(NewEntry::from(entry("", json!({}))).check().is_err());
        assert!(NewEntry::from(entry("a", json!("x".repeat(70_000)))).check().is_err());
        assert!(NewEntry::from(entry("a", json!({ "about": 1 }))).check().is_ok());
        assert!(entry("a", json!({ "about": 1 })).about("contract:c").check().is_err());
        assert!(entry("a", json!([])).personal("account:a", "ip", "::1").check().is_err());
    }
}
