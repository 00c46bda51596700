//! Public keys as note verifiers spell them, and the four kinds of signature a line can carry.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_dalek::{Signature, VerifyingKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use sm2::dsa::signature::Verifier as _;

use crate::hash::hex;

/// Distinguishing identifier of SM2 signatures where no other was agreed (GM/T 0009-2012 §10).
pub const SM2_IDENTIFIER: &str = "1234567812345678";
/// C2SP signed-note leaves `0xff` to types without a number; a longer name follows it.
const SM2_LOG: &[u8] = b"\xffindustry-brain/sm2-sm3";
const SM2_COSIGNATURE: &[u8] = b"\xffindustry-brain/sm2-sm3-cosignature";

/// What a key signs and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeyKind {
    /// Ed25519 over the note text (signed-note type 0x01).
    Ed25519,
    /// SM2 with SM3 over the note text.
    Sm2,
    /// Ed25519 over a time and the note text (tlog-cosignature, type 0x04).
    Ed25519Cosignature,
    /// SM2 with SM3 over a time and the note text, in the form of tlog-cosignature.
    Sm2Cosignature,
}

impl KeyKind {
    const ALL: [Self; 4] = [Self::Ed25519, Self::Sm2, Self::Ed25519Cosignature, Self::Sm2Cosignature];

    /// Signature type identifier that goes into key id and verifier key.
    const fn identifier(self) -> &'static [u8] {
        match self {
            Self::Ed25519 => &[0x01],
            Self::Sm2 => SM2_LOG,
            Self::Ed25519Cosignature => &[0x04],
            Self::Sm2Cosignature => SM2_COSIGNATURE,
        }
    }

    const fn key_bytes(self) -> usize {
        match self {
            Self::Ed25519 | Self::Ed25519Cosignature => 32,
            Self::Sm2 | Self::Sm2Cosignature => 65,
        }
    }

    /// Whether the signature covers a time, as that of a witness does.
    #[must_use]
    pub const fn is_cosignature(self) -> bool {
        matches!(self, Self::Ed25519Cosignature | Self::Sm2Cosignature)
    }

    /// Name for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ed25519 | Self::Ed25519Cosignature => "ed25519",
            Self::Sm2 | Self::Sm2Cosignature => "sm2-sm3",
        }
    }
}

/// A public key with the name it signs under; `name+id+key` as text (C2SP signed-note, verifier keys).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct VerifierKey {
    name: String,
    kind: KeyKind,
    public: Vec<u8>,
}

impl VerifierKey {
    /// A key; `None` when the name or the public key cannot be one.
    #[must_use]
    pub fn new(name: &str, kind: KeyKind, public: &[u8]) -> Option<Self> {
        let named =
            !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c.is_control() || c == '+');
        let fits = named && name.len() <= 256 && public.len() == kind.key_bytes();
        fits.then(|| Self { name: name.to_owned(), kind, public: public.to_vec() })
    }

    /// Read `name+id+key`. The id must be that of the key.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '+');
        let (name, id, key) = (parts.next()?, parts.next()?, parts.next()?);
        let key = BASE64.decode(key).ok()?;
        let found = KeyKind::ALL.into_iter().find_map(|kind| {
            let public = key.strip_prefix(kind.identifier())?;
            Self::new(name, kind, public)
        })?;
        (hex(&found.id()) == id).then_some(found)
    }

    /// Name the key signs under.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it signs and how.
    #[must_use]
    pub const fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The public key: 32 bytes of Ed25519, or an uncompressed SM2 point of 65 bytes.
    #[must_use]
    pub fn public(&self) -> &[u8] {
        &self.public
    }

    /// First four bytes of `SHA-256(name ‖ 0x0A ‖ type ‖ key)`.
    #[must_use]
    pub fn id(&self) -> [u8; 4] {
        let digest = Sha256::new_with_prefix(self.name.as_bytes())
            .chain_update(b"\n")
            .chain_update(self.kind.identifier())
            .chain_update(&self.public)
            .finalize();
        let mut id = [0; 4];
        id.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        id
    }

    /// Whether `signature` (64 bytes) over `message` is this key's.
    #[must_use]
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        match self.kind {
            KeyKind::Ed25519 | KeyKind::Ed25519Cosignature => self.verify_ed25519(message, signature),
            KeyKind::Sm2 | KeyKind::Sm2Cosignature => self.verify_sm2(message, signature),
        }
        .is_some()
    }

    fn verify_ed25519(&self, message: &[u8], signature: &[u8]) -> Option<()> {
        let key = VerifyingKey::from_bytes(self.public.as_slice().try_into().ok()?).ok()?;
        let signature = Signature::from_bytes(signature.try_into().ok()?);
        key.verify_strict(message, &signature).ok()
    }

    fn verify_sm2(&self, message: &[u8], signature: &[u8]) -> Option<()> {
        let key = sm2::dsa::VerifyingKey::from_sec1_bytes(SM2_IDENTIFIER, &self.public).ok()?;
        let signature = sm2::dsa::Signature::from_slice(signature).ok()?;
        key.verify(message, &signature).ok()
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let material = [self.kind.identifier(), &self.public].concat();
        write!(f, "{}+{}+{}", self.name, hex(&self.id()), BASE64.encode(material))
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<VerifierKey> for String {
    fn from(key: VerifierKey) -> Self {
        key.to_string()
    }
}

impl TryFrom<String> for VerifierKey {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("a verifier key has the form name+id+key, the id being that of the key")
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for VerifierKey {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "VerifierKey".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "Public key as C2SP signed-note spells it: name+id+key"
        })
    }
}
