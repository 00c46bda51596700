//! A cryptographic module behind PKCS#11 (密码机、智能密码钥匙): keys that live in a token and are used through handles.
//!
//! Invariants: a key made here is sensitive and not extractable, so no function gives it out; what a token wraps has the
//! same shape as what software wraps.
//! Deliberately absent: SM2, SM3 and SM4, for which PKCS#11 has no mechanism that vendors share; certified Chinese
//! modules are reached by SDF (GM/T 0018) or by a vendor's own mechanism numbers, and neither is here.
//! Start reading at [`Module`].

mod token;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use brain_crypto::{
    AeadAlgorithm, CryptoProvider, DataKey, Error, KeyWrapper, Profile, PublicKey, Result,
    SignatureAlgorithm, Signer,
};
use cryptoki::object::ObjectHandle;
use zeroize::Zeroizing;

use token::Token;

/// Length of a nonce, bytes (NIST SP 800-38D §8.2.2).
const NONCE_BYTES: usize = 12;
/// Length of a tag, bytes.
const TAG_BYTES: usize = 16;

/// A token of a module, signed in to.
#[derive(Debug, Clone)]
pub struct Module {
    token: Arc<Mutex<Token>>,
}

impl Module {
    /// Load the vendor's library and sign in to the token with this label.
    pub fn open(library: &Path, label: &str, pin: &Zeroizing<String>) -> Result<Self> {
        Ok(Self { token: Arc::new(Mutex::new(Token::open(library, label, pin)?)) })
    }

    fn with<R>(&self, act: impl FnOnce(&Token) -> Result<R>) -> Result<R> {
        // A session has no state between calls, so one that was left by a panic is good.
        act(&self.token.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl CryptoProvider for Module {
    fn name(&self) -> &'static str {
        "pkcs11"
    }

    fn profile(&self) -> Profile {
        Profile::International
    }

    fn signer(&self, name: &str) -> Result<Arc<dyn Signer>> {
        let (private, point) = self.with(|token| token.ed25519(name))?;
        let public = PublicKey::new(SignatureAlgorithm::Ed25519, &point)?;
        Ok(Arc::new(TokenSigner { module: self.clone(), private, public }))
    }

    fn wrapper(&self, name: &str) -> Result<Arc<dyn KeyWrapper>> {
        let (key, id) = self.with(|token| token.aes256(name))?;
        Ok(Arc::new(TokenWrapper { module: self.clone(), key, id }))
    }

    fn random(&self, bytes: &mut [u8]) -> Result<()> {
        self.with(|token| token.random(bytes))
    }
}

#[derive(Debug)]
struct TokenSigner {
    module: Module,
    private: ObjectHandle,
    public: PublicKey,
}

impl Signer for TokenSigner {
    fn public(&self) -> &PublicKey {
        &self.public
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        self.module.with(|token| token.sign(self.private, message))
    }
}

/// AES-256-GCM in the token.
#[derive(Debug)]
struct TokenWrapper {
    module: Module,
    key: ObjectHandle,
    id: String,
}

impl KeyWrapper for TokenWrapper {
    fn id(&self) -> &str {
        &self.id
    }

    fn wrap(&self, key: &DataKey, purpose: &[u8]) -> Result<Vec<u8>> {
        key.wrap_with(|bytes| {
            self.module.with(|token| {
                let mut nonce = [0; NONCE_BYTES];
                token.random(&mut nonce)?;
                let sealed = token.encrypt(self.key, &mut nonce.clone(), purpose, bytes)?;
                Ok([nonce.as_slice(), sealed.as_slice()].concat())
            })
        })
    }

    fn unwrap(&self, algorithm: AeadAlgorithm, wrapped: &[u8], purpose: &[u8]) -> Result<DataKey> {
        let (nonce, sealed) = wrapped.split_first_chunk::<NONCE_BYTES>().ok_or(Error::NotAuthentic)?;
        if sealed.len() < TAG_BYTES {
            return Err(Error::NotAuthentic);
        }
        let opened =
            self.module.with(|token| token.decrypt(self.key, &mut nonce.clone(), purpose, sealed))?;
        DataKey::new(algorithm, opened)
    }
}
