//! Public keys and the check of signatures, for both families whatever this node signs with.

use std::fmt;

use ed25519_dalek::{Signature as Ed25519Signature, VerifyingKey as Ed25519Key};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sm2::dsa::signature::Verifier as _;
use sm2::dsa::{Signature as Sm2Signature, VerifyingKey as Sm2Key};

use crate::{DigestAlgorithm, Error, Result, SignatureAlgorithm};
use brain_kernel::hexadecimal;

/// The user id that signers agree on where none was arranged (GB/T 35276-2017 §10).
pub const SM2_DEFAULT_ID: &str = "1234567812345678";

/// Both algorithms' signatures have this length: `R ‖ S` or `r ‖ s`.
const SIGNATURE_BYTES: usize = 64;

/// A public key, written `algorithm:hexadecimal`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct PublicKey {
    algorithm: SignatureAlgorithm,
    bytes: Vec<u8>,
}

impl PublicKey {
    /// Take a key in: 32 bytes for Ed25519, an uncompressed point of 65 bytes for SM2. It must lie on the curve.
    pub fn new(algorithm: SignatureAlgorithm, bytes: &[u8]) -> Result<Self> {
        let good = match algorithm {
            SignatureAlgorithm::Ed25519 => bytes
                .try_into()
                .ok()
                .and_then(|bytes| Ed25519Key::from_bytes(bytes).ok())
                // A key of small order would vouch for any message.
                .is_some_and(|key| !key.is_weak()),
            SignatureAlgorithm::Sm2Sm3 => {
                bytes.len() == 65 && Sm2Key::from_sec1_bytes(SM2_DEFAULT_ID, bytes).is_ok()
            }
        };
        good.then(|| Self { algorithm, bytes: bytes.to_vec() }).ok_or(Error::Malformed { what: "public key" })
    }

    /// What it checks.
    #[must_use]
    pub const fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// Its bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// First 16 hexadecimal digits of the digest of the key, by its own family's digest.
    #[must_use]
    pub fn id(&self) -> String {
        let digest = match self.algorithm {
            SignatureAlgorithm::Ed25519 => DigestAlgorithm::Sha256,
            SignatureAlgorithm::Sm2Sm3 => DigestAlgorithm::Sm3,
        };
        digest.digest(&self.bytes).to_string().chars().take(16).collect()
    }

    /// Whether `signature` over `message` was made with this key's private part.
    #[must_use]
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        if signature.len() != SIGNATURE_BYTES {
            return false;
        }
        let check = || match self.algorithm {
            SignatureAlgorithm::Ed25519 => {
                let key = Ed25519Key::from_bytes(self.bytes.as_slice().try_into().ok()?).ok()?;
                key.verify_strict(message, &Ed25519Signature::from_slice(signature).ok()?).ok()
            }
            SignatureAlgorithm::Sm2Sm3 => {
                let key = Sm2Key::from_sec1_bytes(SM2_DEFAULT_ID, &self.bytes).ok()?;
                key.verify(message, &Sm2Signature::from_slice(signature).ok()?).ok()
            }
        };
        check().is_some()
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.algorithm, hexadecimal::encode(&self.bytes))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl TryFrom<String> for PublicKey {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl std::str::FromStr for PublicKey {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let malformed = Error::Malformed { what: "public key" };
        let Some((algorithm, digits)) = text.split_once(':') else { return Err(malformed) };
        Self::new(algorithm.parse()?, &hexadecimal::decode(digits).ok_or(malformed)?)
    }
}

impl From<PublicKey> for String {
    fn from(key: PublicKey) -> Self {
        key.to_string()
    }
}
