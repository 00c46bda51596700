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
    AccountCard, Alerts, Audit, Certificates, CryptoOptions, Error, Evidence, Federation, Grants, Identity,
    Incidents, Keyring, PeerClient, Policy, Requests, Result, Rulebook, Secret, Settings, Status, Vault,
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
    audit: Audit,
    alerts: Alerts,
    incidents: Incidents,
    vault: Vault,
    certificates: Certificates,
    peers: PeerClient,
    status: Status,
    federation: Federation,
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
    /// Open trust over `store`: makes the signing key in `keys_dir` and seeds the role grants where they are missing.
    /// The clock is that of the store.
    ///
    /// Must run inside a Tokio runtime: a task signs a head of the evidence log when it has grown, until
    /// [`close`](Self::close) or the last clone is dropped.
    pub async fn open(
        store: Store,
        keys_dir: &Path,
        clock: Arc<dyn Clock>,
        settings: impl Into<Settings>,
    ) -> Result<Self> {
        let Settings { options, keyring, evidence, status, egress } = settings.into();
        let keyring = match keyring {
            Some(keyring) => keyring,
            None => Keyring::open(&CryptoOptions::default(), keys_dir, &|_| None)?,
        };
        let egress = match egress {
            Some(egress) => egress,
            None => Egress::new(&brain_egress::Options::default())
                .map_err(|error| Error::Cryptography(error.to_string()))?,
        };
        let peers = PeerClient::new(egress.clone());
        let evidence = Evidence::open(store.clone(), keys_dir, evidence, peers.clone()).await?;
        let profile = keyring.profile();
        let status = Status::open(store.clone(), evidence.clone(), peers.clone(), keys_dir, profile, status)?;
        let vault = Vault::new(store.clone(), evidence.clone(), keyring);
        let grants = Grants::open(store.clone(), evidence.clone(), clock.clone()).await?;
        let policy = Policy::open(store.clone(), evidence.clone(), grants.clone(), clock, &vault).await?;
        let requests = Requests::new(store.clone(), evidence.clone(), grants.clone());
        let certificates = Certificates::new(store.clone(), vault.clone(), evidence.clone());
        let head_interval_ms = options.head_interval_ms;
        let audit = Audit::open(store.clone(), evidence.clone(), options.audit.clone()).await?;
        let own_rules = options.audit.alerts.clone();
        let own_rules =
            own_rules.unwrap_or_else(|| keys_dir.parent().unwrap_or(keys_dir).join("alerts.toml"));
        let rulebook = Arc::new(Rulebook::load(&own_rules)?);
        let incidents = Incidents::new(store.clone(), evidence.clone(), rulebook.clone());
        let alerts = Alerts::open(store.clone(), audit.clone(), incidents.clone(), rulebook).await?;
        let identity = Identity::new(store.clone(), evidence.clone(), vault.clone(), options)?;
        let federation = Federation::new(store, evidence.clone(), vault.clone(), identity.clone(), egress);
        let mut tasks = vec![tokio::spawn(audit.clone().keep_writing())];
        if head_interval_ms > 0 {
            let interval = Duration::from_millis(head_interval_ms.into());
            tasks.push(tokio::spawn(keep_signing(evidence.clone(), interval)));
            tasks.push(tokio::spawn(keep_sweeping(policy.clone(), requests.clone(), audit.clone())));
            tasks.push(tokio::spawn(alerts.clone().keep_watching(interval)));
            if evidence.has_peers() {
                tasks.push(tokio::spawn(keep_asking(evidence.clone(), interval)));
            }
        }
        Ok(Self(Arc::new(Inner {
            identity,
            grants,
            policy,
            requests,
            evidence,
            audit,
            alerts,
            incidents,
            vault,
            certificates,
            peers,
            status,
            federation,
            tasks,
        })))
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

    /// Audit records of every access.
    #[must_use]
    pub fn audit(&self) -> Audit {
        self.0.audit.clone()
    }

    /// Alert rules, counted.
    #[must_use]
    pub fn alerts(&self) -> Alerts {
        self.0.alerts.clone()
    }

    /// Incidents and drills.
    #[must_use]
    pub fn incidents(&self) -> Incidents {
        self.0.incidents.clone()
    }

    /// Keys and secrets.
    #[must_use]
    pub fn vault(&self) -> Vault {
        self.0.vault.clone()
    }

    /// Sign-ins from and to other nodes.
    #[must_use]
    pub fn federation(&self) -> Federation {
        self.0.federation.clone()
    }

    /// The node's own certificate authority.
    #[must_use]
    pub fn certificates(&self) -> Certificates {
        self.0.certificates.clone()
    }

    /// The client that speaks to other nodes; give it the node's certificates.
    #[must_use]
    pub fn peers(&self) -> PeerClient {
        self.0.peers.clone()
    }

    /// What this node says of itself, and peers of themselves.
    #[must_use]
    pub fn status(&self) -> Status {
        self.0.status.clone()
    }

    /// Sign the last head. Call it at shutdown, after everything that records has stopped.
    pub async fn close(&self) -> Result<()> {
        // Before the tasks end: ends of accesses that nobody waited for are on their way.
        let anchored = self.0.audit.anchor().await;
        if let Err(error) = self.0.alerts.advance().await {
            tracing::warn!(%error, "alerts were not counted to the end; the next start goes on");
        }
        for task in &self.0.tasks {
            task.abort();
        }
        self.0.policy.flush_usage().await?;
        anchored?;
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

/// Audit records are let go once in this many sweeps.
const SWEEPS_PER_EXPIRY: u32 = 120;

async fn keep_sweeping(policy: Policy, requests: Requests, audit: Audit) {
    let mut sweep = 0_u32;
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
        if sweep.is_multiple_of(SWEEPS_PER_EXPIRY)
            && let Err(error) = audit.expire().await
        {
            tracing::warn!(%error, "audit records past their time could not be removed; trying again");
        }
        sweep = sweep.wrapping_add(1);
    }
}
