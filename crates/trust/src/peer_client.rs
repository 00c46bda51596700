//! Talking to other nodes: one client for everything that leaves for a peer, with the node's own certificate where it
//! has one (双向 TLS), and with authorities of its own where they are named.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use reqwest::{Client, Method, Response, StatusCode};
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
#[derive(Clone, Default)]
pub struct PeerClient(Arc<Inner>);

#[derive(Default)]
struct Inner {
    // Without TLS of its own the client is made at the first request.
    current: ArcSwapOption<(Option<PeerTls>, Client)>,
}

/// What a peer answered.
pub(crate) struct PeerAnswer {
    pub(crate) status: StatusCode,
    pub(crate) text: String,
    /// Serial number of the certificate it showed, hexadecimal; `None` without TLS.
    pub(crate) certificate: Option<String>,
}

impl PeerClient {
    /// Use other certificates from the next request on; whether they differ. Requests under way are finished with
    /// those they began with. On an error the present ones stay.
    pub fn replace(&self, tls: Option<PeerTls>) -> Result<bool> {
        if self.0.current.load().as_ref().is_some_and(|current| current.0 == tls) {
            return Ok(false);
        }
        let client = built(tls.as_ref())?;
        self.0.current.store(Some(Arc::new((tls, client))));
        Ok(true)
    }

    fn client(&self) -> Result<Client> {
        if let Some(current) = self.0.current.load_full() {
            return Ok(current.1.clone());
        }
        self.replace(None)?;
        let made = self.0.current.load_full();
        made.map(|current| current.1.clone()).ok_or_else(|| Error::Cryptography("no client".to_owned()))
    }

    /// One request; the answer may have at most `bytes_max`. What went wrong is said without the address.
    pub(crate) async fn send(
        &self,
        method: Method,
        url: &str,
        body: Option<String>,
        bytes_max: usize,
    ) -> std::result::Result<PeerAnswer, String> {
        let client = self.client().map_err(|error| error.to_string())?;
        let mut request = client.request(method, url);
        if let Some(body) = body {
            request = request.header("content-type", "text/plain; charset=utf-8").body(body);
        }
        let response = request.send().await.map_err(causes)?;
        let status = response.status();
        let info = response.extensions().get::<reqwest::tls::TlsInfo>();
        let certificate = info.and_then(|info| info.peer_certificate()).and_then(brain_tls::serial_of);
        Ok(PeerAnswer { status, text: read(response, bytes_max).await?, certificate })
    }
}

fn built(tls: Option<&PeerTls>) -> Result<Client> {
    // Redirects are not followed: where a node talks to is what its operator wrote.
    let builder = Client::builder()
        .timeout(TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        // A connection agreed on before certificates changed would speak for the old ones.
        .pool_max_idle_per_host(0)
        .tls_info(true);
    let builder = match tls {
        None => builder,
        Some(tls) => {
            let own = (!tls.chain.is_empty()).then_some((tls.chain.as_str(), tls.key.as_str()));
            builder.tls_backend_preconfigured(brain_tls::peer_config(&tls.authorities, &tls.revocations, own)?)
        }
    };
    builder.build().map_err(|cause| Error::Cryptography(cause.to_string()))
}

/// The whole chain of causes: what TLS refused stands at its end.
fn causes(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(next) = cause {
        text = format!("{text}: {next}");
        cause = next.source();
    }
    text.chars().take(500).collect()
}

async fn read(mut response: Response, bytes_max: usize) -> std::result::Result<String, String> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(causes)? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > bytes_max {
            return Err("the answer is too long".to_owned());
        }
    }
    String::from_utf8(bytes).map_err(|_| "the answer is not text".to_owned())
}
