//! The node: folder, store, trust, warehouse, components, HTTP.

use crate::client::Client;
use crate::clock::MovableClock;
use crate::data::{FIRMS_CSV, FIRMS_MAPPING};
use brain_api::{Door, Entrance, Options, Runs, Services};
use brain_component::{Component, Platform, Registry};
use brain_egress::Egress;
use brain_exchange::{Exchange, ExchangeOptions};
use brain_kernel::clock::Clock;
use brain_kernel::party::{Party, Role};
use brain_kernel::progress::{Cancel, Progress};
use brain_kernel::uscc::Uscc;
use brain_store::Store;
use brain_trust::{AccountKind, NewAccount, Site, Trust};
use brain_warehouse::Warehouse;
use brain_warehouse::connect::{Connectors, Surroundings};
use brain_warehouse::ingest::{IngestOptions, IngestReport, IngestRequest};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Password of every account of the testkit.
pub const PASSWORD: &str = "Bright-Bearing-42";
/// Organisation of the account `enterprise`.
pub const ORGANISATION: &str = "91330681716195421C";
/// Organisation of the account `other_enterprise`.
pub const OTHER_ORGANISATION: &str = "91330000142939553E";

/// What a node shall have besides its accounts.
pub struct Setup {
    /// Components.
    pub components: Vec<Arc<dyn Component>>,
    /// Longest time of a request.
    pub request_timeout: Duration,
    /// Largest upload, bytes.
    pub upload_limit_bytes: u64,
    /// Most rows one query may return.
    pub query_rows_max: u64,
    /// Roles that must show a second factor; none, so that tests of other things need no authenticator.
    pub second_factor_required_roles: Vec<Role>,
    /// Accounts shown on the sign-in page.
    pub demo_accounts: Vec<brain_api::DemoAccount>,
    /// Evidence log and witnesses.
    pub evidence: brain_trust::EvidenceOptions,
    /// Trusted status.
    pub status: brain_trust::StatusOptions,
    /// Whether peers must show a node certificate.
    pub peer_certificates_required: bool,
    /// TLS of the listener; plain HTTP without.
    pub tls: Option<Arc<brain_tls::ServerTls>>,
    /// Host name in the node's public address; its port is the one it listens on.
    pub public_host: String,
    /// How much one caller may take; tests of other things may take much.
    pub limits: brain_api::Limits,
    /// Where requests may come from.
    pub network: brain_api::Network,
    /// How uploads are scanned.
    pub scan: brain_api::ScanOptions,
    /// Whether cookies are marked Secure, as behind TLS.
    pub secure_cookies: bool,
    /// A second listener, for administration.
    pub administration: bool,
    /// Exchange with other nodes.
    pub exchange: ExchangeOptions,
    /// A folder that outlives the node; a temporary one without. One that a node had before is that node's.
    pub folder: Option<PathBuf>,
    /// Where it listens; a free port without.
    pub listen: Option<SocketAddr>,
    /// Folder whose key files the node shall have, so that others can know its public keys before it starts.
    pub keys: Option<PathBuf>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            components: Vec::new(),
            request_timeout: Duration::from_mins(1),
            upload_limit_bytes: 1 << 20,
            query_rows_max: 1_000_000,
            second_factor_required_roles: Vec::new(),
            demo_accounts: Vec::new(),
            evidence: brain_trust::EvidenceOptions::default(),
            status: brain_trust::StatusOptions::default(),
            peer_certificates_required: false,
            tls: None,
            public_host: "localhost".to_owned(),
            limits: generous(),
            network: brain_api::Network::default(),
            scan: brain_api::ScanOptions::default(),
            secure_cookies: false,
            administration: false,
            exchange: ExchangeOptions::default(),
            folder: None,
            listen: None,
            keys: None,
        }
    }
}

/// Limits that only a test of limits meets.
#[must_use]
pub fn generous() -> brain_api::Limits {
    brain_api::Limits {
        caller_points_per_s: 1_000_000,
        caller_points_max: 10_000_000,
        address_points_per_s: 1_000_000,
        address_points_max: 10_000_000,
        ..brain_api::Limits::default()
    }
}

/// Where a node lives.
enum Home {
    Temporary(TempDir),
    Kept(PathBuf),
}

impl Home {
    fn path(&self) -> &Path {
        match self {
            Self::Temporary(folder) => folder.path(),
            Self::Kept(path) => path,
        }
    }
}

/// A running node. Dropping it stops the server and removes the folder.
pub struct Node {
    /// Where it listens.
    pub address: SocketAddr,
    /// Address people and other nodes meet it at.
    pub site: Site,
    /// Where administration is listened for, if apart.
    pub administration: Option<SocketAddr>,
    /// Identity, grants, evidence.
    pub trust: Trust,
    /// Operational state.
    pub store: Store,
    /// Data.
    pub warehouse: Warehouse,
    /// Where data is fetched from.
    pub connectors: Connectors,
    /// Exchange with other nodes.
    pub exchange: Exchange,
    /// Components.
    pub registry: Registry,
    /// Time, which tests may put forward.
    pub clock: Arc<MovableClock>,
    /// Background runs.
    pub runs: Runs,
    folder: Home,
    stop: Option<oneshot::Sender<()>>,
    server: JoinHandle<()>,
}

