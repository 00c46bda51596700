//! What the interface is given, and the state every request shares.

use crate::component_runs::ComponentRuns;
use crate::error::Error;
use crate::queries::Queries;
use crate::runs::Runs;
use crate::throttle::Throttle;
use brain_component::Registry;
use brain_kernel::clock::Clock;
use brain_kernel::party::Role;
use brain_trust::{Site, Trust};
use brain_warehouse::Warehouse;
use metrics_exporter_prometheus::PrometheusHandle;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Everything the interface serves.
pub struct Services {
    /// Identity, grants, evidence.
    pub trust: Trust,
    /// Data.
    pub warehouse: Warehouse,
    /// Components.
    pub registry: Registry,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Where `/metrics` reads from.
    pub metrics: PrometheusHandle,
    /// Settings.
    pub options: Options,
}

/// Settings and limits of the interface.
#[derive(Debug, Clone)]
pub struct Options {
    /// Name shown in the portal.
    pub node_name: String,
    /// `center`, `brain` or `edge`.
    pub node_role: String,
    /// Version of the program.
    pub version: String,
    /// Address people and other nodes meet this node at; without one there are no passkeys and no federated sign-in.
    pub site: Option<Site>,
    /// Whether cookies are marked Secure; set it when TLS ends in front of the node.
    pub secure_cookies: bool,
    /// Largest upload, bytes.
    pub upload_limit_bytes: u64,
    /// Folder uploads are streamed into; every upload gets a folder of its own, removed after its run.
    pub uploads: PathBuf,
    /// Longest time for an ordinary request, until its response begins.
    pub request_timeout: Duration,
    /// Whether what nodes say to each other is taken from callers with a node certificate only.
    pub peer_certificates_required: bool,
    /// Facts of the configuration for the compliance report.
    pub facts: Vec<brain_compliance::Fact>,
    /// Accounts of a public demonstration, shown on the sign-in page; empty everywhere else.
    pub demo_accounts: Vec<DemoAccount>,
}

/// An account of a public demonstration.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct DemoAccount {
    /// Sign-in name.
    pub username: String,
    /// Password, public by design.
    pub password: String,
    /// What it may be.
    pub role: Role,
    /// Name to show.
    pub display_name: String,
}

/// Requests under `/api` answered at the same time; beyond it callers are told to come back.
const REQUESTS_AT_ONCE_MAX: usize = 256;

/// Shared by all requests; cheap to clone.
#[derive(Clone)]
pub(crate) struct App(pub(crate) Arc<Shared>);

/// See [`App`].
pub(crate) struct Shared {
    pub(crate) trust: Trust,
    pub(crate) warehouse: Warehouse,
    pub(crate) registry: Registry,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) metrics: PrometheusHandle,
    pub(crate) options: Options,
    pub(crate) queries: Queries,
    pub(crate) runs: Runs,
    pub(crate) component_runs: ComponentRuns,
    pub(crate) throttle: Throttle,
    pub(crate) turns: Arc<Semaphore>,
    pub(crate) document: Arc<[u8]>,
}

impl std::ops::Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl App {
    /// The public address, where one is configured.
    pub(crate) fn site(&self) -> Result<&Site, Error> {
        self.options.site.as_ref().ok_or(Error::NoPublicUrl)
    }

    pub(crate) fn new(services: Services, runs: Runs, document: Arc<[u8]>) -> Self {
        let Services { trust, warehouse, registry, clock, metrics, options } = services;
        Self(Arc::new(Shared {
            trust,
            warehouse,
            registry,
            throttle: Throttle::new(clock.clone()),
            clock,
            metrics,
            options,
            queries: Queries::default(),
            component_runs: runs.components().clone(),
            runs,
            turns: Arc::new(Semaphore::new(REQUESTS_AT_ONCE_MAX)),
            document,
        }))
    }
}
