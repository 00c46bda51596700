//! The handle: open once, clone everywhere.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use brain_kernel::clock::Clock;
use brain_kernel::party::Role;
use brain_store::Store;
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;

use crate::seal::Sealer;
use crate::{
    AccountCard, Certificates, CryptoOptions, Evidence, Grants, Identity, Keyring, Options, Result, Secret,
    Vault,
};

/// A cheap-clone handle to identity, grants and evidence of one node.
#[derive(Clone)]
pub struct Trust(Arc<Inner>);

struct Inner {
    identity: Identity,
    grants: Grants,
    evidence: Evidence,
    vault: Vault,
    certificates: Certificates,
    signer: Option<JoinHandle<()>>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Some(signer) = &self.signer {
            signer.abort();
        }
    }
}

/// An administrator made at first start. Show it once; the password is not stored.
#[derive(Debug, Clone)]
pub struct FirstAdministrator {
    /// Which of the three.
    pub role: Role,
    /// Name to sign in with.
    pub username: String,
    /// Password for one use: it must be changed at first sign-in.
    pub password: Secret,
}

impl Trust {
    /// Open with the default [`Options`]; see [`open_with`](Self::open_with). The clock is that of the store.
    pub async fn open(store: Store, keys_dir: &Path, clock: Arc<dyn Clock>) -> Result<Self> {
        Self::open_with(store, keys_dir, clock, Options::default()).await
    }

    /// Open trust over `store`: makes the signing key in `keys_dir` and seeds the role grants where they are missing.
    ///
    /// Must run inside a Tokio runtime: a task signs a head of the evidence log when it has grown, until
    /// [`close`](Self::close) or the last clone is dropped.
    pub async fn open_with(
        store: Store,
        keys_dir: &Path,
        clock: Arc<dyn Clock>,
        options: Options,
    ) -> Result<Self> {
        let keyring = Keyring::open(&CryptoOptions::default(), keys_dir, &|_| None)?;
        Self::open_sealed(store, keys_dir, clock, options, keyring).await
    }

    /// Like [`open_with`](Self::open_with), with the key-encryption keys that the configuration names.
    pub async fn open_sealed(
        store: Store,
        keys_dir: &Path,
        clock: Arc<dyn Clock>,
        options: Options,
        keyring: Keyring,
    ) -> Result<Self> {
        let evidence = Evidence::open(store.clone(), keys_dir).await?;
        let grants = Grants::open(store.clone(), evidence.clone(), clock).await?;
        let vault = Vault::new(store.clone(), evidence.clone(), keyring);
        let certificates = Certificates::new(store.clone(), vault.clone(), evidence.clone());
        let interval = Duration::from_millis(options.head_interval_ms.into());
        let sealer = Sealer::open(keys_dir)?;
        let identity = Identity::new(store, evidence.clone(), sealer, options)?;
        let signer = (!interval.is_zero()).then(|| tokio::spawn(keep_signing(evidence.clone(), interval)));
        Ok(Self(Arc::new(Inner { identity, grants, evidence, vault, certificates, signer })))
    }

    /// Make the separated administrators (系统、安全、审计) of whom there is no account yet; usually there are none.
    pub async fn first_start(&self) -> Result<Vec<FirstAdministrator>> {
        let made = self.0.identity.first_administrators().await?;
        let first = |(card, password): (AccountCard, Secret)| FirstAdministrator {
            role: card.role,
            username: card.username,
            password,
        };
        Ok(made.into_iter().map(first).collect())
    }

    /// Accounts, sessions and keys.
    #[must_use]
    pub fn identity(&self) -> Identity {
        self.0.identity.clone()
    }

    /// Permissions.
    #[must_use]
    pub fn grants(&self) -> Grants {
        self.0.grants.clone()
    }

    /// The evidence log.
    #[must_use]
    pub fn evidence(&self) -> Evidence {
        self.0.evidence.clone()
    }

    /// Keys and secrets.
    #[must_use]
    pub fn vault(&self) -> Vault {
        self.0.vault.clone()
    }

    /// The node's own certificate authority.
    #[must_use]
    pub fn certificates(&self) -> Certificates {
        self.0.certificates.clone()
    }

    /// Sign the last head. Call it at shutdown, after everything that records has stopped.
    pub async fn close(&self) -> Result<()> {
        if let Some(signer) = &self.0.signer {
            signer.abort();
        }
        self.0.evidence.head().await.map(drop)
    }
}

async fn keep_signing(evidence: Evidence, interval: Duration) {
    let mut ticks = tokio::time::interval(interval);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = evidence.sign_if_grown().await {
            tracing::warn!(%error, "could not sign a head of the evidence log; trying again");
        }
    }
}
