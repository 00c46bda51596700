//! A data key (数据密钥): seals values and derives the keys of files; it never leaves except wrapped.

use std::fmt;

use aes_gcm::aead::consts::U12;
use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, AesGcm};
use sm4::Sm4;
use zeroize::Zeroizing;

use crate::{AeadAlgorithm, Digest, Error, Result, hmac, random};

/// SM4 in Galois/counter mode; the mode is generic over ciphers of 128-bit blocks.
pub(crate) type Sm4Gcm = AesGcm<Sm4, U12>;

/// Length of a nonce, bytes (NIST SP 800-38D §8.2.2, RFC 8998 §3.1).
const NONCE_BYTES: usize = 12;
/// What sealing adds to a value: nonce and tag.
pub const OVERHEAD_BYTES: usize = NONCE_BYTES + 16;
/// What is derived for a file is derived for nothing else.
const FILE_KEY: &[u8] = b"brain/file-key/v1";
/// Likewise for marks.
const MARK: &[u8] = b"brain/mark/v1";

/// A symmetric key. Its bytes are wiped when it is dropped and never shown.
pub struct DataKey {
    algorithm: AeadAlgorithm,
    bytes: Zeroizing<Vec<u8>>,
    pub(crate) cipher: Cipher,
}

/// The cipher with its key schedule made.
pub(crate) enum Cipher {
    Aes(Box<Aes256Gcm>),
    Sm4(Box<Sm4Gcm>),
}

impl DataKey {
    /// A fresh key from the operating system's random source.
    pub fn generate(algorithm: AeadAlgorithm) -> Result<Self> {
        let mut bytes = Zeroizing::new(vec![0; algorithm.key_bytes()]);
        random(&mut bytes)?;
        Self::new(algorithm, bytes)
    }

    /// A key from bytes that came out of a wrapper or a key file; the length must be the algorithm's.
    pub fn new(algorithm: AeadAlgorithm, bytes: Zeroizing<Vec<u8>>) -> Result<Self> {
        let malformed = || Error::Malformed { what: "data key" };
        let cipher = match algorithm {
            AeadAlgorithm::Aes256Gcm => {
                Cipher::Aes(Box::new(Aes256Gcm::new_from_slice(&bytes).map_err(|_| malformed())?))
            }
            AeadAlgorithm::Sm4Gcm => {
                Cipher::Sm4(Box::new(Sm4Gcm::new_from_slice(&bytes).map_err(|_| malformed())?))
            }
        };
        Ok(Self { algorithm, bytes, cipher })
    }

    /// What it seals with.
    #[must_use]
    pub const fn algorithm(&self) -> AeadAlgorithm {
        self.algorithm
    }

    /// Let a module wrap it: `seal` gets its bytes and gives back what may be kept. For a
    /// [`KeyWrapper`](crate::KeyWrapper) of another crate only.
    pub fn wrap_with(&self, seal: impl FnOnce(&[u8]) -> Result<Vec<u8>>) -> Result<Vec<u8>> {
        seal(&self.bytes)
    }

    /// Its bytes, for a [`KeyWrapper`](crate::KeyWrapper) only.
    pub(crate) fn expose(&self) -> &[u8] {
        &self.bytes
    }

    /// Seal `plaintext` for the place that `place` names: `nonce ‖ ciphertext ‖ tag`.
    ///
    /// Nonces are random, so one key seals at most 2³² values (NIST SP 800-38D §8.3).
    pub fn seal(&self, place: &[u8], plaintext: &[u8]) -> Result<Vec<u8>> {
        let mut nonce = [0; NONCE_BYTES];
        random(&mut nonce)?;
        self.seal_with(&nonce, place, plaintext)
    }

    /// Open what [`seal`](Self::seal) made for the same place.
    pub fn open(&self, place: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        let (nonce, body) = sealed.split_first_chunk::<NONCE_BYTES>().ok_or(Error::NotAuthentic)?;
        let payload = Payload { msg: body, aad: place };
        let nonce = nonce.into();
        let opened = match &self.cipher {
            Cipher::Aes(cipher) => cipher.decrypt(nonce, payload),
            Cipher::Sm4(cipher) => cipher.decrypt(nonce, payload),
        };
        opened.map(Zeroizing::new).map_err(|_| Error::NotAuthentic)
    }

    pub(crate) fn seal_with(
        &self,
        nonce: &[u8; NONCE_BYTES],
        place: &[u8],
        plaintext: &[u8],
    ) -> Result<Vec<u8>> {
        let payload = Payload { msg: plaintext, aad: place };
        let body = match &self.cipher {
            Cipher::Aes(cipher) => cipher.encrypt(nonce.into(), payload),
            Cipher::Sm4(cipher) => cipher.encrypt(nonce.into(), payload),
        };
        let body = body.map_err(|_| Error::Malformed { what: "value longer than the mode allows" })?;
        Ok([nonce.as_slice(), body.as_slice()].concat())
    }

