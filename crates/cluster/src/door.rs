//! The listeners of a cluster: plain on this machine, with certificates of members beyond it.

use crate::membership::Membership;
use brain_kernel::error::{ErrorKind, Failure};
use futures::Stream;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tonic::transport::server::Connected;

/// Longest time to agree on TLS.
const AGREE: Duration = Duration::from_secs(10);
/// Connections that agree at the same time; more wait in the queue of the system.
const AGREEING_MAX: usize = 64;
/// Pause after a connection that could not be accepted.
const PAUSE: Duration = Duration::from_millis(100);

/// A connection of a member.
pub(crate) struct Connection(Box<dyn Bytes>);

trait Bytes: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Bytes for T {}

impl Connected for Connection {
    type ConnectInfo = ();

    fn connect_info(&self) {}
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

/// Listen at an address. Without certificates it must be one that only this machine reaches.
pub(crate) async fn listen(
    key: &str,
    address: SocketAddr,
    membership: Option<&Membership>,
) -> Result<TcpListener, Failure> {
    if membership.is_none() && !address.ip().is_loopback() {
        return Err(Failure::new(
            ErrorKind::Precondition,
            "cluster/plain",
            format!("{key} = {address} 不是本机地址，没有证书时不在网络上监听。"),
            format!("{key} = {address} is not this machine, and nothing listens on the network without certificates."),
        )
        .with_hint(
            "请设置 cluster.certificate、cluster.key、cluster.authorities 与 cluster.members。",
            "Set cluster.certificate, cluster.key, cluster.authorities and cluster.members.",
        ));
    }
    TcpListener::bind(address).await.map_err(|error| {
        Failure::new(
            ErrorKind::Precondition,
            "cluster/listen",
            format!("无法监听 {address}（{key}）：{error}"),
            format!("Cannot listen on {address} ({key}): {error}"),
        )
        .with_hint("请换一个端口。", "Choose another port.")
    })
}

/// Connections of members, for as long as the stream is polled; whoever proves to be none is hung up on.
pub(crate) fn connections(
    listener: TcpListener,
    membership: Option<&Membership>,
) -> Result<impl Stream<Item = io::Result<Connection>> + Send + use<>, Failure> {
    let tls = match membership {
        Some(membership) => Some(Arc::new((membership.server()?, membership.clone()))),
        None => None,
    };
    let (sender, mut receiver) = mpsc::channel(AGREEING_MAX);
    let accepting = tokio::spawn(async move {
        let turns = Arc::new(Semaphore::new(AGREEING_MAX));
        while let Ok(turn) = Arc::clone(&turns).acquire_owned().await {
            let stream = tokio::select! {
                () = sender.closed() => return,
                accepted = listener.accept() => accepted,
            };
            let Ok((stream, _)) = stream else {
                tokio::time::sleep(PAUSE).await;
                continue;
            };
            let (tls, sender) = (tls.clone(), sender.clone());
            tokio::spawn(async move {
                if let Some(connection) = admitted(stream, tls.as_deref()).await {
                    drop(turn);
                    // A server that stopped takes nothing more.
                    let _ = sender.send(Ok(connection)).await;
                }
            });
        }
    });
    let accepting = AbortOnDrop(accepting);
    Ok(futures::stream::poll_fn(move |context| {
        let _ = &accepting;
        receiver.poll_recv(context)
    }))
}

struct AbortOnDrop(tokio::task::JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn admitted(stream: TcpStream, tls: Option<&(brain_tls::ServerTls, Membership)>) -> Option<Connection> {
    // Small messages go back and forth; waiting for more of them helps nobody.
    stream.set_nodelay(true).ok();
    let Some((server, membership)) = tls else { return Some(Connection(Box::new(stream))) };
    let (stream, peer) = match tokio::time::timeout(AGREE, server.agree(stream)).await {
        Ok(Ok(agreed)) => agreed,
        Ok(Err(error)) => {
            tracing::debug!(%error, "a connection did not agree on TLS");
            return None;
        }
        Err(_) => return None,
    };
    match peer {
        Some(peer) if membership.lets_in(&peer.name) => Some(Connection(Box::new(stream))),
        peer => {
            let name = peer.map_or_else(|| "no certificate".to_owned(), |peer| peer.name);
            tracing::warn!(name, "a caller is no member of the cluster");
            None
        }
    }
}
