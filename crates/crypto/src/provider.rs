//! The one door: what a cryptographic module must do, software or hardware.

use std::fmt::Debug;
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::{
    AeadAlgorithm, DataKey, Digest, DigestAlgorithm, Error, Hasher, Profile, PublicKey, Result, hmac,
};

/// A cryptographic module (密码模块) in one profile.
///
/// Keys with a name live in the module and are used through handles; none gives a private or wrapping key out. What
/// does not involve such a key (digests, sealing with a data key, checking a signature) has one software definition,
/// which a module with its own engine may replace.
pub trait CryptoProvider: Send + Sync + Debug {
    /// Name of the module, for status documents: `software`, `pkcs11`.
    fn name(&self) -> &'static str;

    /// Family of algorithms it writes with.
    fn profile(&self) -> Profile;

    /// The signing key of this name, made on first use.
    fn signer(&self, name: &str) -> Result<Arc<dyn Signer>>;

    /// The key-encryption key of this name, made on first use.
    fn wrapper(&self, name: &str) -> Result<Arc<dyn KeyWrapper>>;

    /// Fill `bytes` from the module's random source.
    fn random(&self, bytes: &mut [u8]) -> Result<()> {
        random(bytes)
    }

    /// Begin a digest.
    fn hasher(&self) -> Hasher {
        Hasher::new(self.profile().digest())
    }

    /// Digest of `data`.
    fn digest(&self, data: &[u8]) -> Digest {
        self.profile().digest().digest(data)
    }

    /// Keyed digest of the pieces of a message.
    fn hmac(&self, key: &[u8], message: &[&[u8]]) -> Digest {
        hmac(self.profile().digest(), key, message)
    }

    /// A fresh data key of the profile's algorithm.
    fn new_data_key(&self) -> Result<DataKey> {
        let algorithm = self.profile().aead();
        let mut bytes = Zeroizing::new(vec![0; algorithm.key_bytes()]);
        self.random(&mut bytes)?;
        DataKey::new(algorithm, bytes)
    }

    /// Seal a value for a place; see [`DataKey::seal`].
    fn seal(&self, key: &DataKey, place: &[u8], plaintext: &[u8]) -> Result<Vec<u8>> {
        key.seal(place, plaintext)
    }

    /// Open a sealed value.
    fn open(&self, key: &DataKey, place: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        key.open(place, sealed)
    }

    /// Check a signature of either family.
    fn verify(&self, public: &PublicKey, message: &[u8], signature: &[u8]) -> bool {
        public.verify(message, signature)
    }

    /// Which digest, sealing and signature it writes, for status documents.
    fn suite(&self) -> (DigestAlgorithm, AeadAlgorithm, crate::SignatureAlgorithm) {
        let profile = self.profile();
        (profile.digest(), profile.aead(), profile.signature())
    }
}

/// A handle to a signing key; the private part stays where it is.
pub trait Signer: Send + Sync + Debug {
    /// The public part.
    fn public(&self) -> &PublicKey;

    /// Signature of 64 bytes over `message`.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>>;
}

/// A handle to a key-encryption key (密钥加密密钥, KEK): it wraps data keys and nothing else.
pub trait KeyWrapper: Send + Sync + Debug {
    /// Says which key it is without saying anything about it.
    fn id(&self) -> &str;

    /// Wrap `key` for the purpose that `purpose` names.
    fn wrap(&self, key: &DataKey, purpose: &[u8]) -> Result<Vec<u8>>;

    /// Unwrap a key of `algorithm` that was wrapped for the same purpose.
    fn unwrap(&self, algorithm: AeadAlgorithm, wrapped: &[u8], purpose: &[u8]) -> Result<DataKey>;
}

/// Fill `bytes` from the operating system's random source.
pub fn random(bytes: &mut [u8]) -> Result<()> {
    getrandom::fill(bytes).map_err(|cause| Error::Module(cause.to_string()))
}
