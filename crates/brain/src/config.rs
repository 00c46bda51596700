//! Effective configuration: built-in defaults < `brain.toml` < environment `BRAIN_*` < flags.
//!
//! Layers are TOML tables merged key by key, so that one deserialisation validates them all and every error can
//! name the key, the layer it came from and the mend.

mod backup;
mod check;
mod cluster;
mod lake;
mod layers;
mod mirror;

pub use backup::BackupConfig;
pub use cluster::{ClusterConfig, QueryEngine};
pub use lake::LakeConfig;

use anyhow::{Context as _, Result};
use brain_api::{Limits, Network, Networks, ScanOptions};
use brain_crypto::Profile;
use brain_egress::Options as EgressOptions;
use brain_kernel::{party::Role, uscc::Uscc};
use brain_trust::evidence::verifier::HashAlgorithm;
use brain_trust::evidence::{KnownLog, WitnessPeer};
use brain_trust::{AuditOptions, CryptoOptions, EvidenceOptions, ProviderOptions, Site, StatusOptions};
use brain_warehouse::maintenance::MaintenanceOptions;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

pub use mirror::MirrorConfig;

/// Which of the three roles (中心／大脑／边缘) this node plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum NodeRole {
    /// 省级能力中心.
    Center,
    /// 行业产业大脑.
    Brain,
    /// 共享工厂或企业.
    Edge,
}

impl fmt::Display for NodeRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Center => "center",
            Self::Brain => "brain",
            Self::Edge => "edge",
        })
    }
}

/// Everything that can be set.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Who this node is.
    pub node: Node,
    /// Where and how it listens.
    pub http: Http,
    /// How much one caller may take.
    pub limits: Limits,
    /// How uploads are scanned.
    pub upload: ScanOptions,
    /// Where the node may call.
    pub egress: EgressOptions,
    /// What connectors may read on this machine.
    pub connect: ConnectConfig,
    /// Exchange with other nodes.
    pub exchange: brain_exchange::ExchangeOptions,
    /// Who is told of lineage.
    pub lineage: LineageConfig,
    /// Certificates.
    pub tls: Tls,
    /// Algorithms and keys.
    pub crypto: CryptoOptions,
    /// Operational store.
    pub store: StoreConfig,
    /// Where the tables lie.
    pub lake: LakeConfig,
    /// How the lake looks after itself.
    pub maintenance: MaintenanceOptions,
    /// Warehouse limits.
    pub warehouse: WarehouseConfig,
    /// Other machines that queries run on.
    pub cluster: ClusterConfig,
    /// Corpora.
    pub corpus: brain_warehouse::corpus::CorpusOptions,
    /// Passwords, second factors, sessions, keys.
    pub trust: brain_trust::Options,
    /// Who else may vouch for people.
    pub identity: IdentityConfig,
    /// Logs and traces.
    pub telemetry: Telemetry,
    /// Evidence log and witnesses.
    pub evidence: EvidenceConfig,
    /// How long audit records are kept.
    pub audit: AuditOptions,
    /// Speaking with other nodes.
    pub peers: Peers,
    /// Trusted status.
    pub status: StatusConfig,
    /// Scheduled backups.
    pub backup: BackupConfig,
    /// The second site.
    pub mirror: MirrorConfig,
    /// Accounts of a public demonstration; empty everywhere else.
    pub demo: Demo,
}

/// What connectors may read on this machine; where they may call is `[egress]`'s business.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConnectConfig {
    /// Folders whose files connectors may fetch, beside `inbox` of the data folder; with everything below them.
    pub folders: Vec<PathBuf>,
}

/// Telling others where data comes from.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineageConfig {
    /// Address that takes OpenLineage events of our models' runs; empty for none.
    pub openlineage_url: String,
    /// `env:NAME` of the bearer token it asks for; empty for none.
    pub openlineage_token: String,
}

impl Config {
    /// Whether nothing but this machine can reach a listener.
    pub fn is_local(&self) -> bool {
        let administration = self.http.administration();
        self.http.listen.ip().is_loopback() && administration.is_none_or(|address| address.ip().is_loopback())
    }

