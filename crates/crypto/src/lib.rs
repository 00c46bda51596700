//! Cryptography behind one door (密码服务): digests, signatures, sealing and keys, international or commercial (国密).
//!
//! Invariants: no primitive is written here, every one comes from a published crate and passes the vectors of its
//! standard; a private or wrapping key is used through a handle and no handle gives it out; what is sealed says by
//! which algorithm and key, so that old data opens after the profile or the key has changed.
//! Deliberately absent: where keys and sealed values are kept (`trust` keeps them), TLS, any network.
//! Start reading at [`CryptoProvider`], then [`Software`].

mod algorithm;
mod data_key;
mod digest;
mod error;
mod key_file;
mod provider;
mod sealed_file;
mod signature;
mod software;

pub use algorithm::{AeadAlgorithm, DigestAlgorithm, Profile, SignatureAlgorithm};
pub use data_key::{DataKey, OVERHEAD_BYTES};
pub use digest::{DIGEST_BYTES, Digest, Hasher, hmac};
pub use error::{Error, Result};
pub use key_file::{refuse_if_shared, replace_private_file};
pub use provider::{CryptoProvider, KeyWrapper, Signer, random};
pub use sealed_file::{
    CHUNK_BYTES, FileCipher, HEADER_BYTES, SealedHeader, SealedReader, SealedWriter, sealed_len,
};
pub use signature::{PublicKey, SM2_DEFAULT_ID};
pub use software::{Software, SoftwareWrapper, new_key_text};
