//! A registered node as whoever exchanges with it needs to know it.

use brain_kernel::party::Party;

use super::Status;
use super::verify::NodePublicKeys;
use crate::Result;
use crate::identity::party_of;

/// A node that is registered, active, and whose account is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownPeer {
    /// Name it is registered under.
    pub name: String,
    /// Its account: grants are given to it.
    pub party: Party,
    /// Keys it signs with.
    pub keys: NodePublicKeys,
    /// Where it is reached.
    pub base_url: Option<String>,
}

impl Status {
    /// The node of this name; one that is unknown or not active is refused, with evidence.
    pub async fn known_peer(&self, name: &str) -> Result<KnownPeer> {
        let (account, node) = self.registered(name).await?;
        Ok(KnownPeer {
            party: party_of(&account)?,
            name: account.username,
            keys: NodePublicKeys { ed25519: node.public_key, sm2: node.sm2_public_key },
            base_url: node.base_url,
        })
    }
}
