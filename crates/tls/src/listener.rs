//! The listener: TLS is agreed beside the door, so that a slow caller holds up nobody.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Extension};
use axum::middleware::AddExtension;
use axum::serve::{IncomingStream, Listener};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::{PeerNode, ServerTls};

/// Longest time a caller may take to agree on TLS.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Callers agreeing on TLS at the same time; more wait in the system's queue.
const HANDSHAKES_MAX: usize = 256;
/// Connections agreed on and not yet taken up.
const AGREED_MAX: usize = 64;

/// Accepts TLS 1.3 connections; anything else is closed.
pub struct TlsListener {
    agreed: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
    address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl TlsListener {
    /// Listen on `listener` with the material `tls` has at each moment.
    pub fn new(listener: TcpListener, tls: Arc<ServerTls>) -> std::io::Result<Self> {
        let address = listener.local_addr()?;
        let (sender, agreed) = mpsc::channel(AGREED_MAX);
        let accepting = tokio::spawn(accept(listener, tls, sender));
        Ok(Self { agreed, address, accepting })
    }
}

impl Drop for TlsListener {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(
    mut listener: TcpListener,
    tls: Arc<ServerTls>,
    sender: mpsc::Sender<(TlsStream<TcpStream>, SocketAddr)>,
) {
    let turns = Arc::new(Semaphore::new(HANDSHAKES_MAX));
    loop {
        let Ok(turn) = turns.clone().acquire_owned().await else { return };
        // Retries by itself what goes wrong while accepting.
        let (stream, address) = Listener::accept(&mut listener).await;
        let (config, sender) = (tls.config(), sender.clone());
        tokio::spawn(async move {
            let agreed = tokio::time::timeout(HANDSHAKE, TlsAcceptor::from(config).accept(stream)).await;
            drop(turn);
            match agreed {
                Ok(Ok(stream)) => {
                    // Nobody listens any more when this fails: the node is stopping.
                    let _ = sender.send((stream, address)).await;
                }
                Ok(Err(cause)) => tracing::info!(%address, %cause, "a caller was refused by TLS"),
                Err(_) => tracing::info!(%address, "a caller took too long to agree on TLS"),
            }
        });
    }
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.agreed.recv().await {
            Some(connection) => connection,
            // The accepting task never ends by itself; without it there is nothing more to accept.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        Ok(self.address)
    }
}

/// Serves a router over a [`TlsListener`], telling each request its caller's address and, where one was shown and
/// verified, [`PeerNode`] as `Extension<Option<PeerNode>>`.
#[derive(Clone)]
pub struct TlsService(Router);

impl TlsService {
    /// Serve this router.
    #[must_use]
    pub fn new(router: Router) -> Self {
        Self(router)
    }
}

/// The router of one connection.
type Connected = AddExtension<AddExtension<Router, ConnectInfo<SocketAddr>>, Option<PeerNode>>;

impl tower::Service<IncomingStream<'_, TlsListener>> for TlsService {
    type Response = Connected;
    type Error = Infallible;
    type Future = Ready<Result<Connected, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, stream: IncomingStream<'_, TlsListener>) -> Self::Future {
        use tower::Layer as _;
        let (_, session) = stream.io().get_ref();
        let peer = session.peer_certificates().and_then(<[_]>::first).and_then(PeerNode::of);
        let known = Extension(ConnectInfo(*stream.remote_addr())).layer(self.0.clone());
        ready(Ok(Extension(peer).layer(known)))
    }
}
