//! Signed tree heads of version 0.1, kept readable: a log that began then is still checked against them.

use brain_store::evidence::HeadRow;
use brain_verifier::{Hash, KeyKind, VerifierKey};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::entry::time_text;
use crate::{Error, Result};

/// First field of what was signed.
const CONTEXT: &str = "brain/evidence-head/v1";

/// The state of the log at one size, as version 0.1 signed it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct LegacyHead {
    pub(crate) size: u64,
    pub(crate) root: Hash,
    signed_at: DateTime<Utc>,
    key_id: String,
    signature: String,
}

/// What is signed, in the order RFC 8785 sorts it.
#[derive(Serialize)]
struct Message<'a> {
    context: &'static str,
    key_id: &'a str,
    root: Hash,
    signed_at: String,
    size: u64,
}

impl LegacyHead {
    /// Whether one of the log's Ed25519 keys signed it.
    pub(crate) fn is_signed_by(&self, keys: &[VerifierKey]) -> bool {
        let message = serde_json_canonicalizer::to_vec(&Message {
            context: CONTEXT,
            key_id: &self.key_id,
            root: self.root,
            signed_at: time_text(self.signed_at),
            size: self.size,
        });
        let (Ok(message), Some(signature)) = (message, brain_verifier::hash::unhex(&self.signature)) else {
            return false;
        };
        keys.iter().filter(|key| key.kind() == KeyKind::Ed25519).any(|key| key.verify(&message, &signature))
    }

    pub(crate) fn from_row(row: HeadRow) -> Result<Self> {
        let corrupt = |field| Error::Corrupt { field };
        Ok(Self {
            size: u64::try_from(row.size).map_err(|_| corrupt("evidence_head.size"))?,
            root: Hash::try_from(row.root).map_err(|_| corrupt("evidence_head.root"))?,
            signed_at: row.signed_at,
            key_id: row.key_id,
            signature: row.signature,
        })
    }
}
