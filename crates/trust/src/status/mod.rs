//! Trusted status (可信状态): what this node says of itself, signed, and what peers say, checked before data moves.
//!
//! A statement names program, dependencies, configuration, evidence head and health, and answers the nonce of whoever
//! asks. [`Status::verify_peer`] is the one gate: an exchange with another node begins there or not at all.

mod document;
mod keys;
mod known;
mod known_good;
mod measure;
mod mirror;
mod peer;
mod record;
mod refusal;
mod statement;
mod verify;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Weak};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use brain_crypto::Profile;
use brain_store::Store;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, watch};

use crate::{Error, Evidence, PeerClient, Result};
use keys::NodeKeys;

pub use document::SignedDocument;
pub use known::KnownPeer;
pub use known_good::{Good, KnownGood, NewKnownGood};
pub use measure::{Difference, Measurement};
pub use mirror::{MIRROR_AGE_MAX_S, MirrorRecord};
pub use peer::{PeerAddress, PeerStanding};
pub(crate) use record::VERIFIED;
pub use record::{BackupRecord, DrillRecord, VerificationRecord};
pub use refusal::Refusal;
pub use statement::{EvidenceHeadFact, HealthPart, SignedStatement, Statement, StatementSignature};
pub use verify::{NodePublicKeys, Policy, judge};

/// Longest wait for the first measurement of the program.
const MEASURED_IN: Duration = Duration::from_secs(60);

/// What an operator may say about trusted status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct StatusOptions {
    /// Name by which other nodes know this one, as in its node certificate; empty takes the origin of its log.
    pub name: String,
    /// Seconds a peer's statement counts, and how old it may be when it arrives. Default 300.
    pub freshness_seconds: u32,
    /// Whether a peer is refused whose version, program or configuration nobody listed as known good. Default no:
    /// where the list says nothing, nothing is compared.
    pub known_good_required: bool,
}

impl Default for StatusOptions {
    fn default() -> Self {
        Self { name: String::new(), freshness_seconds: 300, known_good_required: false }
    }
}

/// What the program knows about itself from its start on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NodeFacts {
    /// Name shown to people.
    pub title: String,
    /// `center`, `brain` or `edge`.
    pub role: String,
    /// Version of the program.
    pub version: String,
    /// Hours between two scheduled backups; 0 where none is scheduled.
    pub backup_every_hours: u32,
}

/// A cheap-clone handle to the node's status and to what peers say of theirs.
#[derive(Clone)]
pub struct Status(Arc<Inner>);

/// The same without keeping it alive.
#[derive(Clone)]
pub(crate) struct WeakStatus(Weak<Inner>);

struct Inner {
    store: Store,
    evidence: Evidence,
    client: PeerClient,
    keys: NodeKeys,
    profile: Profile,
    options: StatusOptions,
    facts: ArcSwapOption<NodeFacts>,
    measured: watch::Sender<Option<Measurement>>,
    /// Parts whose file differs from what was measured at start.
    changed: watch::Sender<Vec<String>>,
    certificate: ArcSwapOption<String>,
    mirror: ArcSwapOption<MirrorRecord>,
    /// Until when an accepted statement spares the next question, by account of the node.
    accepted: Mutex<BTreeMap<String, DateTime<Utc>>>,
}

impl Status {
    pub(crate) fn open(
        store: Store,
        evidence: Evidence,
        client: PeerClient,
        keys_dir: &Path,
        profile: Profile,
        options: StatusOptions,
    ) -> Result<Self> {
        let status = Self(Arc::new(Inner {
            store,
            evidence: evidence.clone(),
            client,
            keys: NodeKeys::open(keys_dir)?,
            profile,
            options,
            facts: ArcSwapOption::empty(),
            measured: watch::Sender::new(None),
            changed: watch::Sender::new(Vec::new()),
            certificate: ArcSwapOption::empty(),
            mirror: ArcSwapOption::empty(),
            accepted: Mutex::default(),
        }));
        evidence.gate_peers(WeakStatus(Arc::downgrade(&status.0)));
        Ok(status)
    }

    /// Say who this node is; until then it makes no statement.
    pub fn describe(&self, facts: NodeFacts) {
        self.0.facts.store(Some(Arc::new(facts)));
    }

    /// Serial number of the certificate that callers are shown; `None` where TLS ends elsewhere.
    pub fn set_certificate(&self, serial: Option<String>) {
        self.0.certificate.store(serial.map(Arc::new));
    }

    /// Serial number of the certificate that callers are shown.
    #[must_use]
    pub fn certificate(&self) -> Option<String> {
        self.0.certificate.load_full().map(|serial| serial.as_ref().clone())
    }

    /// Name by which other nodes know this one.
    #[must_use]
    pub fn name(&self) -> &str {
        if self.0.options.name.is_empty() { self.0.evidence.origin() } else { &self.0.options.name }
    }

    /// Public keys that its statements are signed with.
    #[must_use]
    pub fn public_keys(&self) -> NodePublicKeys {
        self.0.keys.public()
    }

    /// What this node says of itself now, for whoever sent `nonce`.
    pub async fn statement(&self, nonce: &str, health: Vec<HealthPart>) -> Result<SignedStatement> {
        statement::check_nonce(nonce)?;
        let unmeasured = || {
            Error::invalid(
                "measurement",
                "节点尚未完成程序与配置的度量，请稍后再试。",
                "The node has not measured its program and configuration yet; ask again later.",
            )
        };
        let facts = self.0.facts.load_full().ok_or_else(unmeasured)?;
        let mut measured = self.0.measured.subscribe();
        let waiting = tokio::time::timeout(MEASURED_IN, measured.wait_for(Option::is_some)).await;
        let measurement = waiting
            .ok()
            .and_then(std::result::Result::ok)
            .and_then(|seen| seen.clone())
            .ok_or_else(unmeasured)?;
        let head = self.0.evidence.head().await?;
        let mut health = health;
        health.push(self.integrity());
        let statement = Statement {
            format: statement::FORMAT.to_owned(),
            node: self.name().to_owned(),
            title: facts.title.clone(),
            role: facts.role.clone(),
            version: facts.version.clone(),
            program: measurement.program,
            dependencies: measurement.dependencies,
            configuration: measurement.configuration,
            measured_at: measurement.measured_at,
            profile: self.0.profile.name().to_owned(),
            evidence: EvidenceHeadFact {
                origin: head.origin,
                hash: head.hash.name().to_owned(),
                size: head.size,
                root: head.root.to_string(),
            },
            health,
            certificate: self.certificate(),
            made_at: self.0.store.now(),
            nonce: nonce.to_owned(),
        };
        self.0.keys.sign(&statement)
    }

    /// What this node measured of itself last; `None` before the first time.
    #[must_use]
    pub fn measurement(&self) -> Option<Measurement> {
        self.0.measured.borrow().clone()
    }

    fn integrity(&self) -> HealthPart {
        let changed = self.0.changed.borrow().join(", ");
        HealthPart {
            name: "integrity".to_owned(),
            ok: changed.is_empty(),
            essential: true,
            detail: if changed.is_empty() {
                "unchanged since start".to_owned()
            } else {
                format!("changed: {changed}")
            },
        }
    }
}

impl WeakStatus {
    /// The status, while the node is open.
    pub(crate) fn upgrade(&self) -> Option<Status> {
        self.0.upgrade().map(Status)
    }
}
