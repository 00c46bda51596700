//! The salt of hashed columns: one per tenant, derived from one secret of the node that lies in the vault.

use brain_kernel::hexadecimal;
use std::fmt;

use brain_crypto::{DigestAlgorithm, hmac};
use brain_kernel::party::Party;
use zeroize::Zeroizing;

use crate::{Result, Vault, keys};

/// Name of the secret in the vault.
const NAME: &str = "pseudonym/root";
const BYTES: usize = 32;

/// The node's secret behind all salts.
pub(super) struct Root {
    algorithm: DigestAlgorithm,
    secret: Zeroizing<Vec<u8>>,
}

/// A tenant's salt. Not printable.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Salt {
    algorithm: DigestAlgorithm,
    bytes: [u8; BYTES],
}

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salt(…)")
    }
}

impl Root {
    /// Take it from the vault, or make it there at first.
    pub(super) async fn open(vault: &Vault) -> Result<Self> {
        let secret = match vault.open(NAME).await? {
            Some(secret) => secret,
            None => {
                let made = Zeroizing::new(keys::random::<BYTES>()?.to_vec());
                vault.seal("system", NAME, &made).await?;
                made
            }
        };
        Ok(Self { algorithm: vault.keyring().profile().digest(), secret })
    }

    /// Accounts of one organisation see the same pseudonyms, so that they can work together; nobody else does.
    pub(super) fn of(&self, party: &Party) -> Salt {
        let (kind, tenant) = match &party.organisation {
            Some(code) => ("organisation", code.as_str()),
            None => ("account", party.account.as_str()),
        };
        let message = [kind.as_bytes(), b"\0", tenant.as_bytes()];
        Salt { algorithm: self.algorithm, bytes: *hmac(self.algorithm, &self.secret, &message).as_bytes() }
    }
}

impl Salt {
    /// The pseudonym of a value: 128 bits, hexadecimal.
    #[must_use]
    pub fn pseudonym(&self, value: &str) -> String {
        let mark = hmac(self.algorithm, &self.bytes, &[value.as_bytes()]);
        hexadecimal::encode(mark.as_bytes().get(..16).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_agree_within_a_salt_and_differ_between_salts() {
        let salt = |byte| Salt { algorithm: DigestAlgorithm::Sha256, bytes: [byte; BYTES] };
        let (a, b) = (salt(1), salt(2));
        assert_eq!(a.pseudonym("91330100799655058B"), a.pseudonym("91330100799655058B"));
        assert_ne!(a.pseudonym("91330100799655058B"), b.pseudonym("91330100799655058B"));
        assert_ne!(a.pseudonym("甲"), a.pseudonym("乙"));
        assert_eq!(a.pseudonym("").len(), 32);
        assert_eq!(format!("{a:?}"), "Salt(…)");
    }
}