    /// A name for `message` that says nothing about it to those without the key, and is the same each time.
    #[must_use]
    pub fn mark(&self, message: &[u8]) -> Digest {
        hmac(self.algorithm.digest(), &self.bytes, &[MARK, message])
    }

    /// The key of one file, by the file's own salt (NIST SP 800-108r1 §4.1 with HMAC).
    pub(crate) fn for_file(&self, salt: &[u8]) -> Result<Self> {
        let derived = hmac(self.algorithm.digest(), &self.bytes, &[FILE_KEY, salt]);
        let wanted = derived.as_bytes().get(..self.algorithm.key_bytes()).unwrap_or_default();
        Self::new(self.algorithm, Zeroizing::new(wanted.to_vec()))
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DataKey({}, ***)", self.algorithm)
    }
}

#[cfg(test)]
mod tests {
    use super::DataKey;
    use crate::AeadAlgorithm;
    use brain_kernel::hexadecimal::decode;
    use proptest::prelude::*;
    use zeroize::Zeroizing;

    fn vector(algorithm: AeadAlgorithm, key: &str, nonce: &str, aad: &str, plain: &str, sealed: &str) {
        let key = DataKey::new(algorithm, Zeroizing::new(decode(key).unwrap())).unwrap();
        let nonce = decode(nonce).unwrap();
        let (aad, plain) = (decode(aad).unwrap(), decode(plain).unwrap());
        let expected = [nonce.clone(), decode(sealed).unwrap()].concat();
        assert_eq!(key.seal_with(&nonce.try_into().unwrap(), &aad, &plain).unwrap(), expected);
        assert_eq!(*key.open(&aad, &expected).unwrap(), plain);
    }

    /// RFC 8998 appendix A.1, the published SM4-GCM vector.
    #[test]
    fn sm4_gcm_agrees_with_rfc_8998() {
        vector(
            AeadAlgorithm::Sm4Gcm,
            "0123456789abcdeffedcba9876543210",
            "00001234567800000000abcd",
            "feedfacedeadbeeffeedfacedeadbeefabaddad2",
            "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddd\
             eeeeeeeeeeeeeeeeffffffffffffffffeeeeeeeeeeeeeeeeaaaaaaaaaaaaaaaa",
            "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735\
             d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d\
             83de3541e4c2b58177e065a9bf7b62ec",
        );
    }

    /// McGrew and Viega, The Galois/Counter Mode of Operation, appendix B, test cases 13 and 16.
    #[test]
    fn aes_256_gcm_agrees_with_the_vectors_of_its_authors() {
        let zero = "00".repeat(32);
        vector(AeadAlgorithm::Aes256Gcm, &zero, &"00".repeat(12), "", "", "530f8afbc74536b9a963b4f1c4cb738b");
        vector(
            AeadAlgorithm::Aes256Gcm,
            "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
            "cafebabefacedbaddecaf888",
            "feedfacedeadbeeffeedfacedeadbeefabaddad2",
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72\
             1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa\
             8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662\
             76fc6ece0f4e1768cddf8853bb2d551b",
        );
    }

    #[test]
    fn a_key_of_the_wrong_length_is_refused_and_no_key_shows_itself() {
        for (algorithm, bytes) in [(AeadAlgorithm::Aes256Gcm, 16), (AeadAlgorithm::Sm4Gcm, 32)] {
            let error = DataKey::new(algorithm, Zeroizing::new(vec![7; bytes])).unwrap_err();
            assert_eq!(error.code(), "crypto/malformed");
        }
        let key = DataKey::new(AeadAlgorithm::Sm4Gcm, Zeroizing::new(vec![7; 16])).unwrap();
        assert_eq!(format!("{key:?}"), "DataKey(sm4-gcm, ***)");
    }

    proptest! {
        #[test]
        fn what_is_sealed_opens_in_its_place_and_nowhere_else(
            plain in proptest::collection::vec(any::<u8>(), 0..300),
            commercial in any::<bool>(),
            flipped in any::<proptest::sample::Index>(),
            bit in 0_u8..8,
        ) {
            let algorithm = if commercial { AeadAlgorithm::Sm4Gcm } else { AeadAlgorithm::Aes256Gcm };
            let key = DataKey::generate(algorithm).unwrap();
            let mut sealed = key.seal(b"here", &plain).unwrap();
            prop_assert_eq!(&*key.open(b"here", &sealed).unwrap(), &plain);
            prop_assert!(key.open(b"there", &sealed).is_err());
            prop_assert!(DataKey::generate(algorithm).unwrap().open(b"here", &sealed).is_err());
            let at = flipped.index(sealed.len());
            sealed[at] ^= 1 << bit;
            prop_assert!(key.open(b"here", &sealed).is_err());
            sealed.truncate(at);
            prop_assert!(key.open(b"here", &sealed).is_err());
        }
    }
}
