//! Digests and keyed digests of both families.

use std::fmt;
use std::io;

use ::hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest as _, Sha256};
use sm3::Sm3;

use crate::DigestAlgorithm;
use brain_kernel::hexadecimal;

/// Both families' digests have this length.
pub const DIGEST_BYTES: usize = 32;

/// A digest of 32 bytes; shown as lower-case hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; DIGEST_BYTES]);

impl Digest {
    /// Take bytes that are a digest.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; DIGEST_BYTES]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; DIGEST_BYTES] {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hexadecimal::encode(&self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A digest in the making; feed it in pieces.
#[derive(Clone)]
pub struct Hasher(Kind);

#[derive(Clone)]
enum Kind {
    Sha256(Sha256),
    Sm3(Sm3),
}

impl Hasher {
    /// Begin.
    #[must_use]
    pub fn new(algorithm: DigestAlgorithm) -> Self {
        Self(match algorithm {
            DigestAlgorithm::Sha256 => Kind::Sha256(Sha256::new()),
            DigestAlgorithm::Sm3 => Kind::Sm3(Sm3::new()),
        })
    }

    /// Feed `data`.
    pub fn update(&mut self, data: impl AsRef<[u8]>) {
        match &mut self.0 {
            Kind::Sha256(hasher) => hasher.update(data),
            Kind::Sm3(hasher) => hasher.update(data),
        }
    }

    /// The digest of everything fed.
    #[must_use]
    pub fn finish(self) -> Digest {
        Digest(match self.0 {
            Kind::Sha256(hasher) => hasher.finalize().into(),
            Kind::Sm3(hasher) => hasher.finalize().into(),
        })
    }
}

impl io::Write for Hasher {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.update(data);
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl DigestAlgorithm {
    /// Digest of `data`.
    #[must_use]
    pub fn digest(self, data: impl AsRef<[u8]>) -> Digest {
        let mut hasher = Hasher::new(self);
        hasher.update(data);
        hasher.finish()
    }
}

/// HMAC (RFC 2104, GB/T 15852.2) of the pieces of a message under `key`.
#[must_use]
pub fn hmac(algorithm: DigestAlgorithm, key: &[u8], message: &[&[u8]]) -> Digest {
    fn run<M: Mac + KeyInit>(key: &[u8], message: &[&[u8]]) -> [u8; DIGEST_BYTES]
    where
        [u8; DIGEST_BYTES]: From<::hmac::digest::Output<M>>,
    {
        // HMAC takes a key of any length, so this never takes the other branch.
        let Ok(mut mac) = <M as KeyInit>::new_from_slice(key) else { return [0; DIGEST_BYTES] };
        for piece in message {
            mac.update(piece);
        }
        mac.finalize().into_bytes().into()
    }
    Digest(match algorithm {
        DigestAlgorithm::Sha256 => run::<Hmac<Sha256>>(key, message),
        DigestAlgorithm::Sm3 => run::<Hmac<Sm3>>(key, message),
    })
}