    /// Names that requests may call this node by; empty for any.
    ///
    /// A node that only this machine reaches is called by this machine's names: a page whose name was made to lead here
    /// (DNS rebinding) is not taken for its own. With a gateway in front, or listening on the network, names are the
    /// operator's to list.
    pub fn hosts(&self) -> Vec<String> {
        let listed = !self.http.hosts.is_empty();
        if !listed && (!self.is_local() || !self.http.gateway.is_empty()) {
            return Vec::new();
        }
        let mut names = self.http.hosts.clone();
        let own = if self.tls.is_on() { self.tls.names.as_slice() } else { Default::default() };
        for name in own.iter().map(String::as_str).chain(["localhost", "127.0.0.1", "::1"]) {
            if !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
        names
    }

    /// The rules of the network as the interface takes them.
    pub fn network(&self) -> Network {
        // Checked when the configuration was loaded.
        let networks = |texts: &[String]| Networks::parse(texts).unwrap_or_default();
        Network {
            hosts: self.hosts(),
            forwarded_from: networks(&self.http.forwarded_from),
            cors_origins: self.http.cors_origins.clone(),
            allow: networks(&self.http.allow),
            admin_allow: networks(&self.http.admin_allow),
            administration_apart: self.http.administration().is_some(),
        }
    }
}

/// `[node]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Node {
    /// Name shown in the portal.
    pub name: String,
    /// Role of the node.
    pub role: NodeRole,
    /// Data folder.
    pub data: PathBuf,
}

/// `[http]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    /// Address and port; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Address people and other nodes meet this node at, such as `https://brain.example`: passkeys and federated sign-in
    /// are bound to it. Empty means `http://localhost:<port>` where the node listens on this machine only, and neither
    /// elsewhere.
    pub public_url: String,
    /// Name of the gateway that ends TLS in front of this node; without it plain HTTP is for loopback only.
    pub gateway: String,
    /// Whether cookies are marked Secure, as they are whenever the node itself speaks TLS; set it when TLS ends in front of the node.
    pub secure_cookies: bool,
    /// Largest upload, MiB.
    pub upload_limit_mib: u64,
    /// Longest time for an ordinary request, seconds.
    pub request_timeout_s: u64,
    /// Names this node is called by, beyond those of its certificate; empty takes any, but on this machine alone only
    /// this machine's names.
    pub hosts: Vec<String>,
    /// Networks that may call; empty for all.
    pub allow: Vec<String>,
    /// A listener of its own for administration; empty serves everything on `listen`.
    pub admin_listen: String,
    /// Networks that may call it; empty for all.
    pub admin_allow: Vec<String>,
    /// Addresses of gateways whose `X-Forwarded-For` is believed.
    pub forwarded_from: Vec<String>,
    /// Origins whose pages may call with a token.
    pub cors_origins: Vec<String>,
}

impl Http {
    /// The listener for administration, if there is one. Checked when the configuration is loaded.
    pub fn administration(&self) -> Option<SocketAddr> {
        self.admin_listen.parse().ok()
    }
}

/// `[tls]`: bring a certificate, or let the node's own authority issue one. Both empty means plain HTTP.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// Certificate chain as PEM; read again when it changes.
    pub certificate: String,
    /// Private key of the certificate as PEM.
    pub key: String,
    /// Authorities whose node certificates count, as PEM; empty asks no caller for a certificate.
    pub client_authorities: String,
    /// Their lists of revocations as PEM.
    pub revocations: String,
    /// Issue and renew the certificate by the node's own authority (`brain ca init`).
    pub own_authority: bool,
    /// Host names and addresses in the certificate of the own authority.
    pub names: Vec<String>,
}

impl Http {
    /// The public address of a node that listens here.
    pub fn site(&self, listening: SocketAddr, tls: bool) -> brain_trust::Result<Option<Site>> {
        if !self.public_url.is_empty() {
            return Site::parse(&self.public_url).map(Some);
        }
        if !listening.ip().is_loopback() {
            return Ok(None);
        }
        let scheme = if tls { "https" } else { "http" };
        Site::parse(&format!("{scheme}://localhost:{}", listening.port())).map(Some)
    }
}

