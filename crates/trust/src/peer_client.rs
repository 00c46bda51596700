//! Talking to other nodes: what leaves for a peer goes by the program's own way out, with the node's certificate where
//! it has one (双向 TLS), and with authorities of its own where they are named.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use brain_egress::header::{CONTENT_TYPE, HeaderValue};
use brain_egress::{Call, Egress, Method, StatusCode};
use brain_kernel::error::Failure;
use zeroize::Zeroizing;

use crate::{Error, Result};

/// Longest time a peer may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// What this node shows to peers and whom it believes, all PEM.
#[derive(Clone, PartialEq, Eq)]
pub struct PeerTls {
    /// Its node certificate, followed by those between it and its root; empty shows none.
    pub chain: String,
    /// The private key of the certificate.
    pub key: Zeroizing<String>,
    /// Authorities whose certificates prove a peer.
    pub authorities: String,
    /// Their lists of revocations; empty where there is none.
    pub revocations: String,
}

/// A cheap-clone client for other nodes.
#[derive(Clone)]
pub struct PeerClient(Arc<Inner>);

struct Inner {
    /// Without certificates of our own.
    plain: Egress,
    current: ArcSwapOption<(PeerTls, Egress)>,
}

/// One call to a peer, body and answer as bytes.
#[derive(Debug, Clone)]
pub struct PeerCall {
    /// What for, a short name such as `exchange.batch`.
    pub purpose: &'static str,
    /// Method.
    pub method: Method,
    /// Whole address.
    pub url: String,
    /// Media type of the body.
    pub media_type: &'static str,
    /// Body; empty for none.
    pub body: bytes::Bytes,
    /// Longest answer, bytes.
    pub answer_bytes_max: u64,
    /// Longest time it may take.
    pub timeout: Duration,
}

/// What a peer answered to a [`PeerCall`].
#[derive(Debug, Clone)]
pub struct PeerReply {
    /// Status.
    pub status: StatusCode,
    /// Body.
    pub body: bytes::Bytes,
}

/// What a peer answered.
pub(crate) struct PeerAnswer {
    pub(crate) status: StatusCode,
    pub(crate) text: String,
    /// Serial number of the certificate it showed, hexadecimal; `None` without TLS.
    pub(crate) certificate: Option<String>,
}

impl PeerClient {
    pub(crate) fn new(plain: Egress) -> Self {
        Self(Arc::new(Inner { plain, current: ArcSwapOption::empty() }))
    }

    /// Use other certificates from the next request on; whether they differ. Requests under way are finished with
    /// those they began with, and no later one travels on their connections. On an error the present ones stay.
    pub fn replace(&self, tls: Option<PeerTls>) -> Result<bool> {
        if self.0.current.load().as_ref().map(|current| &current.0) == tls.as_ref() {
            return Ok(false);
        }
        let next = match tls {
            None => None,
            Some(tls) => {
                let own = (!tls.chain.is_empty()).then_some((tls.chain.as_str(), tls.key.as_str()));
                let config = brain_tls::peer_config(&tls.authorities, &tls.revocations, own)?;
                let egress = self.0.plain.with_tls(config).map_err(|error| refused(error.into()))?;
                Some(Arc::new((tls, egress)))
            }
        };
        self.0.current.store(next);
        Ok(true)
    }

    /// Allow the origin of a node's address, which the operator wrote down.
    pub(crate) fn permit(&self, url: &str) -> Result<()> {
        self.0.plain.permit(url).map_err(|error| refused(error.into()))
    }

    /// Call a registered node with the node's certificate; `base` is its address as the operator wrote it down. What
    /// went wrong on the way is said in English words, as the way out says it.
    pub async fn call(&self, base: &str, call: PeerCall) -> std::result::Result<PeerReply, String> {
        self.permit(base).map_err(|error| error.to_string())?;
        let current = self.0.current.load_full();
        let egress = current.as_ref().map_or(&self.0.plain, |current| &current.1);
        let mut asked = Call::new(call.purpose, call.method, &call.url)
            .within(call.timeout)
            .at_most(call.answer_bytes_max);
        if !call.body.is_empty() {
            asked = asked.header(CONTENT_TYPE, HeaderValue::from_static(call.media_type)).body(call.body);
        }
        let answer = egress.fetch(asked).await.map_err(|error| error.to_string())?;
        Ok(PeerReply { status: answer.status, body: answer.body })
    }

    /// One request for `purpose`; the answer may have at most `bytes_max`.
    pub(crate) async fn send(
        &self,
        purpose: &'static str,
        method: Method,
        url: &str,
        body: Option<String>,
        bytes_max: usize,
    ) -> std::result::Result<PeerAnswer, String> {
        let current = self.0.current.load_full();
        let egress = current.as_ref().map_or(&self.0.plain, |current| &current.1);
        let mut call = Call::new(purpose, method, url).within(TIMEOUT).at_most(bytes_max as u64);
        if let Some(body) = body {
            let text = HeaderValue::from_static("text/plain; charset=utf-8");
            call = call.header(CONTENT_TYPE, text).body(body);
        }
        let answer = egress.fetch(call).await.map_err(|error| error.to_string())?;
        let text =
            String::from_utf8(answer.body.to_vec()).map_err(|_| "the answer is not text".to_owned())?;
        let certificate = answer.certificate.as_deref().and_then(brain_tls::serial_of);
        Ok(PeerAnswer { status: answer.status, text, certificate })
    }
}

fn refused(failure: Failure) -> Error {
    Error::invalid("url", failure.detail.zh, failure.detail.en)
}
