//! `brain serve`: the node until somebody asks it to stop.

use crate::background::Background;
use crate::command::backup;
use crate::command::standby::TakeOver;
use crate::config::Loaded;
use crate::facts;
use crate::measure::{Measured, keep_measuring};
use crate::mirror::Shipping;
use crate::node::{Node, operator};
use crate::telling::keep_telling;
use crate::terminal;
use crate::transport;
use anyhow::{Context as _, Result};
use brain_api::{DemoAccount, Door, Entrance, Options, Runs, Services};
use brain_component::Registry;
use brain_kernel::clock::SystemClock;
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::party::Role;
use brain_kernel::progress::{Cancel, Progress};
use brain_trust::{AccountKind, NewAccount, NodeFacts, Site};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// Longest time a shutdown waits for running ingests before cancelling them, and for what was cancelled to end.
const DRAIN: Duration = Duration::from_secs(20);

/// The OpenAPI document, without opening a node.
pub fn document() -> Result<serde_json::Value> {
    let registry =
        Registry::detached(Arc::new(SystemClock), brain_governance::components()).map_err(Failure::from)?;
    Ok(brain_api::document(&registry))
}

/// Serve until SIGINT or SIGTERM.
pub async fn serve(loaded: Loaded) -> Result<ExitCode> {
    Box::pin(serve_after(loaded, None)).await
}

/// Serve, in place of a node that has ended where this is a take-over.
pub async fn serve_after(loaded: Loaded, taken: Option<TakeOver>) -> Result<ExitCode> {
    let recorder =
        metrics_exporter_prometheus::PrometheusBuilder::new().install_recorder().context("metrics")?;
    let http = loaded.config.http.clone();
    let measured = Measured::of(&loaded, Arc::new(SystemClock))?;
    let node = Node::open(loaded).await?;
    // An object store that was tried once may be another today; a node serves for months.
    node.warehouse.try_lake().await.map_err(Failure::from)?;
    let shipping = Shipping::begin(&node)?;
    if let Some(taken) = taken {
        node.trust.evidence().record(taken.entry()).await.map_err(Failure::from)?;
    }
    let listener = bind("http.listen", http.listen).await?;
    let administration = match http.administration() {
        Some(address) => Some(bind("http.admin_listen", address).await?),
        None => None,
    };
    demo_accounts(&node).await?;
    let tls = transport::open(&node).await?;
    announce(&node, listener.local_addr()?, administration.as_ref(), tls.is_some())?;
    let measuring = introduce(&node, measured);
    let maker = backup::Maker::of(&node);
    let backing_up = tokio::spawn(backup::answer_requests(maker.clone(), node.folder.root().to_owned()));
    let scheduled = tokio::spawn(backup::keep(maker, node.config.backup.clone()));
    let retaining = tokio::spawn(keep_retention(node.warehouse.retention()));
    let renewing =
        tokio::spawn(transport::keep_fresh(transport::Source::of(&node), node.trust.clone(), tls.clone()));
    let lake = node.warehouse.maintenance(node.config.maintenance.clone());
    let caring = Background::begin(|cancel| async move { lake.keep(&cancel).await });
    let keys = tokio::spawn(settle_keys(node.trust.vault()));
    let sweeping = tokio::spawn(sweep(node.trust.clone()));
    let counting = tokio::spawn(keep_counting(node.warehouse.products()));
    let telling = tokio::spawn(keep_telling(
        node.store.clone(),
        node.warehouse.lineage(),
        node.egress.clone(),
        node.config.lineage.clone(),
    ));
    let warehouse = node.warehouse.clone();
    let catching_up = Background::begin(|cancel| catch_up(warehouse, cancel));
    let connectors = node.connectors.clone();
    let connecting = tokio::spawn(async move { connectors.keep().await });
    let exchange = node.exchange.clone();
    let exchanging = tokio::spawn(async move { exchange.keep().await });
    let search = node.warehouse.search();
    let searching = tokio::spawn(async move { search.keep().await });
    let address = listener.local_addr()?;
    let site = node.config.http.site(address, tls.is_some()).map_err(Failure::from)?;
    let certificate = node.trust.status().certificate();
    let (interface, runs) =
        brain_api::router_and_runs(services(&node, recorder, certificate.as_deref(), site));
    let door = |listener, entrance| Door { listener, tls: tls.clone(), entrance };
    let mut doors = vec![door(listener, Entrance::Public)];
    doors.extend(administration.map(|listener| door(listener, Entrance::Administration)));
    brain_api::serve(doors, interface, stopped()).await.context("the listener failed")?;
    for task in [
        keys, backing_up, scheduled, measuring, retaining, renewing, sweeping, counting, telling, searching,
        connecting, exchanging,
    ] {
        task.abort();
    }
    tokio::join!(caring.end(DRAIN), catching_up.end(DRAIN));
    stop(&node, runs, shipping).await;
    Ok(ExitCode::SUCCESS)
}

