//! Putting a node together: folder, store, trust, warehouse, components.

use crate::calls;
use crate::cli;
use crate::cluster;
use crate::config::{Config, Loaded};
use crate::folder::Folder;
use crate::lake;
use crate::mirror;
use crate::modules;
use anyhow::Result;
use brain_backup::Source;
use brain_component::{Platform, Registry};
use brain_egress::Egress;
use brain_exchange::Exchange;
use brain_kernel::clock::{Clock, SystemClock};
use brain_kernel::error::Failure;
use brain_kernel::language::Language;
use brain_kernel::party::{Party, Role};
use brain_store::Store;
use brain_trust::{AccessOrigin, Channel, FirstAdministrator, Options as TrustOptions, Settings, Trust};
use brain_warehouse::connect::{Connectors, Surroundings};
use brain_warehouse::{Options, Warehouse};
use std::sync::Arc;
use std::time::Duration;

/// Longest wait at the end for whoever still reads from the store.
const CLOSING: Duration = Duration::from_secs(10);

/// An open node. Dropping it releases the folder.
pub struct Node {
    /// Effective configuration.
    pub config: Config,
    /// Identity, grants, evidence.
    pub trust: Trust,
    /// Data.
    pub warehouse: Warehouse,
    /// Where data is fetched from.
    pub connectors: Connectors,
    /// Exchange with other nodes.
    pub exchange: Exchange,
    /// Components.
    pub registry: Registry,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// The way out.
    pub egress: Egress,
    /// Operational state.
    pub store: Store,
    /// Other machines that queries run on.
    pub cluster: Option<Arc<brain_cluster::Cluster>>,
    /// The lock on the data folder, and where things lie in it.
    pub folder: Folder,
}

impl Node {
    /// Open the data folder of this configuration, creating it on the first start.
    pub async fn open(loaded: Loaded) -> Result<Self> {
        let config = loaded.config;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let folder = Folder::open(&config.node.data)?;
        mirror::admit(&config.mirror, folder.root())?;
        let store =
            Store::open(&folder.store_url(&config.store.url), clock.clone()).await.map_err(Failure::from)?;
        let egress = Egress::new(&config.egress).map_err(Failure::from)?;
        let trust = open_trust(&config, store.clone(), &folder, clock.clone(), egress.clone())
            .await
            .map_err(Failure::from)?;
        egress.tell(Arc::new(calls::Ledger::new(trust.evidence())));
        let providers = config.identity.providers.clone();
        trust.federation().configure(providers, &variable).map_err(Failure::from)?;
        for first in trust.first_start().await.map_err(Failure::from)? {
            announce(&first);
        }
        let options = Options {
            root: folder.root().to_owned(),
            memory_limit_mib: config.warehouse.memory_limit_mib,
            query_memory_mib: config.warehouse.query_memory_mib,
            query_timeout_s: config.warehouse.query_timeout_s,
            query_rows_max: config.warehouse.query_rows_max,
            unpack_ratio_max: config.warehouse.unpack_ratio_max,
            unpack_limit_mib: config.warehouse.unpack_limit_mib,
            corpus: config.corpus.clone(),
            ..Options::default()
        };
        let (on, trusted, time) = (store.clone(), trust.clone(), clock.clone());
        let warehouse = match lake::objects(&config.lake, &egress)? {
            Some(objects) => Warehouse::open_on(options, &objects, on, trusted, time).await,
            None => Warehouse::open(options, on, trusted, time).await,
        }
        .map_err(Failure::from)?;
        let cluster = cluster::of_node(&config)?.map(Arc::new);
        if let Some(cluster) = &cluster {
            warehouse.distribute(cluster.clone());
        }
        let surroundings = Surroundings {
            egress: egress.clone(),
            clock: clock.clone(),
            folders: std::iter::once(folder.inbox()).chain(config.connect.folders.iter().cloned()).collect(),
            own: None,
        };
        let connectors = Connectors::open(warehouse.clone(), surroundings).await.map_err(Failure::from)?;
        let (own, options) = (folder.root(), &config.exchange);
        let exchange =
            Exchange::open(warehouse.clone(), trust.clone(), store.clone(), clock.clone(), own, options);
        let platform = Platform { warehouse: warehouse.clone(), trust: trust.clone(), clock: clock.clone() };
        let registry = Registry::new(platform, brain_governance::components()).map_err(Failure::from)?;
        mirror::recall(&config.mirror, &trust.status(), folder.root())?;
        Ok(Self {
            config,
            trust,
            warehouse,
            connectors,
            exchange,
            registry,
            clock,
            egress,
            store,
            cluster,
            folder,
        })
    }

