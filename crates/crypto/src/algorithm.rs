//! Which algorithms there are, and which two families of them a deployment chooses between.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Error;

/// Family of algorithms a deployment writes with; it reads both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    /// SHA-256, AES-256-GCM, Ed25519.
    #[default]
    International,
    /// 商用密码: SM3 (GB/T 32905), SM4-GCM (GB/T 32907, RFC 8998), SM2 (GB/T 32918).
    Commercial,
}

/// Digest algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DigestAlgorithm {
    /// SHA-256 (FIPS 180-4).
    #[serde(rename = "sha-256")]
    Sha256,
    /// SM3 (GB/T 32905-2016).
    #[serde(rename = "sm3")]
    Sm3,
}

/// Algorithm that encrypts and authenticates at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AeadAlgorithm {
    /// AES-256-GCM (NIST SP 800-38D).
    #[serde(rename = "aes-256-gcm")]
    Aes256Gcm,
    /// SM4-GCM (GB/T 32907-2016, mode as in RFC 8998).
    #[serde(rename = "sm4-gcm")]
    Sm4Gcm,
}

/// Signature algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SignatureAlgorithm {
    /// Ed25519 (RFC 8032), checked strictly.
    #[serde(rename = "ed25519")]
    Ed25519,
    /// SM2 with SM3 (GB/T 32918.2-2016) and the default user id of GB/T 35276-2017 §10.
    #[serde(rename = "sm2-sm3")]
    Sm2Sm3,
}

impl Profile {
    /// Digest this family writes.
    #[must_use]
    pub const fn digest(self) -> DigestAlgorithm {
        match self {
            Self::International => DigestAlgorithm::Sha256,
            Self::Commercial => DigestAlgorithm::Sm3,
        }
    }

    /// Sealing this family writes.
    #[must_use]
    pub const fn aead(self) -> AeadAlgorithm {
        match self {
            Self::International => AeadAlgorithm::Aes256Gcm,
            Self::Commercial => AeadAlgorithm::Sm4Gcm,
        }
    }

    /// Signature this family writes.
    #[must_use]
    pub const fn signature(self) -> SignatureAlgorithm {
        match self {
            Self::International => SignatureAlgorithm::Ed25519,
            Self::Commercial => SignatureAlgorithm::Sm2Sm3,
        }
    }

    /// Name in configuration and documents.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::International => "international",
            Self::Commercial => "commercial",
        }
    }
}

impl DigestAlgorithm {
    /// Name in documents.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha-256",
            Self::Sm3 => "sm3",
        }
    }
}

impl AeadAlgorithm {
    /// Name in documents and in the store.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Aes256Gcm => "aes-256-gcm",
            Self::Sm4Gcm => "sm4-gcm",
        }
    }

    /// Length of a key, bytes.
    #[must_use]
    pub const fn key_bytes(self) -> usize {
        match self {
            Self::Aes256Gcm => 32,
            Self::Sm4Gcm => 16,
        }
    }

    /// One byte in sealed bytes.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Aes256Gcm => 1,
            Self::Sm4Gcm => 2,
        }
    }

    /// The algorithm a byte in sealed bytes stands for.
    pub(crate) const fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Aes256Gcm),
            2 => Some(Self::Sm4Gcm),
            _ => None,
        }
    }

    /// Digest of the same family; it derives keys and marks.
    #[must_use]
    pub const fn digest(self) -> DigestAlgorithm {
        match self {
            Self::Aes256Gcm => DigestAlgorithm::Sha256,
            Self::Sm4Gcm => DigestAlgorithm::Sm3,
        }
    }
}

impl SignatureAlgorithm {
    /// Name in documents and file names.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ed25519 => "ed25519",
            Self::Sm2Sm3 => "sm2-sm3",
        }
    }
}

macro_rules! by_name {
    ($type:ty, $all:expr) => {
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }

        impl FromStr for $type {
            type Err = Error;

            fn from_str(name: &str) -> Result<Self, Error> {
                $all.into_iter()
                    .find(|known: &Self| known.name() == name)
                    .ok_or_else(|| Error::UnknownAlgorithm(name.chars().take(40).collect()))
            }
        }
    };
}

by_name!(Profile, [Self::International, Self::Commercial]);
by_name!(DigestAlgorithm, [Self::Sha256, Self::Sm3]);
by_name!(AeadAlgorithm, [Self::Aes256Gcm, Self::Sm4Gcm]);
by_name!(SignatureAlgorithm, [Self::Ed25519, Self::Sm2Sm3]);

#[cfg(test)]
mod tests {
    use super::{AeadAlgorithm, DigestAlgorithm, Profile, SignatureAlgorithm};

    #[test]
    fn every_algorithm_has_one_name_in_text_in_json_and_back() {
        for profile in [Profile::International, Profile::Commercial] {
            assert_eq!(profile.name().parse::<Profile>().unwrap(), profile);
            let (digest, aead, signature) = (profile.digest(), profile.aead(), profile.signature());
            assert_eq!(serde_json::to_value(digest).unwrap(), digest.name());
            assert_eq!(serde_json::to_value(aead).unwrap(), aead.name());
            assert_eq!(serde_json::to_value(signature).unwrap(), signature.name());
            assert_eq!(digest.name().parse::<DigestAlgorithm>().unwrap(), digest);
            assert_eq!(aead.name().parse::<AeadAlgorithm>().unwrap(), aead);
            assert_eq!(signature.name().parse::<SignatureAlgorithm>().unwrap(), signature);
            assert_eq!(AeadAlgorithm::from_code(aead.code()), Some(aead));
        }
        assert_eq!("md5".parse::<DigestAlgorithm>().unwrap_err().code(), "crypto/unknown-algorithm");
    }
}