/// Say who the node is, and measure it from now on.
fn introduce(node: &Node, measured: Measured) -> tokio::task::JoinHandle<()> {
    node.trust.status().describe(NodeFacts {
        title: node.config.node.name.clone(),
        role: node.config.node.role.to_string(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        backup_every_hours: if node.config.backup.is_on() { node.config.backup.every_hours } else { 0 },
    });
    let every = Duration::from_mins(node.config.status.measure_every_minutes.into());
    tokio::spawn(keep_measuring(node.trust.status(), measured, every))
}

/// Listen while a command works with other nodes: they ask this one how it stands before data moves, and send to it.
pub async fn beside<T>(node: &Node, measured: Measured, work: impl Future<Output = Result<T>>) -> Result<T> {
    let listener = bind("http.listen", node.config.http.listen).await?;
    let tls = transport::open(node).await?;
    let measuring = introduce(node, measured);
    let site = node.config.http.site(listener.local_addr()?, tls.is_some()).map_err(Failure::from)?;
    let certificate = node.trust.status().certificate();
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder().handle();
    let (interface, runs) =
        brain_api::router_and_runs(services(node, recorder, certificate.as_deref(), site));
    let (stop, asked) = tokio::sync::oneshot::channel::<()>();
    let doors = vec![Door { listener, tls, entrance: Entrance::Public }];
    let serving = tokio::spawn(brain_api::serve(doors, interface, async move { drop(asked.await) }));
    let done = work.await;
    drop(stop);
    serving.await.context("the listener")?.context("the listener failed")?;
    runs.drain(DRAIN).await;
    measuring.abort();
    done
}

fn services(
    node: &Node,
    metrics: metrics_exporter_prometheus::PrometheusHandle,
    certificate: Option<&str>,
    site: Option<Site>,
) -> Services {
    let config = &node.config;
    let demo_accounts = config.demo.accounts.iter().map(|account| DemoAccount {
        username: account.username.clone(),
        password: account.password.clone(),
        role: account.role,
        display_name: account.display_name.clone(),
    });
    Services {
        trust: node.trust.clone(),
        warehouse: node.warehouse.clone(),
        connectors: node.connectors.clone(),
        exchange: node.exchange.clone(),
        registry: node.registry.clone(),
        clock: node.clock.clone(),
        metrics,
        egress: node.egress.clone(),
        options: Options {
            node_name: config.node.name.clone(),
            node_role: config.node.role.to_string(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            site,
            secure_cookies: config.http.secure_cookies || config.tls.is_on(),
            upload_limit_bytes: config.http.upload_limit_mib << 20,
            uploads: node.folder.root().join("uploads"),
            request_timeout: Duration::from_secs(config.http.request_timeout_s),
            peer_certificates_required: config.peers.certificates_required,
            facts: facts::of(config, &node.trust, certificate),
            demo_accounts: demo_accounts.collect(),
            limits: config.limits.clone(),
            network: config.network(),
            scan: config.upload.clone(),
            quarantine: node.folder.root().join("quarantine"),
        },
    }
}

/// Make the accounts a demonstration's configuration names. Taking them out of it later does not remove them.
async fn demo_accounts(node: &Node) -> Result<()> {
    for account in &node.config.demo.accounts {
        let new = NewAccount {
            kind: AccountKind::Person,
            username: account.username.clone(),
            display_name: account.display_name.clone(),
            role: account.role,
            organisation: account.organisation.clone(),
            region: None,
            password: account.password.as_str().into(),
            must_change_password: false,
        };
        match node
            .trust
            .identity()
            .create_account(&operator(Role::SystemAdministrator), new)
            .await
            .map_err(Failure::from)
        {
            Ok(card) if card.disabled => {
                let security = operator(Role::SecurityAdministrator);
                node.trust.identity().approve_account(&security, &card.id).await.map_err(Failure::from)?;
            }
            Ok(_) => {}
            Err(failure) if failure.kind == ErrorKind::AlreadyExists => {}
            Err(failure) => return Err(failure.into()),
        }
    }
    if !node.config.demo.accounts.is_empty() {
        tracing::warn!(
            "demonstration accounts with public passwords are configured; never do this in production"
        );
    }
    Ok(())
}

async fn bind(key: &str, address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!(
            "无法监听 {address}（{key}），请换一个端口。\nCannot listen on {address} ({key}); choose another port."
        )
    })
}

