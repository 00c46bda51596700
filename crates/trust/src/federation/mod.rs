//! Federated sign-in (联合登录) by OpenID Connect, both ways: outside providers vouch for people here, and this node
//! vouches for its people at other nodes.
//!
//! Invariants: nobody gets more than the operator said a provider may give; a code, a state and a refresh token work
//! once; every sign-in either way leaves evidence.
//! Start reading at [`Federation`]; then `sign_in.rs` for the one way and `authorize.rs` for the other.

mod authorize;
mod claims;
mod client_proof;
mod clients;
mod consents;
mod fetch;
mod id_token;
mod keys;
mod links;
mod mapping;
mod options;
mod pending;
mod provider;
mod sign_in;
mod tokens;

use std::sync::Arc;

use arc_swap::ArcSwap;
use brain_egress::Egress;
use brain_kernel::language::Text;
use brain_store::{Store, oidc_token};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::vault::Environment;
use crate::{Error, Evidence, EvidenceEntry, Identity, Result, Vault};
use client_proof::SpentAssertions;
use fetch::Outgoing;
use pending::Pending;
use provider::Provider;

pub use authorize::{AuthorizationRequest, Considered, Told, Way};
pub use claims::Claims;
pub use client_proof::ClientProof;
pub use clients::{ClientCard, ClientState, NewClient, RegisteredClient};
pub use consents::ConsentCard;
pub use keys::{ProviderMetadata, SigningKeys};
pub use links::LinkCard;
pub use options::ProviderOptions;
pub use sign_in::{Arrival, Departure, RETURN_PATH, Return};
pub use tokens::{OauthFault, TokenGrant, TokenRequest, Tokens};

/// A cheap-clone handle to sign-ins from and to other nodes.
#[derive(Clone)]
pub struct Federation(Arc<Inner>);

struct Inner {
    store: Store,
    evidence: Evidence,
    vault: Vault,
    identity: Identity,
    outgoing: Outgoing,
    providers: ArcSwap<Vec<Arc<Provider>>>,
    pending: Pending,
    spent: SpentAssertions,
}

/// A provider as the sign-in page shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProviderCard {
    /// Short name.
    pub id: String,
    /// Words on its button.
    pub title: Text,
}

impl Federation {
    pub(crate) fn new(
        store: Store,
        evidence: Evidence,
        vault: Vault,
        identity: Identity,
        egress: Egress,
    ) -> Self {
        Self(Arc::new(Inner {
            store,
            evidence,
            vault,
            identity,
            outgoing: Outgoing::new(egress),
            providers: ArcSwap::default(),
            pending: Pending::default(),
            spent: SpentAssertions::default(),
        }))
    }

    /// Take the providers of the configuration into use; `environment` reads the variables that it names.
    pub fn configure(&self, providers: Vec<ProviderOptions>, environment: Environment<'_>) -> Result<()> {
        options::check_all(&providers)?;
        let mut made = Vec::with_capacity(providers.len());
        for options in providers {
            self.0.outgoing.permit(&options.issuer)?;
            let secret = options.named_secret(environment)?;
            made.push(Arc::new(Provider::new(options, secret, self.0.outgoing.clone())?));
        }
        self.0.providers.store(Arc::new(made));
        Ok(())
    }

    /// The outside providers, in the order of the configuration.
    #[must_use]
    pub fn providers(&self) -> Vec<ProviderCard> {
        let card = |provider: &Arc<Provider>| ProviderCard {
            id: provider.options.id.clone(),
            title: provider.options.title.clone(),
        };
        self.0.providers.load().iter().map(card).collect()
    }

    /// Seal this node's client secret at a provider. Whoever may open the data folder may do this.
    pub async fn set_client_secret(&self, actor: &str, provider: &str, secret: &crate::Secret) -> Result<()> {
        let known = self.provider(provider)?;
        let text = secret.expose().trim();
        if text.is_empty() || text.len() > 1_000 {
            return Err(Error::invalid(
                "secret",
                "客户端密钥须为 1 至 1000 字节。",
                "A client secret has 1 to 1000 bytes.",
            ));
        }
        self.0.vault.seal(actor, &options::secret_name(&known.options.id), text.as_bytes()).await
    }

    /// Forget codes and tokens that have ended and keys that nobody needs any more; how many there were.
    pub async fn sweep(&self) -> Result<u64> {
        let transaction = self.0.store.transaction().await?;
        let ended = oidc_token::delete_ended(&transaction, self.0.store.now()).await?;
        let keys = self.forget_old_keys(&transaction).await?;
        transaction.commit().await?;
        Ok(ended + keys)
    }

    fn provider(&self, id: &str) -> Result<Arc<Provider>> {
        let found = self.0.providers.load().iter().find(|one| one.options.id == id).cloned();
        found.ok_or_else(|| Error::not_found("provider", id))
    }
}

fn entry(kind: &str, actor: &str, subject: &str, body: serde_json::Value) -> EvidenceEntry {
    EvidenceEntry { kind: kind.to_owned(), actor: actor.to_owned(), subject: subject.to_owned(), body }
}
