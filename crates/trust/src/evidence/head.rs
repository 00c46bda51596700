//! Signed tree heads: what the node vouches for.

use brain_store::evidence::HeadRow;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::entry::time_text;
use super::merkle::Hash;
use crate::keys::{self, NodeKey};
use crate::{Error, Result};

/// First field of what is signed, so that the signature can never pass for one over something else.
const CONTEXT: &str = "brain/evidence-head/v1";

/// The state of the log at one size, signed by the node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SignedHead {
    /// Entries in the log.
    pub size: u64,
    /// Root of the Merkle tree.
    pub root: Hash,
    /// When it was signed, UTC, to the microsecond.
    pub signed_at: DateTime<Utc>,
    /// Which key signed.
    pub key_id: String,
    /// Ed25519 signature, hexadecimal, over the canonical JSON of the other fields with `context`.
    pub signature: String,
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

impl SignedHead {
    pub(crate) fn sign(key: &NodeKey, size: u64, root: Hash, signed_at: DateTime<Utc>) -> Result<Self> {
        let unsigned = Self { size, root, signed_at, key_id: key.id().to_owned(), signature: String::new() };
        let signature = key.sign(&unsigned.message()?);
        Ok(Self { signature, ..unsigned })
    }

    /// Whether the signature is that of `public_key` (hexadecimal).
    #[must_use]
    pub fn is_signed_by(&self, public_key: &str) -> bool {
        self.message().is_ok_and(|message| keys::verify(public_key, &message, &self.signature))
    }

    fn message(&self) -> Result<Vec<u8>> {
        serde_json_canonicalizer::to_vec(&Message {
            context: CONTEXT,
            key_id: &self.key_id,
            root: self.root,
            signed_at: time_text(self.signed_at),
            size: self.size,
        })
        .map_err(|cause| Error::Cryptography(cause.to_string()))
    }

    pub(crate) fn to_row(&self) -> HeadRow {
        HeadRow {
            size: self.size as i64,
            root: self.root.to_string(),
            signed_at: self.signed_at,
            key_id: self.key_id.clone(),
            signature: self.signature.clone(),
        }
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
