//! Listening: connections are counted before anything is read from them, and every wait for a caller has an end.
//!
//! What axum's own loop leaves open is closed here: a head that never ends, a caller who takes no answer, and thousands
//! of idle connections of one address.

mod connection;
mod crowd;
mod stalled;

use crate::limits::Limits;
use crate::network::{Entrance, Network};
use axum::Router;
use axum::serve::Listener;
use brain_tls::ServerTls;
use connection::Connection;
use crowd::Crowd;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

/// How long answers under way may take when the node stops.
const GRACE: Duration = Duration::from_secs(30);

/// One listener.
pub struct Door {
    /// Where it listens.
    pub listener: TcpListener,
    /// Its TLS; `None` for plain HTTP.
    pub tls: Option<Arc<ServerTls>>,
    /// Whom it is for.
    pub entrance: Entrance,
}

/// Limits of connections, and whom the doors let in.
#[derive(Clone)]
pub(crate) struct Rules {
    pub(crate) limits: Limits,
    pub(crate) network: Network,
}

impl Door {
    /// A plain listener for everybody.
    #[must_use]
    pub fn plain(listener: TcpListener) -> Self {
        Self { listener, tls: None, entrance: Entrance::Public }
    }
}

/// What a node serves; made by [`crate::router_and_runs`].
#[derive(Clone)]
pub struct Interface {
    pub(crate) router: Router,
    pub(crate) rules: Rules,
}

/// Serve all doors until `shutdown` resolves; requests under way are finished, within half a minute.
pub async fn serve(
    doors: Vec<Door>,
    interface: Interface,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let Interface { router, rules } = interface;
    let turns = Arc::new(Semaphore::new(rules.limits.connections as usize));
    let crowd = Crowd::new(rules.limits.address_connections);
    let (stop, stopping) = watch::channel(false);
    // Every connection holds a receiver; the sender hears when the last is gone.
    let (open, opened) = watch::channel(());
    let mut accepting = Vec::new();
    for door in doors {
        let place = Accepting {
            tls: door.tls,
            entrance: door.entrance,
            router: router.clone(),
            rules: rules.clone(),
            turns: turns.clone(),
            crowd: crowd.clone(),
            stopping: stopping.clone(),
            open: opened.clone(),
        };
        accepting.push(tokio::spawn(accept(door.listener, place)));
    }
    drop((stopping, opened));
    shutdown.await;
    for task in accepting {
        task.abort();
        // Aborted on purpose; a panic inside was logged by its hook.
        drop(task.await);
    }
    stop.send_replace(true);
    if tokio::time::timeout(GRACE, open.closed()).await.is_err() {
        tracing::warn!("connections were still busy after half a minute and are closed");
    }
    Ok(())
}

struct Accepting {
    tls: Option<Arc<ServerTls>>,
    entrance: Entrance,
    router: Router,
    rules: Rules,
    turns: Arc<Semaphore>,
    crowd: Crowd,
    stopping: watch::Receiver<bool>,
    open: watch::Receiver<()>,
}

async fn accept(mut listener: TcpListener, place: Accepting) {
    loop {
        // Beyond the most connections callers wait in the system's queue.
        let Ok(turn) = place.turns.clone().acquire_owned().await else { return };
        // Retries by itself what goes wrong while accepting.
        let (stream, address) = Listener::accept(&mut listener).await;
        let ip = address.ip().to_canonical();
        let gateway = place.rules.network.forwarded_from.contains(ip);
        if !gateway && !place.rules.network.admits(place.entrance, ip) {
            refused("network", address);
            continue;
        }
        let member = place.crowd.join(ip);
        // All callers of a gateway share its address.
        if member.is_none() && !gateway {
            refused("crowd", address);
            continue;
        }
        let connection = Connection {
            address,
            tls: place.tls.clone(),
            entrance: place.entrance,
            router: place.router.clone(),
            limits: place.rules.limits.clone(),
            stopping: place.stopping.clone(),
        };
        let open = place.open.clone();
        tokio::spawn(async move {
            connection.serve(stream).await;
            drop((turn, member, open));
        });
    }
}

fn refused(why: &'static str, address: SocketAddr) {
    tracing::debug!(%address, why, "a connection was closed unheard");
    metrics::counter!("brain_http_connections_refused_total", "why" => why).increment(1);
}