/// The line that scripts wait for: the node listens, and where. The address for everybody comes last.
fn announce(node: &Node, address: SocketAddr, administration: Option<&TcpListener>, tls: bool) -> Result<()> {
    let scheme = if tls { "https" } else { "http" };
    if let Some(listener) = administration {
        terminal::line(&format!("管理 · administration · {scheme} · {}", listener.local_addr()?));
    }
    terminal::line(&format!("{} · {} · {scheme}://{address}", node.config.node.name, node.config.node.role));
    Ok(())
}

/// Finish a change of key-encryption key that the configuration or a crash left half done.
async fn settle_keys(vault: brain_trust::Vault) {
    match vault.rewrap("system").await {
        Ok(0) => {}
        Ok(keys) => tracing::info!(keys, "data keys are now wrapped by the present key-encryption key"),
        Err(error) => tracing::error!(%error, "data keys could not be wrapped anew"),
    }
}

/// Resolves when the process is asked to stop.
pub async fn stopped() {
    let interrupted = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        let Ok(mut terminated) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
        else {
            interrupted.await.ok();
            return;
        };
        tokio::select! { _ = interrupted => {}, _ = terminated.recv() => {} }
    }
    #[cfg(not(unix))]
    interrupted.await.ok();
}

/// Bring models up to date that a crash or an upgrade left behind their inputs; nothing runs when nothing is stale.
async fn catch_up(warehouse: brain_warehouse::Warehouse, cancel: Cancel) {
    match warehouse.refresh_models(&operator(Role::SystemAdministrator), Progress::new(), cancel).await {
        // Each failure is in the log already; the models page says which and why.
        Ok(_) | Err(brain_warehouse::Error::Cancelled) => {}
        Err(error) => tracing::error!(%error, "stale models could not be refreshed at start"),
    }
}

/// How often data whose time is up is looked for.
const RETENTION: Duration = Duration::from_hours(6);

/// Propose what is due for deletion now and then, for as long as the node runs. The owner decides.
async fn keep_retention(retention: brain_warehouse::retention::Retention) {
    loop {
        match retention.sweep().await {
            Ok(0) => {}
            Ok(proposed) => tracing::info!(proposed, "data is due for deletion and waits for its owner"),
            Err(error) => tracing::error!(%error, "what is due for deletion could not be found"),
        }
        tokio::time::sleep(RETENTION).await;
    }
}

/// Count the uses of data products now and then, so that no audit record expires uncounted.
async fn keep_counting(products: brain_warehouse::product::Products) {
    loop {
        tokio::time::sleep(SWEEP).await;
        if let Err(error) = products.count_uses().await {
            tracing::warn!(%error, "uses of data products were not counted");
        }
    }
}

/// How often ended sessions are removed.
const SWEEP: Duration = Duration::from_hours(1);

/// Remove ended sessions now and then, for as long as the node runs.
async fn sweep(trust: brain_trust::Trust) {
    loop {
        tokio::time::sleep(SWEEP).await;
        if let Err(error) = trust.identity().sweep().await {
            tracing::warn!(%error, "ended sessions were not removed");
        }
        if let Err(error) = trust.federation().sweep().await {
            tracing::warn!(%error, "ended codes and tokens were not removed");
        }
        if let Err(error) = trust.identity().close_stale_accounts().await {
            tracing::warn!(%error, "unused accounts were not closed");
        }
    }
}

/// Finish or cancel running ingests, copy what came last to the second site, then sign the evidence head.
async fn stop(node: &Node, runs: Runs, shipping: Option<Shipping>) {
    tracing::info!("stopping");
    node.connectors.close().await;
    node.exchange.close().await;
    let left = runs.drain(DRAIN).await;
    if left > 0 {
        tracing::warn!(left, "ingests still running; the next start finishes or undoes them");
    }
    if let Some(shipping) = &shipping {
        shipping.last_round().await;
    }
    if let Err(error) = node.close().await {
        tracing::error!(%error, "the last head was not signed, or the store not closed, at shutdown");
    }
    if let Some(shipping) = shipping {
        shipping.end().await;
    }
}
