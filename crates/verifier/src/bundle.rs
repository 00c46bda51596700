//! A proof bundle: everything a stranger needs to check some entries of a log, in one JSON file.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::hash::{Hash, HashAlgorithm, unhex};
use crate::key::VerifierKey;
use crate::merkle::{leaf_hash, verify_consistency, verify_inclusion};
use crate::note::{Checkpoint, SignedCheckpoint};
use crate::report::{Finding, Problem, Report, Witnessed};

/// Value of [`Bundle::format`].
pub const FORMAT: &str = "brain-evidence-bundle/1";

/// Entries of one log with their proofs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Bundle {
    /// `brain-evidence-bundle/1`.
    pub format: String,
    /// What was followed, for example `dataset:subject.enterprise`; empty for single entries.
    pub about: String,
    /// When the bundle was made, by the clock of the node.
    pub made_at: String,
    /// The log.
    pub log: LogIdentity,
    /// Keys of witnesses the log asks, as the node knows them.
    pub witnesses: Vec<VerifierKey>,
    /// Signed checkpoint the entries are proved against: a C2SP note.
    pub checkpoint: String,
    /// An older checkpoint, and the proof that the log only grew since.
    pub earlier: Option<Earlier>,
    /// The entries, by position.
    pub entries: Vec<BundledEntry>,
}

/// Which log it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct LogIdentity {
    /// Identity of the log, first line of its checkpoints.
    pub origin: String,
    /// Digest of the log.
    pub hash: HashAlgorithm,
    /// Keys its checkpoints are signed with, as the node says.
    pub keys: Vec<VerifierKey>,
}

/// An older checkpoint of the same log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Earlier {
    /// The signed note.
    pub checkpoint: String,
    /// Consistency proof to the bundle's checkpoint (RFC 9162 §2.1.4).
    pub path: Vec<Hash>,
}

/// One entry with its proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct BundledEntry {
    /// Position in the log, from 0.
    pub seq: u64,
    /// The exact bytes that were hashed: canonical JSON (RFC 8785).
    pub leaf: String,
    /// Inclusion proof (RFC 9162 §2.1.3), from the leaf's sibling up.
    pub path: Vec<Hash>,
    /// Personal values behind the salted digests of the body, where they were not erased.
    #[serde(default)]
    pub openings: Vec<Opening>,
}

/// A personal value and the salt that shows it is the one that was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Opening {
    /// Field of `body.personal`.
    pub field: String,
    /// Salt of the person, hexadecimal.
    pub salt: String,
    /// The value.
    pub value: String,
}

/// What the one who checks knows from elsewhere.
#[derive(Debug, Clone, Default)]
pub struct Trusted {
    /// Keys of the log. Empty: the bundle's own are taken, and the report says so.
    pub keys: Vec<VerifierKey>,
    /// Keys of witnesses. Empty: the bundle's own are taken.
    pub witnesses: Vec<VerifierKey>,
    /// Witnesses of different names that must have signed.
    pub quorum: usize,
    /// Checkpoints of the same log got elsewhere, as notes; one that contradicts the bundle's shows a fork.
    pub checkpoints: Vec<String>,
}

/// Digest that stands in a leaf for a personal value: `HASH(0x02 ‖ salt ‖ length of field ‖ field ‖ value)`.
#[must_use]
pub fn salted(algorithm: HashAlgorithm, salt: &[u8], field: &str, value: &str) -> Hash {
    let length = (field.len() as u32).to_be_bytes();
    algorithm.digest(&[&[0x02], salt, &length, field.as_bytes(), value.as_bytes()])
}

/// The fields of a leaf that are looked at.
#[derive(Deserialize)]
struct Leaf {
    seq: u64,
    body: Value,
}

impl Bundle {
    /// Check everything; the report names each thing found wrong.
    #[must_use]
    pub fn check(&self, trusted: &Trusted) -> Report {
        let mut report = Report::new(self.log.origin.clone(), trusted.keys.is_empty());
        if self.format != FORMAT {
            report.find(Finding::of(Problem::Format, &self.format));
            return report;
        }
        let keys = if trusted.keys.is_empty() { &self.log.keys } else { &trusted.keys };
        let witnesses = if trusted.witnesses.is_empty() { &self.witnesses } else { &trusted.witnesses };
        let Some(head) = SignedCheckpoint::parse(&self.checkpoint) else {
            report.find(Finding::of(Problem::CheckpointUnreadable, "checkpoint"));
            return report;
        };
        report.size = head.checkpoint.size;
        report.root = Some(head.checkpoint.root);
        self.check_signatures(&head, keys, witnesses, trusted.quorum, &mut report);
        self.check_earlier(&head.checkpoint, keys, &mut report);
        self.check_elsewhere(&head.checkpoint, keys, &trusted.checkpoints, &mut report);
        for entry in &self.entries {
            entry.check(&head.checkpoint, &mut report);
        }
        report
    }