impl Node {
    /// A node without components.
    pub async fn start() -> Self {
        Self::with(Setup::default()).await
    }

    /// A node with these components.
    pub async fn with_components(components: Vec<Arc<dyn Component>>) -> Self {
        Self::with(Setup { components, ..Setup::default() }).await
    }

    /// A node as described.
    pub async fn with(setup: Setup) -> Self {
        let folder = match setup.folder.clone() {
            Some(path) => Home::Kept(path),
            None => Home::Temporary(tempfile::tempdir().expect("a temporary folder")),
        };
        let known = folder.path().join("store/brain.db").exists();
        for part in ["keys", "store", "lake", "mappings", "tmp", "uploads"] {
            let mut builder = std::fs::DirBuilder::new();
            builder.recursive(true);
            #[cfg(unix)]
            std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
            builder.create(folder.path().join(part)).expect("a folder");
        }
        std::fs::write(folder.path().join("mappings/firms.toml"), FIRMS_MAPPING).expect("a mapping");
        let clock = Arc::new(MovableClock::default());
        let shared: Arc<dyn Clock> = clock.clone();
        let url = format!("sqlite:{}", folder.path().join("store/brain.db").display());
        let store = Store::open(&url, shared.clone()).await.expect("a store");
        if let Some(keys) = &setup.keys {
            copy_keys(keys, &folder.path().join("keys"));
        }
        // Other nodes of a test are on this machine, by name too.
        let own_machine = brain_egress::Options {
            networks: vec!["127.0.0.0/8".to_owned(), "::1/128".to_owned()],
            ..brain_egress::Options::default()
        };
        let egress = Egress::new(&own_machine).expect("a way out");
        let trust = open_trust(
            store.clone(),
            folder.path(),
            shared.clone(),
            setup.second_factor_required_roles,
            setup.evidence,
            setup.status,
            egress.clone(),
        )
        .await;
        if !known {
            accounts(&trust).await;
        }
        speak(&trust, shared.now()).await;
        let options = brain_warehouse::Options {
            root: folder.path().to_owned(),
            query_rows_max: setup.query_rows_max,
            ..brain_warehouse::Options::default()
        };
        let warehouse = Warehouse::open(options, store.clone(), trust.clone(), shared.clone())
            .await
            .expect("a warehouse");
        let inbox = folder.path().join("inbox");
        std::fs::create_dir_all(&inbox).expect("a folder");
        let surroundings =
            Surroundings { egress: egress.clone(), clock: shared.clone(), folders: vec![inbox], own: None };
        let connectors = Connectors::open(warehouse.clone(), surroundings).await.expect("connectors");
        let exchange = Exchange::open(
            warehouse.clone(),
            trust.clone(),
            store.clone(),
            shared.clone(),
            folder.path(),
            &setup.exchange,
        );
        let platform = Platform { warehouse: warehouse.clone(), trust: trust.clone(), clock: shared.clone() };
        let registry = Registry::new(platform, setup.components).expect("components");
        let listener = match setup.listen {
            Some(address) => TcpListener::bind(address).await.expect("the port"),
            None => TcpListener::bind("127.0.0.1:0").await.expect("a port"),
        };
        let address = listener.local_addr().expect("an address");
        let public_url = format!("http://{}:{}", setup.public_host, address.port());
        let site = Site::parse(&public_url).expect("a public address");
        let services = Services {
            trust: trust.clone(),
            warehouse: warehouse.clone(),
            connectors: connectors.clone(),
            exchange: exchange.clone(),
            registry: registry.clone(),
            clock: shared,
            metrics: metrics(),
            egress,
            options: Options {
                node_name: "测试大脑".to_owned(),
                node_role: "brain".to_owned(),
                version: "0.0.0-test".to_owned(),
                site: Some(site.clone()),
                secure_cookies: setup.secure_cookies,
                upload_limit_bytes: setup.upload_limit_bytes,
                uploads: folder.path().join("uploads"),
                request_timeout: setup.request_timeout,
                peer_certificates_required: setup.peer_certificates_required,
                facts: Vec::new(),
                demo_accounts: setup.demo_accounts,
                limits: setup.limits,
                network: setup.network,
                scan: setup.scan,
                quarantine: folder.path().join("quarantine"),
            },
        };
        let (interface, runs) = brain_api::router_and_runs(services);
        let mut doors = vec![Door { tls: setup.tls, ..Door::plain(listener) }];
        let mut administration = None;
        if setup.administration {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            administration = Some(listener.local_addr().expect("an address"));
            doors.push(Door { entrance: Entrance::Administration, ..Door::plain(listener) });
        }
        let (stop, stopped) = oneshot::channel::<()>();
        let server = tokio::spawn(async move {
            let shutdown = async move { drop(stopped.await) };
            brain_api::serve(doors, interface, shutdown).await.expect("the server runs");
        });
        Self {
            address,
            site,
            administration,
            trust,
            store,
            warehouse,
            connectors,
            exchange,
            registry,
            clock,
            runs,
            folder,
            stop: Some(stop),
            server,
        }
    }

