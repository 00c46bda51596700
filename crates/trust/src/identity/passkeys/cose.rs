//! Public keys of passkeys: read from COSE (RFC 9052 §7, RFC 9053 §7), kept as text, and checked with by AWS-LC.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, ParsedPublicKey, UnparsedPublicKey, VerificationAlgorithm,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ciborium::Value;

use super::ceremony::Refused;

/// COSE algorithm identifiers offered to browsers, in order of preference: EdDSA, ES256.
pub(super) const ALGORITHMS: [i64; 2] = [-8, -7];

/// A public key that signatures are checked with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PublicKey {
    /// Point on P-256, uncompressed, 65 bytes.
    Es256(Vec<u8>),
    /// Ed25519, 32 bytes.
    EdDsa(Vec<u8>),
}

impl PublicKey {
    /// The key of a COSE map: EC2 on P-256 for ES256, or OKP on Ed25519 for EdDSA. A point off the curve is refused.
    pub(super) fn from_cose(map: &Value) -> Result<Self, Refused> {
        let entries = map.as_map().ok_or(Refused("public key"))?;
        let field = |label: i64| {
            let label = Value::from(label);
            let mut found = entries.iter().filter(|(name, _)| *name == label).map(|(_, value)| value);
            // A label given twice means whatever its reader wants it to mean.
            found.next().filter(|_| found.next().is_none())
        };
        let number = |label| field(label).and_then(Value::as_integer).map(i128::from);
        let bytes = |label| field(label).and_then(Value::as_bytes).filter(|bytes| bytes.len() == 32);
        let key = match (number(1), number(3), number(-1), bytes(-2), bytes(-3)) {
            (Some(2), Some(-7), Some(1), Some(x), Some(y)) => {
                Self::Es256([[4].as_slice(), x.as_slice(), y.as_slice()].concat())
            }
            (Some(1), Some(-8), Some(6), Some(x), _) => Self::EdDsa(x.clone()),
            _ => return Err(Refused("algorithm")),
        };
        let (algorithm, bytes) = key.parts();
        ParsedPublicKey::new(algorithm, bytes).map_err(|_| Refused("point"))?;
        Ok(key)
    }

    /// As stored: algorithm and base64url.
    pub(super) fn to_text(&self) -> String {
        let (name, key) = match self {
            Self::Es256(point) => ("ES256", point),
            Self::EdDsa(key) => ("EdDSA", key),
        };
        format!("{name} {}", URL_SAFE_NO_PAD.encode(key))
    }

    /// From its stored text.
    pub(super) fn from_text(text: &str) -> Option<Self> {
        let (algorithm, key) = text.split_once(' ')?;
        let key = URL_SAFE_NO_PAD.decode(key).ok()?;
        match (algorithm, key.len()) {
            ("ES256", 65) => Some(Self::Es256(key)),
            ("EdDSA", 32) => Some(Self::EdDsa(key)),
            _ => None,
        }
    }

    /// COSE algorithm identifier.
    pub(super) const fn algorithm(&self) -> i64 {
        match self {
            Self::Es256(_) => -7,
            Self::EdDsa(_) => -8,
        }
    }

    /// Whether the signature is this key's on this message.
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let (algorithm, key) = self.parts();
        UnparsedPublicKey::new(algorithm, key).verify(message, signature).is_ok()
    }

    fn parts(&self) -> (&'static dyn VerificationAlgorithm, &[u8]) {
        match self {
            Self::Es256(point) => (&ECDSA_P256_SHA256_ASN1, point),
            Self::EdDsa(key) => (&ED25519, key),
        }
    }
}
