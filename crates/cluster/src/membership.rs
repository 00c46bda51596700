//! Who belongs to a cluster: a certificate to show, and the names that are let in.

use ballista_core::extension::EndpointOverrideFn;
use brain_kernel::error::{ErrorKind, Failure};
use brain_tls::{Material, ServerTls};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity};

/// Longest time to reach another member.
const CONNECT: Duration = Duration::from_secs(5);
/// Silence on a connection after which its other end is asked for a sign of life, and how long it has for it.
const SIGN_OF_LIFE: Duration = Duration::from_secs(20);

/// The certificate of this member, and whom it takes for others; nothing of it is read again while the program runs.
#[derive(Clone)]
pub struct Membership {
    material: Material,
    names: Vec<String>,
}

impl fmt::Debug for Membership {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Membership").field("names", &self.names).finish_non_exhaustive()
    }
}

impl Membership {
    /// `material` is a node certificate with its key and the authorities that issue the members' certificates; `names`
    /// are the nodes among theirs that are members.
    #[must_use]
    pub fn new(material: Material, names: Vec<String>) -> Self {
        Self { material, names }
    }

    /// TLS for a listener. Whoever shows no certificate is told to go away later, see [`lets_in`](Self::lets_in).
    pub(crate) fn server(&self) -> Result<ServerTls, Failure> {
        ServerTls::speaking("h2", self.material.clone()).map_err(Failure::from)
    }

    /// Whether a node of this name, proved by a certificate, is a member.
    pub(crate) fn lets_in(&self, name: &str) -> bool {
        self.names.iter().any(|member| member == name)
    }

    fn client(&self) -> ClientTlsConfig {
        ClientTlsConfig::new()
            .ca_certificate(Certificate::from_pem(&self.material.client_authorities))
            .identity(Identity::from_pem(&self.material.chain, self.material.key.as_bytes()))
    }
}

/// Address of a member, such as `https://10.0.0.5:7610`.
pub(crate) fn url(address: &str, membership: Option<&Membership>) -> String {
    let scheme = if membership.is_some() { "https" } else { "http" };
    format!("{scheme}://{address}")
}

/// How each connection to another member is made.
pub(crate) fn connecting(membership: Option<&Membership>) -> EndpointOverrideFn {
    let tls = membership.map(Membership::client);
    Arc::new(move |endpoint: Endpoint| {
        let endpoint = endpoint
            .connect_timeout(CONNECT)
            .tcp_nodelay(true)
            .http2_keep_alive_interval(SIGN_OF_LIFE)
            .keep_alive_timeout(SIGN_OF_LIFE);
        match &tls {
            Some(tls) => Ok(endpoint.tls_config(tls.clone())?),
            None => Ok(endpoint),
        }
    })
}

/// The way to a member, which is not walked yet.
pub(crate) fn endpoint(address: &str, membership: Option<&Membership>) -> Result<Endpoint, Failure> {
    let wrong = |why: String| {
        Failure::new(
            ErrorKind::Precondition,
            "cluster/address",
            format!("集群地址 {address} 无法使用：{why}"),
            format!("The address {address} of the cluster cannot be used: {why}"),
        )
        .with_hint(
            "请核对 cluster.scheduler 与 cluster.certificate 等证书设置。",
            "Check cluster.scheduler and the certificates named in the cluster section.",
        )
    };
    let endpoint =
        Endpoint::from_shared(url(address, membership)).map_err(|error| wrong(error.to_string()))?;
    connecting(membership)(endpoint).map_err(|error| wrong(error.to_string()))
}