    fn check_signatures(
        &self,
        head: &SignedCheckpoint,
        keys: &[VerifierKey],
        witnesses: &[VerifierKey],
        quorum: usize,
        report: &mut Report,
    ) {
        let said = &head.checkpoint;
        if said.origin != self.log.origin || said.algorithm != self.log.hash {
            report.find(Finding::of(Problem::OtherLog, &said.origin));
        }
        if !is_vouched(head, keys) {
            report.find(Finding::of(Problem::Signature, "checkpoint"));
        }
        report.log_keys =
            head.good(keys).into_iter().map(|key| format!("{} {key}", key.kind().name())).collect();
        if head.has_forged(witnesses) {
            report.find(Finding::of(Problem::Cosignature, "checkpoint"));
        }
        for key in head.good(witnesses).into_iter().filter(|key| key.kind().is_cosignature()) {
            let time = head.lines.iter().find(|line| line.is_of(key)).and_then(|line| line.cosigned_at());
            report.witnesses.push(Witnessed {
                name: key.name().to_owned(),
                algorithm: key.kind().name().to_owned(),
                time: time.unwrap_or_default(),
            });
        }
        let mut names: Vec<&str> = report.witnesses.iter().map(|witness| witness.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        if names.len() < quorum {
            let count = format!("{} < {quorum}", names.len());
            report.find(Finding::of(Problem::Quorum, &count));
        }
    }

    fn check_earlier(&self, head: &Checkpoint, keys: &[VerifierKey], report: &mut Report) {
        let Some(earlier) = &self.earlier else { return };
        let Some(old) = SignedCheckpoint::parse(&earlier.checkpoint) else {
            report.find(Finding::of(Problem::CheckpointUnreadable, "earlier"));
            return;
        };
        let signed = is_vouched(&old, keys);
        if !signed || old.checkpoint.origin != head.origin || old.checkpoint.algorithm != head.algorithm {
            report.find(Finding::of(Problem::Signature, "earlier"));
            return;
        }
        let old = old.checkpoint;
        let path = &earlier.path;
        if verify_consistency(head.algorithm, old.size, head.size, path, &old.root, &head.root) {
            report.earlier = Some(old.size);
        } else {
            report.find(Finding::of(Problem::Rewritten, &format!("{} → {}", old.size, head.size)));
        }
    }

    /// A checkpoint from elsewhere that is signed, of a size we know, and has another root: two histories.
    fn check_elsewhere(
        &self,
        head: &Checkpoint,
        keys: &[VerifierKey],
        notes: &[String],
        report: &mut Report,
    ) {
        let earlier = self.earlier.as_ref().and_then(|earlier| SignedCheckpoint::parse(&earlier.checkpoint));
        for note in notes {
            let Some(other) = SignedCheckpoint::parse(note) else {
                report.find(Finding::of(Problem::CheckpointUnreadable, "--checkpoint"));
                continue;
            };
            let signed = is_vouched(&other, keys);
            let other = other.checkpoint;
            if !signed || other.origin != head.origin {
                report.find(Finding::of(Problem::Signature, "--checkpoint"));
                continue;
            }
            let known = [Some(head), earlier.as_ref().map(|earlier| &earlier.checkpoint)];
            match known.into_iter().flatten().find(|known| known.size == other.size) {
                Some(known) if known.root == other.root => report.compared += 1,
                Some(_) => report.find(Finding::of(Problem::Fork, &other.size.to_string())),
                None if other.size > head.size => {
                    report.find(Finding::of(Problem::Behind, &format!("{} > {}", other.size, head.size)));
                }
                None => report.not_compared += 1,
            }
        }
    }
}

/// Signed by a key of the log over a name that is the log's own.
fn is_vouched(note: &SignedCheckpoint, keys: &[VerifierKey]) -> bool {
    let own: Vec<VerifierKey> = keys
        .iter()
        .filter(|key| !key.kind().is_cosignature() && key.name() == note.checkpoint.origin)
        .cloned()
        .collect();
    note.is_signed_by(&own)
}

impl BundledEntry {
    fn check(&self, head: &Checkpoint, report: &mut Report) {
        let place = format!("#{}", self.seq);
        let leaf = leaf_hash(head.algorithm, self.leaf.as_bytes());
        if !verify_inclusion(head.algorithm, &leaf, self.seq, head.size, &self.path, &head.root) {
            report.find(Finding::of(Problem::NotIncluded, &place));
            return;
        }
        let Some(content) = canonical(&self.leaf).filter(|content| content.seq == self.seq) else {
            report.find(Finding::of(Problem::NotCanonical, &place));
            return;
        };
        for opening in &self.openings {
            let recorded = content.body.get("personal").and_then(|fields| fields.get(&opening.field));
            let recorded = recorded.and_then(|field| field.get("hash")).and_then(Value::as_str);
            let salt = unhex(&opening.salt).unwrap_or_default();
            let expected = salted(head.algorithm, &salt, &opening.field, &opening.value).to_string();
            if recorded != Some(expected.as_str()) {
                report.find(Finding::of(Problem::Opening, &format!("{place} {}", opening.field)));
            }
        }
        report.entries += 1;
    }
}

/// The leaf when it is written as RFC 8785 writes it; anything else could be read in two ways.
fn canonical(leaf: &str) -> Option<Leaf> {
    let value: Value = serde_json::from_str(leaf).ok()?;
    let again = serde_json_canonicalizer::to_string(&value).ok()?;
    (again == leaf).then(|| serde_json::from_value(value).ok()).flatten()
}
