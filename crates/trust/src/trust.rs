//! The handle: open once, clone everywhere.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use brain_egress::Egress;
use brain_kernel::clock::Clock;
use brain_kernel::party::Role;
use brain_store::Store;
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;

use crate::{
    AccountCard, Certificates, CryptoOptions, Error, Evidence, EvidenceOptions, Grants, Identity, Keyring,
    Options, Policy, Requests, Result, Secret, Vault,
};

/// A cheap-clone handle to identity, grants and evidence of one node.
#[derive(Clone)]
pub struct Trust(Arc<Inner>);

struct Inner {
    identity: Identity,
    grants: Grants,
    policy: Policy,
    requests: Requests,
    evidence: Evidence,
    vault: Vault,
    certificates: Certificates,
    tasks: Vec<JoinHandle<()>>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
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
        Self::open_witnessed(store, keys_dir, clock, options, EvidenceOptions::default()).await
    }

    /// Like [`open_with`](Self::open_with), with a say in the evidence log: its digest, its witnesses, and the logs it
    /// is a witness of.
    pub async fn open_witnessed(
        store: Store,
        keys_dir: &Path,
        clock: Arc<dyn Clock>,
        options: Options,
        evidence: EvidenceOptions,
    ) -> Result<Self> {
        let keyring = Keyring::open(&CryptoOptions::default(), keys_dir, &|_| None)?;
        Self::open_configured(store, keys_dir, clock, options, keyring, evidence).await
    }

    /// Like [`open_with`](Self::open_with), with the key-encryption keys that the configuration names.
    pub async fn open_sealed(
        store: Store,
        keys_dir: &Path,
        clock: Arc<dyn Clock>,
        options: Options,
        keyring: Keyring,
    ) -> Result<Self> {
        Self::open_configured(store, keys_dir, clock, options, keyring, EvidenceOptions::default()).await
    }

    /// Like [`open_with`](Self::open_with), with the keyring and the evidence log that the configuration names. Only the
    /// addresses of its witnesses are called.
    pub async fn open_configured(
        store: Store,
        keys_dir: &Path,
        clock: Arc<dyn Clock>,
        options: Options,
        keyring: Keyring,
        evidence: EvidenceOptions,
    ) -> Result<Self> {
        let egress = Egress::new(&brain_egress::Options::default())
            .map_err(|error| Error::Cryptography(error.to_string()))?;
        Self::open_with_egress(store, keys_dir, clock, options, keyring, evidence, egress).await
    }

    /// Like [`open_configured`](Self::open_configured), calling others through the program's own way out.
    pub async fn open_with_egress(
        store: Store,
        keys_dir: &Path,
        clock: Arc<dyn Clock>,
        options: Options,
        keyring: Keyring,
        evidence: EvidenceOptions,
        egress: Egress,
    ) -> Result<Self> {
        let evidence = Evidence::open(store.clone(), keys_dir, evidence, egress).await?;
        let vault = Vault::new(store.clone(), evidence.clone(), keyring);
        let grants = Grants::open(store.clone(), evidence.clone(), clock.clone()).await?;
        let policy = Policy::open(store.clone(), evidence.clone(), grants.clone(), clock, &vault).await?;
        let requests = Requests::new(store.clone(), evidence.clone(), grants.clone());
        let certificates = Certificates::new(store.clone(), vault.clone(), evidence.clone());
        let head_interval_ms = options.head_interval_ms;
        let identity = Identity::new(store, evidence.clone(), vault.clone(), options)?;
        let mut tasks = Vec::new();
        if head_interval_ms > 0 {
            let interval = Duration::from_millis(head_interval_ms.into());
            tasks.push(tokio::spawn(keep_signing(evidence.clone(), interval)));
            tasks.push(tokio::spawn(keep_sweeping(policy.clone(), requests.clone())));
            if evidence.has_peers() {
                tasks.push(tokio::spawn(keep_asking(evidence.clone(), interval)));
            }
        }
        let inner = Inner { identity, grants, policy, requests, evidence, vault, certificates, tasks };
        Ok(Self(Arc::new(inner)))
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

    /// Decisions: labels, grants and attribute policies together.
    #[must_use]
    pub fn policy(&self) -> Policy {
        self.0.policy.clone()
    }

    /// Requests for access.
    #[must_use]
    pub fn requests(&self) -> Requests {
        self.0.requests.clone()
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
        for task in &self.0.tasks {
            task.abort();
        }
        self.0.policy.flush_usage().await?;
        self.0.evidence.head().await.map(drop)
    }
}

async fn keep_signing(evidence: Evidence, interval: Duration) {
    let mut ticks = tokio::time::interval(interval);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        // Every tick, or sooner when many entries came.
        tokio::select! { _ = ticks.tick() => {}, () = evidence.busy() => {} }
        if let Err(error) = evidence.sign_if_grown().await {
            tracing::warn!(%error, "could not sign a head of the evidence log; trying again");
        }
    }
}

/// Looks at witnesses' other views of the logs we witness once in this many rounds of asking.
const ROUNDS_PER_COMPARISON: u32 = 60;

/// Ask witnesses after each new head, and compare with sibling witnesses now and then; separate from signing, because
/// another node may be slow.
async fn keep_asking(evidence: Evidence, interval: Duration) {
    let mut ticks = tokio::time::interval(interval);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut round = 0_u32;
    loop {
        ticks.tick().await;
        if let Err(error) = evidence.ask_witnesses().await {
            tracing::warn!(%error, "witnesses could not be asked; trying again");
        }
        if round.is_multiple_of(ROUNDS_PER_COMPARISON)
            && let Err(error) = evidence.compare_with_siblings().await
        {
            tracing::warn!(%error, "views of witnessed logs could not be compared");
        }
        round = round.wrapping_add(1);
    }
}

/// How often overdue requests are closed and counted uses are written.
const SWEEP_INTERVAL: Duration = Duration::from_secs(30);

async fn keep_sweeping(policy: Policy, requests: Requests) {
    let mut ticks = tokio::time::interval(SWEEP_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = requests.close_overdue().await {
            tracing::warn!(%error, "could not close overdue requests; trying again");
        }
        if let Err(error) = policy.flush_usage().await {
            tracing::warn!(%error, "could not write how often grants were used; trying again");
        }
    }
}
