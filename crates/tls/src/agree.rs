//! Agreeing on TLS 1.3 with one caller.

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::{PeerNode, ServerTls};

/// A connection that TLS was agreed on, and the node at its other end where one proved itself.
pub type Agreed<S> = (TlsStream<S>, Option<PeerNode>);

impl ServerTls {
    /// Agree on TLS with the material there is at this moment. Has no time limit of its own: whoever accepts sets one,
    /// and agrees beside the door, so that a slow caller holds up nobody.
    pub async fn agree<S>(&self, stream: S) -> std::io::Result<Agreed<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let stream = TlsAcceptor::from(self.config()).accept(stream).await?;
        let (_, session) = stream.get_ref();
        let peer = session.peer_certificates().and_then(<[_]>::first).and_then(PeerNode::of);
        Ok((stream, peer))
    }
}
