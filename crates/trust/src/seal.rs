//! Sealing small secrets at rest: AES-256-GCM under a key in the node's key folder.

use std::path::Path;

use brain_crypto::{AeadAlgorithm, DataKey};
use zeroize::Zeroizing;

use crate::{Error, Result, keys};

const KEY_FILE: &str = "second-factor-aes256.key";

/// Seals and opens; every sealed text is bound to what it belongs to, so that rows cannot be swapped.
pub(crate) struct Sealer(DataKey);

impl Sealer {
    /// Read the key in `folder`, or make one there.
    pub(crate) fn open(folder: &Path) -> Result<Self> {
        let seed = keys::seed(folder, KEY_FILE)?;
        let bytes = Zeroizing::new(seed.to_vec());
        DataKey::new(AeadAlgorithm::Aes256Gcm, bytes).map(Self).map_err(failed)
    }

    /// `plain` as hexadecimal text that only [`unseal`](Self::unseal) with the same `owner` opens.
    pub(crate) fn seal(&self, owner: &str, plain: &[u8]) -> Result<String> {
        self.0.seal(owner.as_bytes(), plain).map(|sealed| keys::hex(&sealed)).map_err(failed)
    }

    /// What was sealed for `owner`.
    pub(crate) fn unseal(&self, owner: &str, sealed: &str) -> Result<Zeroizing<Vec<u8>>> {
        let corrupt = || Error::Corrupt { field: "sealed secret" };
        let bytes = brain_crypto::hexadecimal::decode(sealed).ok_or_else(corrupt)?;
        self.0.open(owner.as_bytes(), &bytes).map_err(|_| corrupt())
    }
}

fn failed(cause: brain_crypto::Error) -> Error {
    Error::Cryptography(cause.to_string())
}

#[cfg(test)]
mod tests {
    use super::Sealer;

    #[test]
    fn a_sealed_secret_opens_for_its_owner_only_and_not_when_touched() {
        let folder = tempfile::tempdir().unwrap();
        let keys = folder.path().join("keys");
        let sealer = Sealer::open(&keys).unwrap();
        let sealed = sealer.seal("a", b"secret").unwrap();
        assert_ne!(sealed, sealer.seal("a", b"secret").unwrap(), "a fresh nonce each time");
        assert_eq!(Sealer::open(&keys).unwrap().unseal("a", &sealed).unwrap().as_slice(), b"secret");
        assert!(sealer.unseal("b", &sealed).is_err());
        let last = if sealed.ends_with('0') { "1" } else { "0" };
        let touched = format!("{}{last}", &sealed[..sealed.len() - 1]);
        assert!(sealer.unseal("a", &touched).is_err());
        assert!(sealer.unseal("a", "").is_err());
    }
}