impl Tls {
    /// Whether the node speaks TLS.
    pub fn is_on(&self) -> bool {
        self.own_authority || !self.certificate.is_empty()
    }
}

/// `[store]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreConfig {
    /// Empty for SQLite in the data folder, or `postgres://user:password@host/database`.
    pub url: String,
}

/// `[warehouse]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WarehouseConfig {
    /// What answers SQL: this process, or a cluster.
    pub engine: QueryEngine,
    /// Memory all queries share, MiB.
    pub memory_limit_mib: u64,
    /// Memory one query may take, MiB.
    pub query_memory_mib: u64,
    /// Longest time one query may run, seconds.
    pub query_timeout_s: u64,
    /// Most rows one query returns.
    pub query_rows_max: u64,
    /// Most bytes one packed byte of an ingested file may become.
    pub unpack_ratio_max: u64,
    /// Most that one packed file may become, MiB.
    pub unpack_limit_mib: u64,
}

/// `[identity]`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityConfig {
    /// Outside providers that people may sign in through (OpenID Connect).
    pub providers: Vec<ProviderOptions>,
}

/// `[telemetry]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Telemetry {
    /// Filter in the syntax of `RUST_LOG`.
    pub log: String,
    /// `text` for people, `json` for collectors.
    pub log_format: LogFormat,
    /// OTLP/HTTP endpoint, for example `http://127.0.0.1:4318/v1/traces`; empty exports nothing.
    pub otlp_endpoint: String,
}

/// `[evidence]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceConfig {
    /// Digest of a log that is made now: `sha256` or `sm3`; empty keeps what there is, and makes a new one by
    /// `crypto.profile`.
    pub hash: String,
    /// Identity of a log that is made now; empty names it by its key.
    pub origin: String,
    /// Entries after which a head is signed at once.
    pub sign_every: u32,
    /// Nodes that counter-sign our checkpoints.
    pub witnesses: Vec<WitnessPeer>,
    /// Logs whose checkpoints we counter-sign.
    pub logs: Vec<KnownLog>,
}

impl EvidenceConfig {
    /// The same as `trust` takes it.
    pub fn options(&self, profile: Profile) -> EvidenceOptions {
        EvidenceOptions {
            hash: HashAlgorithm::parse(&self.hash),
            hash_when_new: match profile {
                Profile::International => HashAlgorithm::Sha256,
                Profile::Commercial => HashAlgorithm::Sm3,
            },
            origin: (!self.origin.is_empty()).then(|| self.origin.clone()),
            sign_every: self.sign_every,
            witnesses: self.witnesses.clone(),
            logs: self.logs.clone(),
        }
    }
}

/// `[peers]`: what this node shows to other nodes and whom it believes. With `tls.own_authority` and a name it issues
/// itself a node certificate.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Peers {
    /// Name by which other nodes know this one, as in its node certificate.
    pub name: String,
    /// Node certificate shown to peers, with its chain, as PEM; read again when it changes.
    pub certificate: String,
    /// Its private key as PEM.
    pub key: String,
    /// Authorities whose certificates prove a peer, as PEM; besides the own one.
    pub authorities: String,
    /// Their lists of revocations as PEM.
    pub revocations: String,
    /// Whether what nodes say to each other is taken from callers with a node certificate only.
    pub certificates_required: bool,
}

/// `[status]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatusConfig {
    /// Seconds a peer's statement counts, and how old it may be when it arrives.
    pub freshness_seconds: u32,
    /// Whether a peer is refused whose version, program or configuration nobody listed as known good.
    pub known_good_required: bool,
    /// Minutes between two measurements of the program file; 0 measures at start only.
    pub measure_every_minutes: u32,
}

impl Config {
    /// What `trust` is told about status.
    pub fn status_options(&self) -> StatusOptions {
        StatusOptions {
            name: self.peers.name.clone(),
            freshness_seconds: self.status.freshness_seconds,
            known_good_required: self.status.known_good_required,
        }
    }
}

