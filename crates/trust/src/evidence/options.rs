//! What an operator may say about the evidence log.

use brain_verifier::{HashAlgorithm, VerifierKey};
use serde::{Deserialize, Serialize};

/// Settings of the evidence log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EvidenceOptions {
    /// Digest of a log that is made now; one that exists keeps its own, and asking for another is refused.
    pub hash: Option<HashAlgorithm>,
    /// Digest of a log that is made now where `hash` asks for none; says nothing about one that exists.
    pub hash_when_new: HashAlgorithm,
    /// Identity of a log that is made now, best a name under the operator's domain; by default made of its key.
    pub origin: Option<String>,
    /// Entries after which a head is signed at once, without waiting for the next tick.
    pub sign_every: u32,
    /// Nodes that are asked to counter-sign our checkpoints.
    pub witnesses: Vec<WitnessPeer>,
    /// Logs of other nodes whose checkpoints we counter-sign.
    pub logs: Vec<KnownLog>,
}

impl Default for EvidenceOptions {
    fn default() -> Self {
        Self {
            hash: None,
            hash_when_new: HashAlgorithm::default(),
            origin: None,
            sign_every: 1_000,
            witnesses: Vec::new(),
            logs: Vec::new(),
        }
    }
}

/// A node that counter-signs for us (见证方).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WitnessPeer {
    /// Submission and monitoring prefix, for example `https://centre.example/api/v1/witness`.
    pub url: String,
    /// Name the node is registered under; its status is verified before anything is sent. Left out for a witness that
    /// is no node of ours and makes no statement.
    #[serde(default)]
    pub node: Option<String>,
    /// Its keys, as `brain evidence keys` prints them there.
    pub keys: Vec<VerifierKey>,
}

impl WitnessPeer {
    /// Name it signs under.
    #[must_use]
    pub fn name(&self) -> &str {
        self.keys.first().map_or(self.url.as_str(), VerifierKey::name)
    }
}

/// A log we are a witness of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownLog {
    /// Its identity.
    pub origin: String,
    /// Keys its checkpoints are signed with.
    pub keys: Vec<VerifierKey>,
    /// Monitoring prefixes of its other witnesses; their view is compared with ours, so that a log that shows each of
    /// us another history is found.
    #[serde(default)]
    pub witnesses: Vec<String>,
}
