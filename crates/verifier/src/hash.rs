//! The two digests a log may be built with, and what they give.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use sm3::Sm3;

/// Digest of a log; chosen when the log is made and never changed, never mixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum HashAlgorithm {
    /// SHA-256 (FIPS 180-4), as RFC 9162 and C2SP tlog-tiles use it.
    #[default]
    Sha256,
    /// SM3 (GB/T 32905-2016), for sites that use commercial cryptography.
    Sm3,
}

impl HashAlgorithm {
    /// Its name in files and documents.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sm3 => "sm3",
        }
    }

    /// The algorithm of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Sha256, Self::Sm3].into_iter().find(|algorithm| algorithm.name() == name)
    }

    /// Digest of the parts as if they were one.
    #[must_use]
    pub fn digest(self, parts: &[&[u8]]) -> Hash {
        match self {
            Self::Sha256 => {
                let mut state = Sha256::new();
                for part in parts {
                    state.update(part);
                }
                Hash(state.finalize().into())
            }
            Self::Sm3 => {
                let mut state = Sm3::new();
                for part in parts {
                    state.update(part);
                }
                Hash(state.finalize().into())
            }
        }
    }
}

/// A digest of 32 bytes; hexadecimal in JSON.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hash([u8; 32]);

impl Hash {
    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// A hash from exactly 32 bytes.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

impl From<[u8; 32]> for Hash {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl From<Hash> for String {
    fn from(hash: Hash) -> Self {
        hex(&hash.0)
    }
}

impl TryFrom<String> for Hash {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        unhex(&text).and_then(|bytes| Self::from_slice(&bytes)).ok_or("a hash is 64 hexadecimal digits")
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Hash {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Hash".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^[0-9a-f]{64}$", "description": "SHA-256 or SM3" })
    }
}

/// Lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing into a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Bytes from hexadecimal of either case; `None` when it is none.
#[must_use]
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let digits = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    text.as_bytes().chunks_exact(2).map(digits).collect()
}

#[cfg(test)]
mod tests {
    use super::{Hash, HashAlgorithm, hex, unhex};

    #[test]
    fn both_digests_give_their_published_values() {
        // FIPS 180-4 and GB/T 32905-2016 annex A.1 for "abc".
        let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let sm3 = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0";
        assert_eq!(HashAlgorithm::Sha256.digest(&[b"a", b"bc"]).to_string(), sha256);
        assert_eq!(HashAlgorithm::Sm3.digest(&[b"ab", b"c"]).to_string(), sm3);
    }

    #[test]
    fn hexadecimal_goes_both_ways_and_refuses_anything_else() {
        assert_eq!(unhex(&hex(&[0, 171, 255])), Some(vec![0, 171, 255]));
        assert_eq!(unhex("00abf"), None);
        assert_eq!(unhex("+1"), None);
        assert!(Hash::try_from("00".repeat(31)).is_err());
        assert_eq!(HashAlgorithm::parse("sm3"), Some(HashAlgorithm::Sm3));
        assert_eq!(HashAlgorithm::parse("md5"), None);
    }
}