/// Shape of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// One readable line.
    Text,
    /// One JSON object a line.
    Json,
}

/// `[demo]`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Demo {
    /// Accounts made at start; the sign-in page lists them with their passwords.
    pub accounts: Vec<DemoAccount>,
}

/// `[[demo.accounts]]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DemoAccount {
    /// Sign-in name.
    pub username: String,
    /// Password, public by design.
    pub password: String,
    /// Name to show.
    pub display_name: String,
    /// What it may be.
    pub role: Role,
    /// Organisation, needed for an enterprise account.
    #[serde(default)]
    pub organisation: Option<Uscc>,
}

const DEFAULTS: &str = r#"
[node]
name = "产业大脑"
role = "brain"
data = "brain-data"
[http]
listen = "127.0.0.1:7600"
public_url = ""
gateway = ""
secure_cookies = false
upload_limit_mib = 4096
request_timeout_s = 120
hosts = []
allow = []
admin_listen = ""
admin_allow = []
forwarded_from = []
cors_origins = []
[limits]
caller_points_per_s = 100
caller_points_max = 1000
address_points_per_s = 50
address_points_max = 500
cost_sql = 10
cost_export = 20
cost_ingest = 20
cost_run = 10
cost_verify = 50
cost_sign_in = 5
requests_at_once = 256
caller_requests_at_once = 64
caller_work_at_once = 16
caller_ingests = 8
connections = 4096
address_connections = 512
head_time_s = 30
head_kib = 32
head_fields = 100
write_time_s = 30
body_silence_s = 30
upload_kib_per_s_min = 4
failed_sign_ins_per_minute = 30
guessed_accounts = 20
guessing_wait_minutes = 15
failed_sign_ins_alarm = 120
[upload]
scan_command = []
clamd = ""
scan_timeout_s = 120
infected = "delete"
[egress]
allow = []
networks = []
timeout_s = 30
answer_limit_kib = 16384
[connect]
folders = []
[corpus]
ocr = "auto"
[exchange]
link_bytes_per_second = 0
batch_rows = 32768
[lineage]
openlineage_url = ""
openlineage_token = ""
[tls]
certificate = ""
key = ""
client_authorities = ""
revocations = ""
own_authority = false
names = ["localhost", "127.0.0.1"]
[crypto]
profile = "international"
kek = ""
kek_older = []
module = ""
module_token = ""
module_pin = ""
[store]
url = ""
[lake]
url = ""
endpoint = ""
region = "us-east-1"
access_key_id = ""
secret_access_key = ""
[maintenance]
every_minutes = 15
small_file_mib = 32
small_files_min = 16
target_file_mib = 256
cluster_above_mib = 64
orphan_hours = 168
[maintenance.cluster]
[warehouse]
engine = "embedded"
memory_limit_mib = 2048
query_memory_mib = 1024
query_timeout_s = 60
query_rows_max = 1000000
unpack_ratio_max = 1000
unpack_limit_mib = 65536
[cluster]
scheduler = "127.0.0.1:7610"
partitions = 16
scheduler_listen = "127.0.0.1:7610"
executor_timeout_s = 30
executor_listen = "127.0.0.1:0"
executor_host = ""
executor_folder = ""
cores = 0
memory_mib = 2048
certificate = ""
key = ""
authorities = ""
revocations = ""
members = []
[trust]
argon2_memory_kib = 19456
argon2_passes = 2
argon2_parallel_max = 2
session_idle_minutes = 30
administrator_idle_minutes = 15
session_hours_max = 12
session_rotate_minutes = 15
session_grace_seconds = 60
sessions_max = 5
session_bind_address = false
second_factor_required_roles = ["system_administrator", "security_administrator", "auditor", "government"]
step_up_minutes = 10
sign_in_failures_max = 5
lock_minutes = 15
password_history = 5
administrator_password_days_max = 90
stale_account_days = 90
api_key_days_max = 366
head_interval_ms = 1000
[identity]
providers = []
[telemetry]
log = "info,sqlx=warn,datafusion=warn,buoyant_kernel=warn,deltalake_core=warn"
log_format = "text"
otlp_endpoint = ""
[evidence]
hash = ""
origin = ""
sign_every = 1000
witnesses = []
logs = []
[audit]
days = 1095
exchange_days = 1825
batch_records = 1000
batch_seconds = 5
[peers]
name = ""
certificate = ""
key = ""
authorities = ""
revocations = ""
certificates_required = false
[status]
freshness_seconds = 300
known_good_required = false
measure_every_minutes = 60
[backup]
folder = ""
every_hours = 24
keep_days = 0
[mirror]
folder = ""
every_s = 30
on_loss = ""
lease_s = 20
[demo]
accounts = []
"#;