    /// A client nobody is signed in with.
    #[must_use]
    pub fn anonymous(&self) -> Client {
        Client::new(&format!("http://{}", self.address))
    }

    /// A client signed in as the account of this name: a role's name, or `other_enterprise`.
    pub async fn signed_in(&self, username: &str) -> Client {
        self.anonymous().sign_in(username, PASSWORD).await
    }

    /// The node's folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Take a small file in, as the administrator would on the command line.
    pub async fn load(&self, mapping: &str, name: &str, content: &str) -> IngestReport {
        let path = self.folder.path().join("tmp").join(name);
        std::fs::write(&path, content).expect("a file");
        let request = IngestRequest { path, mapping: mapping.to_owned(), options: IngestOptions::default() };
        self.warehouse
            .ingest(&operator(Role::SystemAdministrator), request, Progress::new(), Cancel::new())
            .await
            .expect("an ingest that succeeds")
    }

    /// Take in [`FIRMS_CSV`]: four rows of two firms in `raw.firm_order`, one in its quarantine.
    pub async fn load_firms(&self) -> IngestReport {
        self.load("firms", "orders.csv", FIRMS_CSV).await
    }

    /// Stop the server and wait until requests under way are answered.
    pub async fn stop(mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        let _ = tokio::time::timeout(Duration::from_secs(10), &mut self.server).await;
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Who may open the folder may do everything in it.
fn operator(role: Role) -> Party {
    Party {
        account: "local-operator".to_owned(),
        display_name: "测试".to_owned(),
        role,
        organisation: None,
        region: None,
    }
}

/// Cheap password hashing: tests sign in often and are not attacked.
async fn open_trust(
    store: Store,
    folder: &Path,
    clock: Arc<dyn Clock>,
    second_factor_required_roles: Vec<Role>,
    evidence: brain_trust::EvidenceOptions,
    status: brain_trust::StatusOptions,
    egress: Egress,
) -> Trust {
    let options = brain_trust::Options {
        argon2_memory_kib: 64,
        argon2_passes: 1,
        head_interval_ms: 0,
        second_factor_required_roles,
        sessions_max: 100,
        ..brain_trust::Options::default()
    };
    let keys = folder.join("keys");
    let settings = brain_trust::Settings { options, keyring: None, evidence, status, egress: Some(egress) };
    Trust::open(store, &keys, clock, settings).await.expect("trust")
}

fn copy_keys(from: &Path, to: &Path) {
    for file in std::fs::read_dir(from).expect("the folder of keys").flatten() {
        if file.path().extension().is_some_and(|extension| extension == "key") {
            // The mode is copied too: a key that others can read is refused.
            std::fs::copy(file.path(), to.join(file.file_name())).expect("a key");
        }
    }
}

async fn accounts(trust: &Trust) {
    let code = |text: &str| Some(Uscc::parse(text).expect("a good code"));
    let roles = Role::ALL.into_iter().map(|role| {
        let organisation = (role == Role::Enterprise).then(|| code(ORGANISATION)).flatten();
        (role.name(), role, organisation)
    });
    let other = ("other_enterprise", Role::Enterprise, code(OTHER_ORGANISATION));
    for (username, role, organisation) in roles.chain([other]) {
        let new = NewAccount {
            kind: AccountKind::Person,
            username: username.to_owned(),
            display_name: username.to_owned(),
            role,
            organisation,
            region: None,
            password: PASSWORD.into(),
            must_change_password: false,
        };
        let made = trust.identity().create_account(&operator(Role::SystemAdministrator), new).await;
        let made = made.expect("an account");
        if made.disabled {
            let security = operator(Role::SecurityAdministrator);
            trust.identity().approve_account(&security, &made.id).await.expect("an approval");
        }
    }
}

/// The node knows itself, as the program's own measurement would have it.
async fn speak(trust: &Trust, now: chrono::DateTime<chrono::Utc>) {
    let status = trust.status();
    status.describe(brain_trust::NodeFacts {
        title: "测试大脑".to_owned(),
        role: "brain".to_owned(),
        version: "0.0.0-test".to_owned(),
        backup_every_hours: 0,
    });
    let measurement = brain_trust::status::Measurement {
        version: "0.0.0-test".to_owned(),
        program: "sha-256:testkit".to_owned(),
        dependencies: "sha-256:testkit".to_owned(),
        configuration: "sha-256:testkit".to_owned(),
        measured_at: now,
    };
    status.measured(measurement).await.expect("a measurement");
}

/// One recorder per process: the metrics facade allows no second.
fn metrics() -> PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE.get_or_init(|| PrometheusBuilder::new().install_recorder().expect("the first recorder")).clone()
}
