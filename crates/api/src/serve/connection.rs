//! One connection: agree on TLS, then answer requests until it ends, idles too long, or the node stops.

use super::stalled::Stalling;
use crate::limits::Limits;
use crate::network::Entrance;
use axum::Router;
use axum::extract::{ConnectInfo, Extension};
use brain_tls::{PeerNode, ServerTls};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tower::Layer as _;

/// Longest time a caller may take to agree on TLS.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// What one connection needs.
pub(crate) struct Connection {
    pub(crate) address: SocketAddr,
    pub(crate) tls: Option<Arc<ServerTls>>,
    pub(crate) entrance: Entrance,
    pub(crate) router: Router,
    pub(crate) limits: Limits,
    pub(crate) stopping: watch::Receiver<bool>,
}

impl Connection {
    pub(crate) async fn serve(self, stream: TcpStream) {
        let address = self.address;
        // Answers are written whole; waiting for more to send only makes them late.
        if let Err(cause) = stream.set_nodelay(true) {
            tracing::debug!(%address, %cause, "small packets cannot be sent at once");
        }
        let stream = Stalling::new(stream, Duration::from_secs(self.limits.write_time_s.into()));
        let Some(tls) = self.tls.clone() else { return self.converse(stream, None).await };
        match tokio::time::timeout(HANDSHAKE, tls.agree(stream)).await {
            Ok(Ok((stream, peer))) => self.converse(stream, peer).await,
            Ok(Err(cause)) => tracing::info!(%address, %cause, "a caller was refused by TLS"),
            Err(_) => tracing::info!(%address, "a caller took too long to agree on TLS"),
        }
    }

    async fn converse<S>(mut self, stream: S, peer: Option<PeerNode>)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let router = Extension(self.entrance).layer(self.router);
        let router = Extension(peer).layer(router);
        let router = Extension(ConnectInfo(self.address)).layer(router);
        let head_bytes = self.limits.head_kib as usize * 1024;
        let mut protocol = http1::Builder::new();
        protocol
            .timer(TokioTimer::new())
            // Runs between requests too, and so ends idle connections.
            .header_read_timeout(Duration::from_secs(self.limits.head_time_s.into()))
            .max_headers(self.limits.head_fields as usize)
            .max_header_size(head_bytes)
            .max_buf_size(head_bytes.max(64 * 1024));
        let connection = protocol.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
        let mut connection = Box::pin(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = stopped(&mut self.stopping) => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(cause) = ended {
            tracing::debug!(address = %self.address, %cause, "a connection broke off");
        }
    }
}

/// Resolves when the node stops; a sender that is gone means the same.
async fn stopped(stopping: &mut watch::Receiver<bool>) {
    drop(stopping.wait_for(|stopping| *stopping).await);
}