/// A configuration and where each value came from.
#[derive(Debug)]
pub struct Loaded {
    /// The validated configuration.
    pub config: Config,
    /// Layer of every key that is not a default: `http.listen` → `brain.toml`.
    pub sources: BTreeMap<String, String>,
    /// The file among the layers, if there was one.
    pub file: Option<PathBuf>,
    /// The effective configuration without secrets, as it is measured.
    pub measured: String,
}

/// Flags that set configuration keys, by dotted key.
pub type Overrides = Vec<(&'static str, Value)>;

/// Merge the layers and validate.
///
/// `file` is an explicit path (it must exist) or `None` to look for `brain.toml` in the data folder and then in
/// the working folder. `environment` yields all variables; only `BRAIN_*` count.
pub fn load(
    file: Option<&Path>,
    environment: impl Iterator<Item = (String, String)>,
    flags: Overrides,
) -> Result<Loaded> {
    let mut table: Table = DEFAULTS.parse().context("built-in defaults")?;
    let mut sources = BTreeMap::new();
    let from_environment = layers::environment(environment)?;
    let file = layers::find_file(file, &from_environment, &flags, &table)?;
    if let Some(path) = &file {
        let text =
            std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let layer: Table = text.parse().with_context(|| format!("{} is not valid TOML", path.display()))?;
        layers::merge(&mut table, layer, "", &path.display().to_string(), &mut sources);
    }
    for (key, value, variable) in from_environment {
        layers::set(&mut table, &key, value, &variable, &mut sources)?;
    }
    for (key, value) in flags {
        layers::set(&mut table, key, value, "flag", &mut sources)?;
    }
    let config: Config =
        Value::Table(table).try_into().map_err(|error: toml::de::Error| explain(&error, &sources))?;
    check::all(&config)?;
    let measured = without_secrets(&config)?;
    Ok(Loaded { config, sources, file, measured })
}

fn explain(error: &toml::de::Error, sources: &BTreeMap<String, String>) -> anyhow::Error {
    let changed: Vec<String> = sources.iter().map(|(key, source)| format!("  {key}  ← {source}")).collect();
    anyhow::anyhow!(
        "配置无效：{0}\n\
         The configuration is not valid: {0}\n\
         非默认的配置项 / keys that are not defaults:\n{1}\n\
         用 `brain config` 查看全部配置项。 `brain config` lists every key.",
        error.to_string().trim(),
        changed.join("\n")
    )
}

/// The configuration as TOML with secrets hidden, each changed key followed by its source.
pub fn shown(loaded: &Loaded) -> Result<String> {
    let mut text = without_secrets(&loaded.config)?;
    if !loaded.sources.is_empty() {
        text.push_str("\n# 来源 / sources\n");
        for (key, source) in &loaded.sources {
            text.push_str(&format!("# {key} ← {source}\n"));
        }
    }
    Ok(text)
}

fn without_secrets(config: &Config) -> Result<String> {
    let mut hidden = config.clone();
    hidden.store.url = hide_password(&hidden.store.url);
    for account in &mut hidden.demo.accounts {
        "******".clone_into(&mut account.password);
    }
    Ok(toml::to_string_pretty(&hidden)?)
}

/// `postgres://user:secret@host/db` → `postgres://user:******@host/db`
fn hide_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let Some((credentials, host)) = rest.rsplit_once('@') else { return url.to_owned() };
    match credentials.split_once(':') {
        Some((user, _)) => format!("{scheme}://{user}:******@{host}"),
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests;
