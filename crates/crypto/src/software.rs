//! The built-in module: keys in files of one folder, algorithms in software.
//!
//! In the commercial profile it computes what the standards say and is not a certified product (商用密码产品): it does
//! for functions and tests, not for an assessment by GB/T 39786 (密评).

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ed25519_dalek::Signer as _;
use sm2::elliptic_curve::sec1::ToSec1Point as _;
use zeroize::Zeroizing;

use brain_kernel::hexadecimal;

use crate::key_file::{self, KeyFile};
use crate::{
    AeadAlgorithm, CryptoProvider, DataKey, Error, KeyWrapper, Profile, PublicKey, Result, SM2_DEFAULT_ID,
    SignatureAlgorithm, Signer, hmac, random,
};

/// Keys in `<folder>/<name>-<algorithm>.key`, each a line of hexadecimal and a line that checks it, which its owner alone can
/// read.
#[derive(Debug, Clone)]
pub struct Software {
    profile: Profile,
    folder: PathBuf,
}

impl Software {
    /// The module over `folder`; nothing is read or made before a key is asked for.
    #[must_use]
    pub fn new(profile: Profile, folder: &Path) -> Self {
        Self { profile, folder: folder.to_owned() }
    }
}

impl CryptoProvider for Software {
    fn name(&self) -> &'static str {
        "software"
    }

    fn profile(&self) -> Profile {
        self.profile
    }

    fn signer(&self, name: &str) -> Result<Arc<dyn Signer>> {
        let algorithm = self.profile.signature();
        let file = KeyFile::new(&self.folder, name, algorithm.name())?;
        Ok(match algorithm {
            SignatureAlgorithm::Ed25519 => {
                let seed = file.open_or_create(32, |_| true)?;
                Arc::new(Ed25519Signer::new(&seed).ok_or_else(|| file.malformed())?)
            }
            SignatureAlgorithm::Sm2Sm3 => {
                let scalar = file.open_or_create(32, |bytes| Sm2Signer::new(bytes).is_some())?;
                Arc::new(Sm2Signer::new(&scalar).ok_or_else(|| file.malformed())?)
            }
        })
    }

    fn wrapper(&self, name: &str) -> Result<Arc<dyn KeyWrapper>> {
        let algorithm = self.profile.aead();
        let file = KeyFile::new(&self.folder, name, algorithm.name())?;
        let bytes = file.open_or_create(algorithm.key_bytes(), |_| true)?;
        Ok(Arc::new(SoftwareWrapper::new(DataKey::new(algorithm, bytes)?)))
    }
}

struct Ed25519Signer {
    // The crate wipes it when dropped.
    key: ed25519_dalek::SigningKey,
    public: PublicKey,
}

impl Ed25519Signer {
    fn new(seed: &[u8]) -> Option<Self> {
        let seed = Zeroizing::new(<[u8; 32]>::try_from(seed).ok()?);
        let key = ed25519_dalek::SigningKey::from_bytes(&seed);
        let public = PublicKey::new(SignatureAlgorithm::Ed25519, key.verifying_key().as_bytes()).ok()?;
        Some(Self { key, public })
    }
}

impl Signer for Ed25519Signer {
    fn public(&self) -> &PublicKey {
        &self.public
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        Ok(self.key.sign(message).to_bytes().to_vec())
    }
}

struct Sm2Signer {
    key: sm2::dsa::SigningKey,
    public: PublicKey,
}

impl Sm2Signer {
    /// `None` where the bytes are no key: scalars from 1 to n-2 are (GB/T 32918.1-2016 §6.1). For n-1, which the crate
    /// takes for a key, 1+d has no inverse; the pair must sign and verify once, as GM/T 0028 asks of a module too.
    fn new(scalar: &[u8]) -> Option<Self> {
        let key = sm2::dsa::SigningKey::from_slice(SM2_DEFAULT_ID, scalar).ok()?;
        let point = key.verifying_key().as_affine().to_sec1_point(false);
        let public = PublicKey::new(SignatureAlgorithm::Sm2Sm3, point.as_bytes()).ok()?;
        let pair = Self { key, public };
        let probe = pair.sign(b"brain/pair-check/v1").ok()?;
        pair.public.verify(b"brain/pair-check/v1", &probe).then_some(pair)
    }
}

impl Signer for Sm2Signer {
    fn public(&self) -> &PublicKey {
        &self.public
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        let signature: sm2::dsa::Signature =
            self.key.try_sign(message).map_err(|cause| Error::Module(cause.to_string()))?;
        Ok(signature.to_bytes().to_vec())
    }
}

macro_rules! shows_public_only {
    ($($type:ty),*) => {$(
        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "Signer({:?})", self.public)
            }
        }
    )*};
}

shows_public_only!(Ed25519Signer, Sm2Signer);

/// A key-encryption key in memory, from a file, an environment variable or another keeper of bytes.
pub struct SoftwareWrapper {
    key: DataKey,
    id: String,
}

impl SoftwareWrapper {
    /// Take a key in.
    #[must_use]
    pub fn new(key: DataKey) -> Self {
        let id = hmac(key.algorithm().digest(), key.expose(), &[b"brain/kek-id/v1"]);
        Self { id: id.to_string().chars().take(16).collect(), key }
    }

    /// A key written in hexadecimal, or the text of a key file: 64 digits are AES-256, 32 are SM4.
    pub fn from_hexadecimal(text: &str) -> Result<Self> {
        let bytes = key_file::parse(text).ok_or(Error::Malformed { what: "key-encryption key" })?;
        let algorithm = match bytes.len() {
            32 => AeadAlgorithm::Aes256Gcm,
            16 => AeadAlgorithm::Sm4Gcm,
            _ => return Err(Error::Malformed { what: "key-encryption key" }),
        };
        Ok(Self::new(DataKey::new(algorithm, bytes)?))
    }

    /// A key from a file that its owner alone can read; made there, for `algorithm`, when it is missing.
    pub fn from_file(path: &Path, algorithm: AeadAlgorithm) -> Result<Self> {
        let file = KeyFile::at(path.to_owned());
        let bytes = match file.read()? {
            Some(bytes) => bytes,
            None => file.open_or_create(algorithm.key_bytes(), |_| true)?,
        };
        let algorithm = if bytes.len() == 16 { AeadAlgorithm::Sm4Gcm } else { AeadAlgorithm::Aes256Gcm };
        Ok(Self::new(DataKey::new(algorithm, bytes).map_err(|_| file.malformed())?))
    }
}

impl KeyWrapper for SoftwareWrapper {
    fn id(&self) -> &str {
        &self.id
    }

    fn wrap(&self, key: &DataKey, purpose: &[u8]) -> Result<Vec<u8>> {
        self.key.seal(purpose, key.expose())
    }

    fn unwrap(&self, algorithm: AeadAlgorithm, wrapped: &[u8], purpose: &[u8]) -> Result<DataKey> {
        DataKey::new(algorithm, self.key.open(purpose, wrapped)?)
    }
}

impl fmt::Debug for SoftwareWrapper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SoftwareWrapper({}, ***)", self.id)
    }
}

/// A fresh key-encryption key as text for an environment variable or a file.
pub fn new_key_text(algorithm: AeadAlgorithm) -> Result<Zeroizing<String>> {
    let mut bytes = Zeroizing::new(vec![0; algorithm.key_bytes()]);
    random(&mut bytes)?;
    Ok(Zeroizing::new(hexadecimal::encode(&bytes)))
}
