//! Documents a node signs with the keys it is registered with: what it delivered, what it received. Kept as they came,
//! so that anybody who has the keys can check them without either node (离线核验).

use brain_crypto::{PublicKey, SignatureAlgorithm};
use brain_kernel::hexadecimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Status;
use super::statement::{StatementSignature, spelled};
use super::verify::NodePublicKeys;
use crate::{Error, Result};

/// A document with the signatures of the node that made it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SignedDocument {
    /// Names the shape, and stands before the signed bytes: a receipt is never taken for a statement.
    pub format: String,
    /// What is said; a field that a version does not know is signed over all the same.
    pub document: Value,
    /// One for each algorithm.
    pub signatures: Vec<StatementSignature>,
}

impl SignedDocument {
    /// Whether a node with these keys signed it: every key that is registered must have.
    #[must_use]
    pub fn is_signed_by(&self, keys: &NodePublicKeys) -> bool {
        let Ok(bytes) = spelled(&self.format, &self.document) else { return false };
        is_signed(&bytes, &self.signatures, SignatureAlgorithm::Ed25519, &keys.ed25519)
            && keys
                .sm2
                .as_ref()
                .is_none_or(|sm2| is_signed(&bytes, &self.signatures, SignatureAlgorithm::Sm2Sm3, sm2))
    }
}

/// Whether the signatures over `bytes` hold a good one of the key that is registered.
pub(super) fn is_signed(
    bytes: &[u8],
    signatures: &[StatementSignature],
    algorithm: SignatureAlgorithm,
    registered: &str,
) -> bool {
    let key = hexadecimal::decode(registered).and_then(|key| PublicKey::new(algorithm, &key).ok());
    let offered = signatures
        .iter()
        .find(|one| one.algorithm == algorithm.name() && one.public_key.eq_ignore_ascii_case(registered));
    let signature = offered.and_then(|one| hexadecimal::decode(&one.signature));
    key.zip(signature).is_some_and(|(key, signature)| key.verify(bytes, &signature))
}

impl Status {
    /// Sign a document of this format as this node.
    pub fn sign_document(&self, format: &str, document: &impl Serialize) -> Result<SignedDocument> {
        let document =
            serde_json::to_value(document).map_err(|cause| Error::Cryptography(cause.to_string()))?;
        let signatures = self.0.keys.signatures(&spelled(format, &document)?)?;
        Ok(SignedDocument { format: format.to_owned(), document, signatures })
    }
}
