//! Cryptographic erasure (密码学删除): destroy the key, and with it everything it sealed.

use brain_store::data_key;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Vault;
use crate::evidence::InclusionProof;
use crate::{Error, EvidenceEntry, Result};

/// Longest reason, characters.
const REASON_CHARS_MAX: usize = 500;

/// What proves that data is gone: which keys were destroyed, why, and the evidence entry that says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ErasureCertificate {
    /// What the keys sealed, for example `dataset:raw.registry`.
    pub purpose: String,
    /// Ids of the destroyed keys.
    pub keys: Vec<String>,
    /// Why.
    pub reason: String,
    /// Who asked for it.
    pub actor: String,
    /// When.
    pub destroyed_at: DateTime<Utc>,
    /// Proof that the entry is in the evidence log; the head in it is signed by the node.
    pub proof: InclusionProof,
}

impl Vault {
    /// Destroy every key of a purpose, in one transaction with its evidence. Nothing they sealed opens afterwards,
    /// here or in any copy; what is kept of the keys in backups goes with the next backup.
    pub async fn erase(&self, actor: &str, purpose: &str, reason: &str) -> Result<ErasureCertificate> {
        let length = reason.trim().chars().count();
        if length == 0 || length > REASON_CHARS_MAX {
            return Err(Error::invalid(
                "reason",
                format!("请写明删除依据，不超过 {REASON_CHARS_MAX} 字。"),
                format!("Say why in at most {REASON_CHARS_MAX} characters."),
            ));
        }
        let destroyed_at = self.0.store.now();
        let transaction = self.0.store.transaction().await?;
        let living = data_key::of_purpose(&transaction, purpose).await?;
        let keys: Vec<String> =
            living.into_iter().filter(|row| row.destroyed_at.is_none()).map(|row| row.id).collect();
        if keys.is_empty() {
            return Err(Error::not_found("data key of", purpose));
        }
        for id in &keys {
            data_key::destroy(&transaction, id, destroyed_at).await?;
            self.open_keys().remove(id);
        }
        let entry = EvidenceEntry {
            kind: "data.erase".to_owned(),
            actor: actor.to_owned(),
            subject: purpose.to_owned(),
            body: serde_json::json!({ "keys": keys, "reason": reason.trim() }),
        };
        let seq = self.0.evidence.record_in(&transaction, entry).await?;
        transaction.commit().await?;
        // A reader may have opened a key between its destruction and the commit.
        for id in &keys {
            self.open_keys().remove(id);
        }
        self.0.store.scrub().await?;
        let proof = self.0.evidence.prove(seq).await?;
        let (purpose, reason, actor) = (purpose.to_owned(), reason.trim().to_owned(), actor.to_owned());
        Ok(ErasureCertificate { purpose, keys, reason, actor, destroyed_at, proof })
    }
}