    /// The node as backups and mirrors copy it.
    pub fn source(&self) -> Source {
        Source {
            root: self.folder.root().to_owned(),
            store: self.store.clone(),
            vault: self.trust.vault(),
            evidence: self.trust.evidence(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            lake: Some(self.config.lake.url.clone()).filter(|url| !url.is_empty()),
        }
    }

    /// Open a node, work on it, and close it whatever came of the work.
    ///
    /// What was done, and what was refused, is under a signed head before the process ends: an export without one would
    /// be easy to deny.
    pub async fn during<T>(loaded: Loaded, work: impl AsyncFnOnce(&Self) -> Result<T>) -> Result<T> {
        let node = Box::pin(Self::open(loaded)).await?;
        let done = Box::pin(work(&node)).await;
        let closed = Box::pin(node.close()).await;
        let done = done?;
        closed?;
        Ok(done)
    }

    /// Sign the last head and close the store, so that SQLite folds its log back now and not, or half, while the process
    /// ends. Call it after everything that writes has stopped.
    pub async fn close(&self) -> Result<()> {
        let signed = self.trust.close().await.map_err(Failure::from);
        match tokio::time::timeout(CLOSING, self.store.close()).await {
            Ok(closed) => closed.map_err(Failure::from)?,
            Err(_) => tracing::warn!("connections were still in use; the next start folds the log back"),
        }
        signed?;
        Ok(())
    }
}

async fn open_trust(
    config: &Config,
    store: Store,
    folder: &Folder,
    clock: Arc<dyn Clock>,
    egress: Egress,
) -> brain_trust::Result<Trust> {
    let keyring = modules::keyring(&config.crypto, &folder.keys())?;
    if keyring.lies_in_folder() {
        tracing::debug!("the key-encryption key lies in the data folder; keep it elsewhere in production");
    }
    let options = TrustOptions { audit: config.audit.clone(), ..config.trust.clone() };
    let settings = Settings {
        options,
        keyring: Some(keyring),
        evidence: config.evidence.options(config.crypto.profile),
        status: config.status_options(),
        egress: Some(egress),
    };
    Trust::open(store, &folder.keys(), clock, settings).await
}

/// A variable that the configuration names as the place of a key.
#[expect(clippy::disallowed_methods, reason = "`crypto.kek = \"env:NAME\"` asks for exactly this variable")]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The one-time password goes to standard error, once, and is written nowhere.
fn announce(first: &FirstAdministrator) {
    let (name, password, role) = (&first.username, first.password.expose(), first.role.title());
    match cli::language() {
        Language::Zh => {
            eprintln!("首次启动：{} {name}，一次性密码 {password}（只显示这一次，登录后须修改）", role.zh)
        }
        Language::En => {
            eprintln!(
                "First start: {} {name}, one-time password {password} (shown once; change it after signing in)",
                role.en
            );
        }
    }
}

/// Where an access by the command line comes from: the user of the operating system, for there is no session.
pub fn terminal_origin(operation: &str) -> AccessOrigin {
    #[cfg(unix)]
    let credential = Some(format!("local:uid={}", rustix::process::getuid().as_raw()));
    #[cfg(not(unix))]
    let credential = Some("local".to_owned());
    AccessOrigin {
        channel: Channel::CommandLine,
        operation: operation.to_owned(),
        credential,
        ..AccessOrigin::default()
    }
}

/// The person at the terminal, in the role that the command needs: who may open the folder may do everything in it.
pub fn operator(role: Role) -> Party {
    Party {
        account: "local-operator".to_owned(),
        display_name: "本机操作员".to_owned(),
        role,
        organisation: None,
        region: None,
    }
}
