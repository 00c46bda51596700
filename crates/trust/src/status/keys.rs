//! The keys a node speaks for itself with: Ed25519 and SM2, so that either side of a border can check.

use std::path::Path;
use std::sync::Arc;

use brain_crypto::{CryptoProvider as _, Profile, Signer, Software};
use brain_kernel::hexadecimal;

use super::statement::{SignedStatement, Statement, StatementSignature, message};
use super::verify::NodePublicKeys;
use crate::{Error, Result};

/// Name of the keys in the key folder.
const NAME: &str = "node";

pub(super) struct NodeKeys {
    ed25519: Arc<dyn Signer>,
    sm2: Arc<dyn Signer>,
}

impl NodeKeys {
    /// Read the keys in `folder`, or make them there.
    pub(super) fn open(folder: &Path) -> Result<Self> {
        Ok(Self {
            ed25519: Software::new(Profile::International, folder).signer(NAME)?,
            sm2: Software::new(Profile::Commercial, folder).signer(NAME)?,
        })
    }

    pub(super) fn public(&self) -> NodePublicKeys {
        let text = |signer: &Arc<dyn Signer>| hexadecimal::encode(signer.public().as_bytes());
        NodePublicKeys { ed25519: text(&self.ed25519), sm2: Some(text(&self.sm2)) }
    }

    pub(super) fn sign(&self, statement: &Statement) -> Result<SignedStatement> {
        let value =
            serde_json::to_value(statement).map_err(|cause| Error::Cryptography(cause.to_string()))?;
        let signatures = self.signatures(&message(&value)?)?;
        Ok(SignedStatement { statement: value, signatures })
    }

    /// A signature of each key.
    pub(super) fn signatures(&self, message: &[u8]) -> Result<Vec<StatementSignature>> {
        let signatures = [&self.ed25519, &self.sm2].map(|signer| {
            Ok(StatementSignature {
                algorithm: signer.public().algorithm().name().to_owned(),
                public_key: hexadecimal::encode(signer.public().as_bytes()),
                signature: hexadecimal::encode(&signer.sign(message)?),
            })
        });
        signatures.into_iter().collect()
    }
}
